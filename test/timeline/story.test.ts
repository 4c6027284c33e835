import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { stepsOf } from '../../src/timeline/steps.ts';
import { causalPast, storyOf } from '../../src/timeline/story.ts';
import { tellerOf } from '../../src/timeline/tell.ts';

const note = (event: number, node: string, text: string): TraceEvent => ({
  kind: 'note',
  event,
  at: event,
  node,
  text,
});
const deliver = (event: number, node: string, from: string, cause: number): TraceEvent => ({
  kind: 'deliver',
  event,
  at: event,
  cause,
  node,
  from,
  id: event,
  message: { type: 'M' },
  sentAt: 0,
});

const options = { teller: tellerOf(undefined), lanes: [], facts: [], rowsMax: 10 };

describe('the causal past', () => {
  test('follows messages back to their senders, and nodes back through their own doings', () => {
    const events = [
      note(1, 'n1', 'a'),
      note(2, 'n2', 'b'),
      note(3, 'n3', 'c'),
      deliver(4, 'n1', 'n2', 2),
      note(5, 'n2', 'd'),
      note(6, 'n1', 'e'),
    ];
    expect([...causalPast(stepsOf(events))].sort()).toEqual([1, 2, 4, 6]);
  });

  test('of a run that is stuck is that of everybody who was to go on', () => {
    const stuck = (property: string): TraceEvent[] => [
      note(1, 'n1', 'a'),
      note(2, 'n2', 'b'),
      note(3, 'n3', 'c'),
      { kind: 'calm', event: 4, at: 4, core: ['n1', 'n2'] },
      note(5, 'n2', 'd'),
      { kind: 'violation', event: 6, at: 6, property, sentence: 'nothing goes on' },
    ];
    expect([...causalPast(stepsOf(stuck('liveness')))].sort()).toEqual([1, 2, 5, 6]);
    expect([...causalPast(stepsOf(stuck('LIN')))]).toEqual([6]);
  });

  test('begins at the facts that contradict each other, too', () => {
    const events = [note(1, 'n1', 'a'), note(2, 'n2', 'b'), note(3, 'n3', 'c'), note(4, 'n1', 'd')];
    expect([...causalPast(stepsOf(events), [{ event: 2 }])].sort()).toEqual([1, 2, 4]);
  });

  test('has what led a node to a fact about it, though nothing of that reached the event that it contradicts', () => {
    const events = [note(1, 'n1', 'a'), note(2, 'n2', 'b'), note(3, 'n3', 'c'), note(4, 'n2', 'd'), note(5, 'n1', 'e')];
    expect([...causalPast(stepsOf(events), [{ event: 5, node: 'n2' }])].sort()).toEqual([1, 2, 4, 5]);
    expect([...causalPast(stepsOf(events), [{ event: 3, node: 'n2' }])].sort()).toEqual([1, 2, 3, 5]);
  });

  test('has the faults that name no node, which may have mattered to anybody', () => {
    const fault: TraceEvent = {
      kind: 'fault',
      event: 2,
      at: 2,
      id: 0,
      fault: { kind: 'partition', at: 2, groups: [['n1'], ['n2']] },
      phase: 'start',
    };
    expect(causalPast(stepsOf([note(1, 'n3', 'a'), fault, note(3, 'n1', 'b')]))).toEqual(new Set([2, 3]));
  });
});

describe('a quiet part', () => {
  const write = (event: number, node: string): TraceEvent => ({
    kind: 'write',
    event,
    at: event,
    node,
    target: 'log',
    write: 'append',
    index: event,
  });
  const told = (events: readonly TraceEvent[], facts: readonly number[] = []): readonly string[] =>
    storyOf(events, { ...options, facts: facts.map((event) => ({ event })) }).rows.map(({ text }) => text);
  const broken: TraceEvent = { kind: 'violation', event: 9, at: 9, property: 'P', sentence: 'it broke' };

  test('that leads to what one node notes is one row, with the last of what it noted', () => {
    const events = [note(1, 'n1', 'a'), write(2, 'n2'), deliver(3, 'n1', 'n2', 2), note(4, 'n1', 'b'), write(5, 'n1')];
    const rows = told([...events, note(6, 'n1', 'c'), note(9, 'n1', 'd'), broken]);
    expect(rows).toEqual(['n1 notes "b" and notes "c" (5 steps).', 'n1 notes "d"; P is broken.']);
  });

  test('ends where another node notes something, where a fact is, and where a fault strikes', () => {
    const events = [note(1, 'n1', 'a'), note(2, 'n1', 'b'), note(3, 'n1', 'c'), note(4, 'n2', 'd'), note(5, 'n1', 'e')];
    const all = [...events, deliver(8, 'n1', 'n2', 4), note(9, 'n1', 'f'), broken];
    expect(told(all)[0]).toBe('n1 notes "b" and notes "c" (3 steps).');
    expect(told(all, [2])).toEqual([
      'n1 notes "a".',
      'n1 notes "b".',
      'n1 notes "c".',
      'n2 notes "d".',
      'n1 notes "e".',
      'n1 notes "f"; P is broken.',
    ]);
  });

  test('of one or two rows is told row by row, and so is what leads to nothing', () => {
    expect(told([note(1, 'n1', 'a'), write(2, 'n1'), note(9, 'n1', 'b'), broken])).toHaveLength(3);
    expect(told([write(1, 'n1'), write(2, 'n1'), write(3, 'n1'), note(9, 'n1', 'b'), broken])).toHaveLength(4);
  });
});

describe('a row', () => {
  test('says what happened and what came of it, not everything that was sent', () => {
    const events: TraceEvent[] = [
      deliver(1, 'n1', 'n2', 0),
      { kind: 'note', event: 1, at: 1, node: 'n1', text: 'becameLeader' },
      { kind: 'write', event: 1, at: 1, node: 'n1', target: 'log', write: 'append', index: 1 },
      { kind: 'send', event: 1, at: 1, node: 'n1', to: 'n2', id: 7, name: 'n1>n2/M#1', message: { type: 'M' } },
    ];
    expect(storyOf(events, options).rows.map(({ text }) => text)).toEqual([
      'n1 gets from n2: M; it notes "became leader".',
    ]);
  });

  test('tells what sent the message that a fact is about', () => {
    const events: TraceEvent[] = [
      { ...deliver(1, 'n2', 'n1', 0) },
      { kind: 'send', event: 1, at: 1, node: 'n2', to: 'n1', id: 7, name: 'n2>n1/M#1', message: { type: 'M' } },
      deliver(2, 'n1', 'n2', 1),
      { kind: 'violation', event: 2, at: 2, property: 'P', sentence: 'it broke' },
    ];
    expect(storyOf(events, options).rows.map(({ event }) => event)).toEqual([1, 2]);
  });
});

describe('a story', () => {
  test('keeps what matters most when there is no room for all, in the order it happened', () => {
    const events: TraceEvent[] = [
      note(1, 'n1', 'first'),
      { kind: 'write', event: 2, at: 2, node: 'n1', target: 'log', write: 'append', index: 1 },
      { kind: 'crash', event: 3, at: 3, node: 'n1', lostWrites: 0, lostEffects: 0 },
      { kind: 'call', event: 4, at: 4, node: 'n1', request: 1, process: 'n1', op: { type: 'write' } },
      { kind: 'violation', event: 5, at: 5, property: 'P', sentence: 'it broke' },
    ];
    const events5: TraceEvent[] = [...events.slice(0, 4), note(5, 'n1', 'last'), events[4] as TraceEvent];
    const story = storyOf(events5, { ...options, rowsMax: 3 });
    expect(story.rows.map(({ event }) => event)).toEqual([1, 3, 5]);
    expect(story.leftOut).toBe(2);
  });

  test('always tells the facts', () => {
    const events: TraceEvent[] = [deliver(1, 'n2', 'n3', 0), note(2, 'n1', 'a'), note(3, 'n1', 'b')];
    expect(storyOf(events, { ...options, facts: [{ event: 1 }], rowsMax: 1 }).rows.map(({ event }) => event)).toEqual([
      1,
    ]);
  });
});
