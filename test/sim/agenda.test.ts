import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Agenda } from '../../src/sim/agenda.ts';
import { ArmedTimer, ArmedTimers } from '../../src/sim/armed.ts';
import { eventAt, SYNCED, TIMER } from '../../src/sim/event.ts';

const DAYS = 86_400_000_000;
/** Near and far, at the edges of what the lot keeps together, and a long time off. */
const aDelay = fc.oneof(
  fc.nat(3),
  fc.nat(200_000),
  fc.constantFrom(32_767, 32_768, 65_535, 65_536, 98_304, 131_072),
  fc.nat(3).map((days) => days * DAYS),
);
const aStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('set' as const), delay: aDelay }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('push' as const), delay: aDelay }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore' as const) }) },
);

interface Due {
  readonly time: number;
  readonly sequence: number;
  readonly id: number;
  readonly timer: ArmedTimer | undefined;
}

const inOrder = (one: Due, other: Due): number => one.time - other.time || one.sequence - other.sequence;

it('timers leave the agenda in order with all else, near or far, and those that were cancelled do no harm', () => {
  const law = fc.property(fc.array(aStep, { maxLength: 120 }), (steps) => {
    const agenda = new Agenda();
    let now = 0;
    let ids = 0;
    let due: Due[] = [];
    const timers = new Map<number, ArmedTimer>();
    const isLive = ({ timer }: Due): boolean => timer?.isArmed !== false;
    for (const step of steps) {
      if (step.do === 'set') {
        const [time, sequence, id] = [now + step.delay, agenda.reserve(), ++ids];
        const timer = new ArmedTimer(0, 0, 'alarm', undefined, 0, id, time, time, sequence, 0);
        agenda.addTimer(timer, now);
        timers.set(id, timer);
        due.push({ time, sequence, id, timer });
      } else if (step.do === 'push') {
        const [time, sequence, id] = [now + step.delay, agenda.reserve(), ++ids];
        agenda.pushAt(time, sequence, eventAt(SYNCED, 0, 0, undefined, id, 0));
        due.push({ time, sequence, id, timer: undefined });
      } else if (step.do === 'cancel') {
        const timer = due[step.which]?.timer;
        if (timer !== undefined) timer.isArmed = false;
      } else if (step.do === 'look') {
        const listed = agenda.entries().map(({ payload }) => payload.id);
        expect(listed).toEqual(expect.arrayContaining(due.filter(isLive).map(({ id }) => id)));
      } else if (step.do === 'restore') {
        agenda.load(agenda.save());
      } else {
        due = due.sort(inOrder);
        const expected = due.find(isLive);
        let time = agenda.nextDue();
        let event = time === Number.POSITIVE_INFINITY ? undefined : agenda.pop();
        // What was cancelled when its time was near comes up, and is nobody's.
        while (event?.kind === TIMER && timers.get(event.id)?.isArmed === false) {
          time = agenda.nextDue();
          event = time === Number.POSITIVE_INFINITY ? undefined : agenda.pop();
        }
        expect(event?.id).toBe(expected?.id);
        if (expected === undefined) continue;
        expect(time).toBe(expected.time);
        now = time;
        due = due.filter((one) => isLive(one) && one !== expected);
      }
    }
    const last = due.filter(isLive).length;
    expect(agenda.isEmpty && last > 0).toBe(false);
  });
  fc.assert(law, { numRuns: 1_000 });
});

it('timers that are cancelled while they are far never reach the queue', () => {
  const agenda = new Agenda();
  const timers = Array.from({ length: 1_000 }, (_, i) => {
    const due = 100_000 + i;
    const timer = new ArmedTimer(0, 0, 'alarm', `${i}`, i, i, due, due, agenda.reserve(), 0);
    agenda.addTimer(timer, 0);
    return timer;
  });
  for (const timer of timers) timer.isArmed = timer.token === 7;
  expect(agenda.nextDue()).toBe(100_007);
  expect(agenda.size).toBe(1);
});

it('armed timers of one hash are told apart by name and key', () => {
  const armed = new ArmedTimers();
  const timerOf = (name: string, key: string | undefined, token: number): ArmedTimer =>
    new ArmedTimer(0, 0, name, key, 5, token, 10, 10, token, 0);
  armed.add(timerOf('a', 'b/c', 1));
  armed.add(timerOf('a/b', 'c', 2));
  armed.add(timerOf('a', undefined, 3));
  expect(armed.find(5, 'a/b', 'c')?.token).toBe(2);
  expect(armed.remove(5, 'a', 'b/c')).toBe(true);
  expect(armed.remove(5, 'a', 'b/c')).toBe(false);
  expect(armed.all().map(({ token }) => token)).toEqual([2, 3]);
});

it('so are many, which are found by Maps', () => {
  const armed = new ArmedTimers();
  const keys = Array.from({ length: 90 }, (_, i) => `${i}`);
  for (const [i, key] of keys.entries()) armed.add(new ArmedTimer(0, 0, 'a', key, i % 7, i, 10, 10, i, 0));
  for (const [i, key] of keys.entries()) {
    expect([armed.find(i % 7, 'a', key)?.token, armed.withToken(i)?.key]).toEqual([i, key]);
    if (i % 3 === 0) expect([armed.remove(i % 7, 'a', key), armed.remove(i % 7, 'a', key)]).toEqual([true, false]);
  }
  const left = keys.flatMap((key, i) => (i % 3 === 0 ? [] : [key]));
  expect(armed.all().map(({ key }) => key)).toEqual(left);
  expect(keys.filter((key, i) => armed.find(i % 7, 'a', key) !== undefined)).toEqual(left);
  expect(keys.filter((_, i) => armed.withToken(i) !== undefined)).toEqual(left);
});

it('a timer that was set before another event of its time comes before it, also where a bucket of the lot begins', () => {
  for (let time = 65_536; time < 400_000; time += 4_096) {
    const agenda = new Agenda();
    agenda.addTimer(new ArmedTimer(0, 0, 'alarm', undefined, 0, 1, time, time, agenda.reserve(), 0), 0);
    agenda.push(time, eventAt(SYNCED, 0, 0, undefined, 2, 0));
    expect([agenda.nextDue(), agenda.pop().id, agenda.nextDue(), agenda.pop().id]).toEqual([time, 1, time, 2]);
  }
});
