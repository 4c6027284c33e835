/** Landmarks: digests from the middle of a run, by which another run is told where it parts. */
import { expect, test } from 'vitest';
import { execute } from '../../src/explore/execute.ts';
import { planSource } from '../../src/explore/generate.ts';
import { landmarksOf, partingOf } from '../../src/explore/landmarks.ts';
import { bareScenario } from '../../src/scenario/scenario.ts';
import { counter } from '../toys/counter.ts';

const sound = counter();
const plan = planSource(sound, bareScenario('toy', 'a toy', './toy.js')).plan('1');
const { events } = execute(sound, plan).statistics;

test('of a short run stand at every event, of a long one at a hundred or so', () => {
  const short = landmarksOf(sound, plan, 60);
  expect(short.every).toBe(1);
  expect(short.digests).toHaveLength(60);
  const whole = landmarksOf(sound, plan, events);
  expect(whole.digests.length).toBe(Math.floor(events / whole.every));
  expect(whole.digests.length).toBeGreaterThan(60);
  expect(whole.digests.length).toBeLessThanOrEqual(128);
  expect(new Set(short.digests).size).toBeGreaterThan(50);
});

test('are those of the same run again', () => {
  expect(partingOf(sound, plan, landmarksOf(sound, plan, events))).toBeUndefined();
});

test('name the very event from which another protocol does something else', () => {
  let added = 0;
  const later = counter({
    onAdd: (state, amount) => {
      added++;
      state.sum += added === 5 ? amount + 1 : amount;
    },
  });
  const first = firstEventOfTheFifthAdd();
  expect(partingOf(later, plan, { ...landmarksOf(sound, plan, 120), every: 1 })).toEqual({
    after: first - 1,
    upTo: first,
  });
});

test('say so when the other run is over before', () => {
  const landmarks = landmarksOf(sound, plan, events);
  const short = { ...plan, limits: { ...plan.limits, until: Math.floor(plan.limits.until / 2) } };
  expect(partingOf(sound, short, landmarks)?.after).toBeGreaterThan(0);
});

function firstEventOfTheFifthAdd(): number {
  let adds = 0;
  let found = 0;
  execute(sound, plan, {
    sink: (event) => {
      if (event.kind === 'deliver' && (event.message as { type: string }).type === 'Add' && ++adds === 5) {
        found = event.event;
      }
    },
  });
  return found;
}
