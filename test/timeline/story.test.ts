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

  test('begins at the facts that contradict each other, too', () => {
    const events = [note(1, 'n1', 'a'), note(2, 'n2', 'b'), note(3, 'n3', 'c'), note(4, 'n1', 'd')];
    expect([...causalPast(stepsOf(events), new Set([2]))].sort()).toEqual([1, 2, 4]);
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
    expect(storyOf(events, { ...options, facts: [1], rowsMax: 1 }).rows.map(({ event }) => event)).toEqual([1]);
  });
});
