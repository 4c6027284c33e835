/** A run that is looked at while it is still being recorded. */
import { expect, test } from 'vitest';
import { always } from '../../src/check/property.ts';
import { frame, frameText } from '../../src/tui/frame.ts';
import { beginning, opened } from '../../src/tui/opening.ts';
import { startState } from '../../src/tui/state.ts';
import { Viewer } from '../../src/tui/viewer.ts';
import { protocol } from '../toys/quorum-register.ts';
import { middle, pressed, small, troubledPlan } from './viewers.ts';

const showing = { protocol, plan: troubledPlan(), title: 'troubles', command: '' };

/** The main run's recording, as far as wanted. */
function partly(events: number): Viewer {
  const viewer = new Viewer(showing, { gradually: true });
  viewer.branches[0]?.recording.record(events);
  return viewer;
}

test('every step looks as it does when the run is over, however far recording has come', () => {
  const whole = new Viewer(showing);
  const growing = partly(0);
  const { film } = growing.branches[0] as Viewer['branches'][number];
  const all = whole.branches[0]?.film as typeof film;
  for (let rounds = 0; rounds < 200; rounds++) {
    growing.branches[0]?.recording.record(7);
    // The last one, an early one and one in between: of the block that is being filled, and of those before.
    for (const place of [film.length - 1, Math.floor(film.length / 2), 3]) {
      if (place < 0 || place >= film.length) continue;
      expect(film.scene(place).rows).toEqual(all.scene(place).rows);
      expect([...film.stageAfter(place).flights.keys()]).toEqual([...all.stageAfter(place).flights.keys()]);
    }
  }
  growing.recordFor(1_000);
  growing.recordFor(1_000);
  expect(film.length).toBe(all.length);
  for (let place = 0; place < all.length; place++) expect(film.scene(place).rows).toEqual(all.scene(place).rows);
  for (const place of [0, 40, all.length - 1]) {
    const at = { ...startState, place };
    const options = { ...middle, ascii: false };
    expect(frameText(frame(growing, at, options))).toBe(frameText(frame(whole, at, options)));
  }
});

test('it says that there is more to come, and can be walked through meanwhile', () => {
  const viewer = partly(60);
  const start = beginning(viewer);
  expect(frameText(frame(viewer, start, { ...small, ascii: false }))).toMatch(/#\d+\/\d+…/);
  const end = pressed(viewer, ['G'], small, start);
  const last = viewer.event(end);
  expect(last).toBeLessThan(70);
  viewer.branches[0]?.recording.record(30);
  expect(viewer.event(pressed(viewer, ['G'], small, end))).toBeGreaterThan(last);
  expect(pressed(viewer, ['S'], small, { ...end }).message).toMatch(/nowhere to save|not over yet/);
  viewer.recordFor(10_000);
  expect(frameText(frame(viewer, end, { ...small, ascii: false }))).not.toContain('…');
});

test('a run that fails is opened where it fails, unless somebody looks around', () => {
  const few = always<{ sent: number }>({
    name: 'FEW',
    title: 'few messages',
    oracle: 'internal',
    start: () => ({ sent: 0 }),
    send: (memory) => (++memory.sent > 40 ? { sentence: 'too many' } : undefined),
  });
  const broken = { ...protocol, properties: [few] };
  const viewer = new Viewer({ ...showing, protocol: broken }, { gradually: true });
  viewer.branches[0]?.recording.record(20);
  const start = beginning(viewer);
  const moved = pressed(viewer, ['j'], small, start);
  viewer.recordFor(10_000);
  const failure = viewer.branches[0]?.recording.outcome.violation?.event;
  expect(failure).toBeGreaterThan(0);
  expect(viewer.event(opened(viewer, start, start))).toBe(failure);
  expect(opened(viewer, moved, start)).toMatchObject({ place: moved.place, message: expect.stringContaining('fails') });
  expect(viewer.event(beginning(viewer))).toBe(failure);
});
