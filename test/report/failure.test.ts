import { describe, expect, test } from 'vitest';
import { FAILURE_LINES_MAX, type FailureAccount, failureLines } from '../../src/report/failure.ts';
import type { Row } from '../../src/timeline/rows.ts';

const row = (event: number): Row => ({
  at: event * 1_000,
  event,
  cells: ['L1', 'F1'],
  text: `step ${event}`,
  weight: 'story',
  steps: 1,
});

const account: FailureAccount = {
  violation: {
    property: 'ES',
    path: '',
    oracle: 'internal',
    title: 'at most one leader is elected in a term',
    sentence: 'n3 and n1 were both elected in term 2',
    facts: [
      { event: 100, node: 'n1', text: 'was elected in term 2' },
      { event: 131, node: 'n3', text: 'was elected in term 2' },
    ],
    event: 131,
    at: 1_445_200,
  },
  seed: '17',
  bug: 'R05',
  found: 3,
  shrunk: {
    before: { nodes: 8, faults: 6, calls: 200, events: 5_000 },
    after: { nodes: 6, faults: 1, calls: 1, events: 131 },
  },
  story: { rows: Array.from({ length: 40 }, (_, index) => row(index + 1)), leftOut: 0 },
  lanes: ['n1', 'n2'],
  commands: ['npx worldline replay x.json', 'npx worldline fuzz raft --bug R05 --seed 17 --runs 1'],
};

describe('a failure', () => {
  test('says what broke, the facts that contradict each other, who saw it, and how small it became', () => {
    const text = failureLines(account).join('\n');
    expect(text).toContain('VIOLATED  ES: at most one leader is elected in a term');
    expect(text).toContain('n3 and n1 were both elected in term 2');
    expect(text).toContain('- n1: was elected in term 2 (event 100)');
    expect(text).toContain('at event 131, 1445.200 ms, seen by the internal oracle');
    expect(text).toContain('found by seed 17 and 2 other seeds, with the planted bug R05');
    expect(text).toContain('to 6 nodes, 1 fault, 1 call, 131 events');
  });

  test('outside the model is told apart, with what the protocol does not claim to survive', () => {
    const lines = failureLines({ ...account, outside: ['clock-step', 'loss'] });
    expect(lines[0]).toBe('OUTSIDE MODEL: VIOLATED  ES: at most one leader is elected in a term');
    expect(lines[1]).toBe('  which the protocol does not claim to survive: clock-step, loss');
    expect(lines.length).toBeLessThanOrEqual(FAILURE_LINES_MAX);
  });

  test('breaks a long title into lines', () => {
    const title = `${'word '.repeat(30)}end`;
    const lines = failureLines({
      ...account,
      violation: { ...account.violation, title } as FailureAccount['violation'] & object,
    });
    expect(lines.slice(0, 2).every((line) => line.length <= 110)).toBe(true);
    expect(lines[1]).toMatch(/^ {10}word .* end$/);
    expect(lines[2]).toContain('n3 and n1 were both elected in term 2');
  });

  test('takes at most 25 lines, however long its story: the latest rows are kept', () => {
    const lines = failureLines(account);
    expect(lines.length).toBeLessThanOrEqual(FAILURE_LINES_MAX);
    expect(FAILURE_LINES_MAX).toBe(25);
    expect(lines.some((line) => line.endsWith('step 40'))).toBe(true);
    expect(lines.some((line) => line.endsWith('step 1'))).toBe(false);
  });

  test('still does when all there is to say is long', () => {
    const long = 'word '.repeat(300);
    const facts = Array.from({ length: 20 }, (_, event) => ({ event, text: long }));
    const violation = { ...account.violation, sentence: long, title: long, facts } as FailureAccount['violation'] &
      object;
    expect(failureLines({ ...account, violation }).length).toBeLessThanOrEqual(FAILURE_LINES_MAX);
  });

  test('ends in lines that can be pasted as they are', () => {
    expect(failureLines(account).slice(-2)).toEqual(account.commands);
  });

  test('of code that threw shows the frames of its author, and no others', () => {
    const { violation: _, story: __, ...rest } = account;
    const failure = {
      kind: 'threw',
      sentence: 'onPing at n1: TypeError: x is undefined',
      event: 4,
      at: 2_000,
      node: 'n1',
      handler: 'onMessage.Ping',
    };
    const lines = failureLines({ ...rest, failure, frames: ['at onPing (my-protocol.js:12:9)'] });
    expect(lines[0]).toBe("FAILED  the protocol's own code threw");
    expect(lines).toContain('  at event 4, 2.000 ms, at n1, in onMessage.Ping');
    expect(lines).toContain('    at onPing (my-protocol.js:12:9)');
  });
});
