/**
 * The replicated lock and its planted bugs. n1 to n3 are the servers, n4 the resource; a message takes 5 ms, a sync 1 ms. n3 is elected
 * first: its election timeout is the shortest with this seed.
 */
import { describe, expect, it } from 'vitest';
import { replicatedLock } from '../../src/protocols/lease-lock/replicated/replicated-lock.ts';
import { ms } from '../../src/sim/protocol.ts';
import { bug, run, type Scene } from '../protocols/atomic-commit/cluster.ts';
import { work } from './lease-lock-kills.ts';

const options = { stepInterval: ms(120), ttl: ms(300) };
const calls = [work(ms(400), 'c1', 4), work(ms(420), 'c2', 2)];

/** Until then nobody hears of the other renewals: a follower that is cut off from the leader. */
const cutOffFollower: Scene = {
  options,
  calls,
  faults: [{ kind: 'isolate', node: 'n2', at: ms(450), for: ms(500) }],
};

const leaderDies: Scene = {
  options: { ...options, ttl: ms(800) },
  calls,
  faults: [{ kind: 'crash', node: { noted: 'becameLeader' }, at: ms(560), for: ms(1_000) }],
};

/** No server hears a renewal of c1. The last write before its lease is over takes `latency`, and so does its copy. Nobody compares tokens. */
const lateWrite = (latency: number, lockDelay: number): Scene => ({
  options: { ...options, electionTimeoutMax: ms(250), guard: 'lock-delay', lockDelay },
  calls: [work(ms(400), 'c1', 4), work(ms(420), 'c2', 4)],
  overrides: [
    ...['n1', 'n2', 'n3'].flatMap((server) =>
      Array.from({ length: 40 }, (_, n) => ({ message: `c1>${server}/Renew#${n + 1}`, drop: true as const })),
    ),
    { message: 'c1>n4/Write#2', latency },
    { message: 'c1>n4/Write#3', latency },
  ],
  until: ms(5_000),
});

const kills = [
  {
    id: 'L08',
    story: 'c1 has lost the lock to c2 while it stood still, and releases; c3 waits',
    scene: {
      options: { stepInterval: ms(120), ttl: ms(300) },
      calls: [work(ms(400), 'c1', 3), work(ms(460), 'c2', 4), work(ms(470), 'c3', 1)],
      faults: [{ kind: 'pause', node: 'c1', when: { note: 'guardedStep', nth: 2 }, effect: 1, for: ms(450) }],
    } as Scene,
    foundBy: ['OWN', 'EXCL'],
  },
  {
    id: 'L21',
    story: 'the first Acquire of c1 that reaches the leader does so after its work, long since released',
    scene: { calls: [work(ms(400), 'c1', 1)], overrides: [{ message: 'c1>n3/Acquire#1', latency: ms(700) }] } as Scene,
    foundBy: ['GHOST'],
  },
  {
    id: 'L18',
    story: 'a follower that is cut off ends the lease of c1 by its own clock',
    scene: cutOffFollower,
    foundBy: ['AGREE'],
  },
  { id: 'L19', story: 'the leader dies while c1 holds the lock and c2 waits', scene: leaderDies, foundBy: ['EXCL'] },
  {
    id: 'L22',
    story: 'the lease of c1 is over while a write of it is under way; c2 writes; the write arrives',
    scene: lateWrite(ms(500), ms(1_000)),
    foundBy: ['DELAY', 'ORDER'],
  },
  {
    id: 'L23',
    story: 'the same, and the leader dies before the lock-delay is over',
    scene: {
      ...lateWrite(ms(1_000), ms(1_500)),
      faults: [{ kind: 'crash', node: { noted: 'becameLeader' }, at: ms(850), for: ms(2_000) }],
    } as Scene,
    foundBy: ['DELAY', 'ORDER'],
  },
];

describe.each(kills)('$id: $story', ({ id, scene, foundBy }) => {
  it.each(foundBy)('is found by %s', (property) => {
    const { simulation } = run(scene, bug(replicatedLock, id), [property]);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation?.property).toBe(property);
  });

  it.each([false, true])('the correct lock survives; volatile leases: %s', (volatileLeases) => {
    const { simulation } = run({ ...scene, options: { ...scene.options, volatileLeases } }, replicatedLock);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
  });
});

describe('the replicated lock', () => {
  it.each([false, true])('goes on under a new leader, with rising tokens; volatile leases: %s', (volatileLeases) => {
    const { trace, world } = run(
      { ...leaderDies, options: { ...leaderDies.options, volatileLeases }, until: ms(4_000) },
      replicatedLock,
    );
    const outcomes = world()
      .history()
      .map(({ process, outcome }) => `${process} ${outcome}`);
    expect(outcomes).toEqual(['c1 ok', 'c2 ok']);
    const notes = trace.flatMap((event) => (event.kind === 'note' ? [event] : []));
    expect(notes.filter(({ text }) => text === 'becameLeader')).toHaveLength(2);
    const wrote = notes
      .filter(({ text }) => text === 'wrote')
      .map(({ data }) => (data as { readonly token: number }).token);
    expect(wrote).toEqual([1, 1, 1, 1, 2, 2]);
  });

  it('does not extend volatile leases at a leader that its peers do not hear any more', () => {
    // n3 leads, and c1 goes on asking it; c2 finds the next leader.
    const cutOff: Scene = {
      options: { stepInterval: ms(120), ttl: ms(250), volatileLeases: true },
      calls: [work(ms(400), 'c1', 4), work(ms(900), 'c1', 4), work(ms(420), 'c2', 4), work(ms(1_100), 'c2', 4)],
      faults: [
        { kind: 'cut', from: ['n3', 'c1'], to: ['n1', 'n2', 'c2'], at: ms(560), for: ms(2_000) },
        { kind: 'cut', from: ['n1', 'n2', 'c2'], to: ['n3', 'c1'], at: ms(560), for: ms(2_000) },
      ],
      until: ms(4_000),
    };
    const { simulation, trace } = run(cutOff, replicatedLock);
    expect(simulation.violation).toBeUndefined();
    const told = trace.flatMap((event) => (event.kind === 'note' && event.node === 'c1' ? [event] : []));
    expect(told.filter(({ text, at }) => text === 'renewed' && at > ms(580) && at < ms(2_560))).toEqual([]);
    expect(told.map(({ text }) => text)).toContain('lost');
  });

  it('keeps a lock for the lock-delay that was given back in the middle of the work', () => {
    // The servers hear c1, which hears nobody, and gives up before its lease is over for them.
    const { simulation, trace } = run(
      {
        options: {
          ...options,
          ttl: ms(400),
          electionTimeoutMax: ms(250),
          renewInterval: ms(60),
          guard: 'lock-delay',
          lockDelay: ms(1_200),
        },
        calls,
        faults: [{ kind: 'isolate', node: 'c1', direction: 'inbound', at: ms(580), for: ms(3_000) }],
        until: ms(5_000),
      },
      replicatedLock,
    );
    expect(simulation.violation).toBeUndefined();
    const [freed] = trace.flatMap((event) => (event.kind === 'note' && event.text === 'freed' ? [event] : []));
    expect(freed?.data).toMatchObject({ client: 'c1', why: 'loss' });
    const granted = trace.flatMap((event) => (event.kind === 'note' && event.text === 'granted' ? [event.at] : []));
    expect((granted[1] ?? 0) - (freed?.at ?? 0)).toBeGreaterThanOrEqual(ms(1_198));
  });

  it('writes no renewal into the log where leases are volatile', () => {
    const commands = (volatileLeases: boolean): number => {
      const { trace } = run({ options: { ...options, volatileLeases }, calls }, replicatedLock);
      return trace.filter((event) => event.kind === 'write' && event.path === 'raft').length;
    };
    expect(commands(true)).toBeLessThan(commands(false) - 20);
  });
});

describe('the zoo', () => {
  it('has a schedule for every bug that is planted', () => {
    expect(kills.map(({ id }) => id)).toEqual((replicatedLock.bugs ?? []).map(({ id }) => id));
  });
});
