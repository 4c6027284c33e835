import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { type RowOptions, rowsOf } from '../../src/timeline/rows.ts';
import { tellerOf } from '../../src/timeline/tell.ts';

const options: RowOptions = { teller: tellerOf(undefined), lanes: ['n1', 'n2'] };
const told = (events: readonly TraceEvent[], more: Partial<RowOptions> = {}): string[] =>
  rowsOf(events, { ...options, ...more }).map(({ cells, text }) => `${cells.join(' ')} | ${text}`);

const follower = (epoch: number) => ({ role: 'follower', epoch, label: `F t${epoch}` });
const leader = (epoch: number) => ({ role: 'leader', epoch, label: `L t${epoch}` });

const start: TraceEvent[] = [
  { kind: 'boot', event: 1, at: 0, node: 'n1', incarnation: 1, role: 'server' },
  { kind: 'view', event: 1, at: 0, node: 'n1', view: follower(0) },
  { kind: 'boot', event: 2, at: 0, node: 'n2', incarnation: 1, role: 'server' },
  { kind: 'view', event: 2, at: 0, node: 'n2', view: follower(0) },
  { kind: 'boot', event: 3, at: 0, node: 'c1', incarnation: 1, role: 'client' },
];

const heartbeat = (event: number): TraceEvent => ({
  kind: 'deliver',
  event,
  at: event * 1_000,
  node: 'n2',
  from: 'n1',
  id: event,
  message: { type: 'Heartbeat', term: 1 },
  sentAt: 0,
});

describe('rows of a timeline', () => {
  test('the first boots of all nodes are one row', () => {
    expect(told(start)).toEqual(['F0 F0 | n1 and n2 start as servers; c1 starts as a client.']);
  });

  test('what one event brings about is one sentence, about one node', () => {
    const election: TraceEvent[] = [
      { kind: 'timer', event: 4, at: 150_000, node: 'n1', timer: 'electionTimeout' },
      { kind: 'note', event: 4, at: 150_000, node: 'n1', text: 'becameCandidate', data: { term: 1 } },
      {
        kind: 'write',
        event: 4,
        at: 150_000,
        node: 'n1',
        target: 'hard',
        write: 'put',
        data: { term: 1, votedFor: 'n1' },
      },
      {
        kind: 'send',
        event: 4,
        at: 150_000,
        node: 'n1',
        to: 'n2',
        id: 1,
        name: 'n1>n2/Vote#1',
        message: { type: 'Vote', term: 1 },
      },
      { kind: 'view', event: 4, at: 150_000, node: 'n1', view: { role: 'candidate', epoch: 1, label: 'C t1' } },
    ];
    expect(told([...start, ...election])[1]).toBe(
      `C1* F0 | n1's election timeout timer fires; it notes "became candidate, term 1"; saves hard (term 1, voted for n1); sends to n2: Vote term 1.`,
    );
  });

  test('a change of role is told even by a protocol that takes no notes', () => {
    const election: TraceEvent[] = [
      { kind: 'deliver', event: 4, at: 1, node: 'n1', from: 'n2', id: 1, message: { type: 'Yes' }, sentAt: 0 },
      { kind: 'view', event: 4, at: 1, node: 'n1', view: leader(1) },
    ];
    expect(told([...start, ...election])[1]).toBe('L1* F0 | n1 gets from n2: Yes; it is now leader (L t1).');
  });

  test('what happens all the time is folded, and counted', () => {
    expect(told([...start, heartbeat(4), heartbeat(5), heartbeat(6)])[1]).toBe('F0 F0 | (3 quiet steps: 3 Heartbeat)');
    expect(told([...start, heartbeat(4)])[1]).toBe('F0 F0* | n2 gets from n1: Heartbeat term 1.');
  });

  test('and told one by one to those who ask', () => {
    expect(told([...start, heartbeat(4), heartbeat(5)], { show: 'quiet' })).toHaveLength(3);
  });

  test('a client asks, and has its answer; its reply is not told twice', () => {
    const conversation: TraceEvent[] = [
      { kind: 'call', event: 4, at: 1_000, node: 'c1', request: 1, process: 'c1', op: { type: 'write', value: 7 } },
      { kind: 'deliver', event: 5, at: 2_000, node: 'c1', from: 'n1', id: 1, message: { type: 'Done' }, sentAt: 0 },
      { kind: 'return', event: 5, at: 2_000, node: 'c1', request: 1, process: 'c1', outcome: 'ok', result: true },
      { kind: 'call', event: 6, at: 3_000, node: 'c1', request: 2, process: 'c1', op: { type: 'read' } },
      { kind: 'return', event: 7, at: 9_000, node: 'c1', request: 2, process: 'c1', outcome: 'unknown' },
    ];
    expect(told([...start, ...conversation]).slice(1)).toEqual([
      'F0 F0 | c1 asks: write value 7.',
      'F0 F0 | c1 has its answer from n1: write value 7 = true.',
      'F0 F0 | c1 asks: read.',
      'F0 F0 | c1 gives up on read: it may have happened or not.',
    ]);
  });

  test("a protocol's own telling is used, and one that throws is done without", () => {
    const call: TraceEvent = {
      kind: 'call',
      event: 4,
      at: 1,
      node: 'c1',
      request: 1,
      process: 'c1',
      op: { type: 'write', value: 7 },
    };
    const own = tellerOf({ operation: (op) => `W(${(op as { value: number }).value})` });
    expect(told([...start, call], { teller: own })[1]).toContain('c1 asks: W(7).');
    const broken = tellerOf({
      operation: () => {
        throw new Error('no words');
      },
    });
    expect(told([...start, call], { teller: broken })[1]).toContain('c1 asks: write value 7.');
  });

  test('a crash is told with what it cost, a lane shows who is down', () => {
    const crash: TraceEvent[] = [
      { kind: 'crash', event: 4, at: 1_000, node: 'n1', lostWrites: 2, lostEffects: 1 },
      {
        kind: 'fault',
        event: 4,
        at: 1_000,
        id: 0,
        fault: { kind: 'crash', at: 1_000, node: 'n1', for: 500_000 },
        phase: 'start',
      },
      { kind: 'boot', event: 5, at: 501_000, node: 'n1', incarnation: 3, role: 'server' },
      { kind: 'view', event: 5, at: 501_000, node: 'n1', view: follower(1) },
    ];
    expect(told([...start, ...crash]).slice(1)).toEqual([
      'x* F0 | n1 crashes, to restart after 500 ms: it loses 2 unsynced writes, and the last 1 effect of its handler never happen.',
      'F1* F0 | n1 restarts with what its disk has kept.',
    ]);
  });

  test('a fault that aims at whoever noted something is told with that node, also when it ends', () => {
    const fault = { kind: 'isolate', at: 2_000, node: { noted: 'becameLeader' }, for: 1_000 } as const;
    const events: TraceEvent[] = [
      { kind: 'note', event: 4, at: 1_000, node: 'n2', text: 'becameLeader' },
      { kind: 'fault', event: 5, at: 2_000, id: 0, fault, phase: 'start' },
      { kind: 'fault', event: 6, at: 3_000, id: 0, fault, phase: 'end' },
    ];
    expect(told([...start, ...events]).slice(2)).toEqual([
      'F0 F0 | n2 is cut off from everybody for 1 ms.',
      'F0 F0 | n2 is connected again.',
    ]);
  });

  test('a pause shows in its lane until it is over', () => {
    const events: TraceEvent[] = [
      { kind: 'pause', event: 4, at: 1_000, node: 'n1' },
      {
        kind: 'fault',
        event: 4,
        at: 1_000,
        id: 0,
        fault: { kind: 'pause', at: 1_000, node: 'n1', for: 1_000 },
        phase: 'start',
      },
      { kind: 'resume', event: 5, at: 2_000, node: 'n1' },
    ];
    expect(told([...start, ...events]).slice(1)).toEqual([
      'F0=* F0 | n1 stands still for 1 ms.',
      'F0* F0 | n1 goes on as if no time had passed.',
    ]);
  });

  test('a message that is dropped is told by itself, or with what sent it where a schedule drops it at once', () => {
    const message = { type: 'Vote', term: 1 };
    const lost: TraceEvent = { kind: 'drop', event: 4, at: 1, from: 'n1', to: 'n2', id: 1, message, reason: 'cut' };
    const scheduled: TraceEvent[] = [
      { kind: 'timer', event: 5, at: 2, node: 'n1', timer: 'election' },
      { kind: 'note', event: 5, at: 2, node: 'n1', text: 'becameCandidate', data: { term: 1, again: false } },
      { ...lost, event: 5, at: 2, reason: 'override' },
    ];
    expect(told([...start, lost, ...scheduled]).slice(1)).toEqual([
      'F0 F0* | from n1 to n2, stopped by a cut: Vote term 1.',
      'F0* F0 | n1\'s election timer fires; it notes "became candidate, term 1"; to n2, dropped by the schedule: Vote term 1.',
    ]);
  });

  test('a violation ends the story', () => {
    const events: TraceEvent[] = [
      heartbeat(4),
      { kind: 'violation', event: 4, at: 4_000, property: 'ES', sentence: 'two leaders in term 1' },
    ];
    expect(told([...start, ...events]).at(-1)).toBe(
      'F0 F0* | n2 gets from n1: Heartbeat term 1; ES is broken: two leaders in term 1.',
    );
  });
});
