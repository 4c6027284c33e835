/** Servers among others: failing disks, and what people are shown. */
import { describe, expect, it } from 'vitest';
import { raft } from '../../../src/protocols/raft/raft.ts';
import { ms, seconds } from '../../../src/sim/protocol.ts';
import { call, notes, read, run, type Scene, write } from './cluster.ts';

const scene: Scene = {
  clients: 1,
  timeouts: { n1: ms(100), n2: ms(150) },
  options: { clientTimeout: ms(200), clientAttempts: 20 },
  calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(400), 'c1', write('k1', 2)), call(ms(900), 'c1', read('k1'))],
  until: seconds(2),
};

describe('a disk that fails to sync', () => {
  it.each([
    { node: 'n1', who: 'the leader, while it goes on' },
    { node: 'n3', who: 'a follower, while it waits' },
  ])('stops $who: nobody relies on what it lost', ({ node }) => {
    const done = run({ ...scene, faults: [{ kind: 'sync-error', node, at: ms(390) }] });
    expect(done.simulation.failure).toBeUndefined();
    expect(done.simulation.violation).toBeUndefined();
    expect(done.trace.filter((event) => event.kind === 'halt')).toMatchObject([{ node }]);
    expect(done.simulation.history().map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
    expect(done.simulation.history()[2]?.output).toEqual({ value: 2 });
  });

  it('and a restart may bring the server back with what its disk still has', () => {
    const faults = [
      { kind: 'sync-error', node: 'n3', at: ms(390) },
      { kind: 'restart', node: 'n3', at: ms(600) },
      { kind: 'crash', node: 'n1', at: ms(700) },
    ] as const;
    const done = run({ ...scene, faults });
    expect(done.simulation.violation).toBeUndefined();
    expect(notes(done, 'becameLeader').map(({ node }) => node)).toEqual(['n1', 'n2']);
    expect(done.simulation.history().map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('a heartbeat of a leader of the past', () => {
  it('is answered with the term, but confirms no round: its leader may lead again, and count rounds anew', () => {
    const done = run({
      ...scene,
      options: { ...scene.options, reads: 'read-index' },
      overrides: [{ message: 'n1>n3/Heartbeat#1', latency: ms(600) }],
      calls: [call(ms(200), 'c1', read('k1'))],
      faults: [{ kind: 'crash', node: 'n1', at: ms(250) }],
    });
    const answers = done.trace.flatMap((event) =>
      event.kind === 'send' && event.node === 'n3' && event.to === 'n1' && event.at > ms(700) ? [event.message] : [],
    );
    expect(answers).toMatchObject([{ type: 'HeartbeatReply', term: 2, round: 0 }]);
  });
});

describe('what people are shown', () => {
  const done = run(scene);
  const tell = raft.tell?.message as (message: unknown) => string;
  const told = done.trace.flatMap((event) => (event.kind === 'send' ? [tell(event.message)] : []));

  it('tells messages in a few words', () => {
    expect(told).toEqual(
      expect.arrayContaining([
        'RequestVote t1, log ends 0@t0',
        'vote granted t1',
        'AppendEntries t1 [1] commit 0',
        'heartbeat t1 after 1 commit 1',
        'holds ..1 t1',
        'open a session',
        'session: 2',
        's2 #1: write k1 = 1',
        's2 #1: {"ok":true}',
        's2 #3: {"value":2}',
      ]),
    );
    expect(Math.max(...told.map((text) => text.length))).toBeLessThan(60);
  });

  it('tells refusals, redirections and losses', () => {
    expect(tell({ type: 'RequestVoteReply', term: 2, voteGranted: false })).toBe('vote refused t2');
    expect(tell({ type: 'AppendEntriesReply', term: 2, success: false, index: 7, hintIndex: 4, hintTerm: 1 })).toBe(
      'refuses 7 t2, try 4@t1',
    );
    expect(
      tell({ type: 'ClientReply', session: 2, sequence: 1, status: 'not-leader', result: null, leader: 'n2' }),
    ).toBe('s2 #1: not-leader, leader n2');
  });

  it('shows each server as role, term and commit, with its log', () => {
    expect(done.simulation.viewOf('n1')).toMatchObject({ role: 'leader', epoch: 1, label: 'L t1 c5' });
    expect(done.simulation.viewOf('n2')).toMatchObject({ role: 'follower', epoch: 1, label: 'F t1 c5' });
    const [log, state, others] = done.simulation.viewOf('n1')?.panels ?? [];
    expect(log).toEqual({ kind: 'log', title: 'log', first: 1, cells: ['1', '1', '1', '1', '1'], settled: 5 });
    expect(state).toMatchObject({ rows: [[1, 'n1', 'n1', 5, 5, 5]] });
    expect(others).toMatchObject({
      rows: [
        ['n2', 6, 5, 'replicate'],
        ['n3', 6, 5, 'replicate'],
      ],
    });
  });

  it('shows a client as its session and request', () => {
    expect(done.simulation.viewOf('c1')).toEqual({ role: 'client', label: 's2 idle' });
  });
});
