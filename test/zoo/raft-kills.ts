/**
 * Raft's planted bugs, each killed by a schedule written by hand, on which the correct Raft lives.
 * Unless a scene says otherwise a message takes 5 ms and a sync 1 ms; n1 campaigns after 100 ms and leads term 1 from 112 ms on.
 */
import { ms, seconds } from '../../src/sim/protocol.ts';
import { call, notes, type Run, read, type Scene, write } from '../protocols/raft/cluster.ts';

export interface Kill {
  readonly bug: string;
  readonly story: string;
  readonly scene: Scene;
  /** The properties that must find it, each on its own. */
  readonly foundBy?: readonly string[];
  /** For bugs that break no safety: what the correct Raft gets done on this schedule and the bug does not. */
  readonly getsDone?: (run: Run) => boolean;
}

/** n1 and n3 campaign in term 1; n2 votes for n1 at 106 ms, has that on disk at 107 ms, and hears of n3 at 109 ms. */
const rivals: Scene = { timeouts: { n1: ms(100), n3: ms(103) }, until: ms(300) };

/** n1 leads term 1. From 300 to 700 ms it is cut off with c1; n2 leads term 2 from 461 ms on with n3 and c2. */
const oldLeader: Scene = {
  clients: 2,
  timeouts: { n1: ms(100), n2: ms(150) },
  options: { clientTimeout: ms(200), clientAttempts: 20 },
  faults: [
    {
      kind: 'partition',
      groups: [
        ['n1', 'c1'],
        ['n2', 'n3', 'c2'],
      ],
      at: ms(300),
      for: ms(400),
    },
  ],
  until: ms(1_500),
};

export const kills: readonly Kill[] = [
  {
    bug: 'R01a',
    story: 'n2 votes for n1, restarts, and votes for n3 in the same term',
    scene: { ...rivals, faults: [{ kind: 'crash', node: 'n2', at: ms(107.5), for: ms(1) }] },
    foundBy: ['V1', 'ES', 'PA'],
  },
  {
    bug: 'R01b',
    story: 'n2 votes for n1, forgets the term in a restart, and votes for n3 in it',
    scene: { ...rivals, faults: [{ kind: 'crash', node: 'n2', at: ms(107.5), for: ms(1) }] },
    foundBy: ['TM', 'V1', 'ES', 'PA'],
  },
  {
    bug: 'R03',
    story: 'n2 crashes while its vote for n1 is on its way to disk and to n1, then votes for n3',
    scene: { ...rivals, faults: [{ kind: 'crash', node: 'n2', at: ms(106.5), for: ms(1) }] },
    foundBy: ['V1', 'ES', 'PA'],
  },
  {
    bug: 'R04',
    story: 'the network delivers the vote of n3 for n1 twice, while n4 and n5 elect n2',
    scene: {
      servers: 5,
      timeouts: { n1: ms(100), n2: ms(100) },
      network: { duplicationPpm: 1_000_000 },
      overrides: [
        { message: 'n2>n3/RequestVote#1', latency: ms(20) },
        { message: 'n1>n4/RequestVote#1', latency: ms(20) },
        { message: 'n1>n5/RequestVote#1', latency: ms(20) },
      ],
      until: ms(300),
    },
    foundBy: ['ES'],
  },
  {
    bug: 'R05',
    story: "n2's vote for n1 in term 1 arrives in term 2, in which n2 elects n3",
    scene: {
      timeouts: { n1: ms(100), n3: ms(101) },
      overrides: [
        { message: 'n2>n1/RequestVoteReply#1', latency: ms(103) },
        { message: 'n1>n2/RequestVote#2', drop: true },
      ],
      until: ms(300),
    },
    foundBy: ['ES'],
  },
  {
    bug: 'R06a',
    story: 'n3 misses a committed write and is elected',
    scene: {
      clients: 1,
      timeouts: { n1: ms(100), n3: ms(200) },
      calls: [call(ms(200), 'c1', write('k1', 1))],
      faults: [
        { kind: 'isolate', node: 'n3', at: ms(150), for: ms(250) },
        { kind: 'isolate', node: 'n1', at: ms(350) },
      ],
      until: ms(600),
    },
    foundBy: ['UP', 'LC'],
  },
  {
    bug: 'R06b',
    story: 'n1 comes back with a long tail that nobody else has and beats the shorter, newer log of n3',
    scene: {
      ...oldLeader,
      calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(320), 'c1', write('k1', 2))],
      faults: [...(oldLeader.faults ?? []), { kind: 'crash', node: 'n2', at: ms(650) }],
    },
    foundBy: ['UP', 'LC'],
  },
  {
    bug: 'R08',
    story: 'n3, far behind, votes for n1, refuses its entries, and votes for n2',
    scene: {
      servers: 5,
      clients: 1,
      timeouts: { n5: ms(60), n1: ms(150), n2: ms(150) },
      calls: [call(ms(100), 'c1', write('k1', 1))],
      faults: [
        { kind: 'isolate', node: 'n3', at: ms(50), for: ms(200) },
        { kind: 'crash', node: 'n5', at: ms(260) },
      ],
      overrides: [
        { message: 'n2>n3/RequestVote#1', latency: ms(22) },
        { message: 'n2>n4/RequestVote#1', latency: ms(10) },
      ],
      until: ms(600),
    },
    foundBy: ['V1'],
  },
  {
    bug: 'R10',
    story: 'each half of four servers elects a leader',
    scene: {
      servers: 4,
      timeouts: { n1: ms(100), n3: ms(100) },
      faults: [
        {
          kind: 'partition',
          groups: [
            ['n1', 'n2'],
            ['n3', 'n4'],
          ],
          at: 0,
        },
      ],
      until: ms(300),
    },
    foundBy: ['ES'],
  },
  {
    bug: 'R13',
    story: 'n3, which misses an entry and can never win, keeps n2 from campaigning',
    scene: {
      clients: 1,
      timeouts: { n1: ms(100), n2: ms(150), n3: ms(100) },
      calls: [call(ms(160), 'c1', write('k1', 1))],
      faults: [
        { kind: 'isolate', node: 'n3', at: ms(130), for: ms(170) },
        { kind: 'crash', node: 'n1', at: ms(210) },
      ],
      until: seconds(2),
    },
    getsDone: (done) => notes(done, 'becameLeader').some(({ node }) => node === 'n2'),
  },
  {
    bug: 'R30',
    story: 'n1 leads again with an entry of term 1 that only it has, and commits that on its own',
    scene: {
      clients: 1,
      timeouts: { n1: ms(100) },
      options: { maxEntriesPerAppend: 1 },
      calls: [call(ms(200), 'c1', write('k1', 1))],
      faults: [
        { kind: 'cut', from: ['n1'], to: ['n2', 'n3'], at: ms(150), for: ms(250) },
        { kind: 'crash', node: 'n1', at: ms(350), for: ms(100) },
      ],
      until: ms(800),
    },
    foundBy: ['QD'],
  },
  {
    bug: 'R31',
    story: 'n1 leads again with an entry of term 1 that is not committed, and never commits anything more',
    scene: {
      clients: 1,
      timeouts: { n1: ms(100) },
      calls: [call(ms(200), 'c1', write('k1', 1))],
      faults: [
        { kind: 'cut', from: ['n1'], to: ['n2', 'n3'], at: ms(150), for: ms(250) },
        { kind: 'crash', node: 'n1', at: ms(350), for: ms(100) },
      ],
      until: seconds(2),
    },
    getsDone: ({ simulation }) => simulation.statistics().operations.ok === 1,
  },
  {
    bug: 'R32',
    story: 'a heartbeat that was overtaken cuts off what n2 had acknowledged meanwhile; n2 is elected without it',
    scene: {
      clients: 1,
      timeouts: { n1: ms(100), n2: ms(200) },
      calls: [call(ms(120), 'c1', write('k1', 1)), call(ms(300), 'c1', write('k1', 2))],
      faults: [
        { kind: 'isolate', node: 'n3', at: ms(290), for: ms(120) },
        { kind: 'crash', node: 'n1', at: ms(320) },
      ],
      // Sent at 262 ms, behind index 3; arrives after index 4.
      overrides: [{ message: 'n1>n2/AppendEntries#9', latency: ms(56) }],
      until: ms(700),
    },
    foundBy: ['LC'],
  },
  {
    bug: 'R33',
    story: 'n1 commits a write, answers and dies; n3, which lacks it, campaigns, and n2 cuts it off before it votes',
    scene: {
      clients: 1,
      timeouts: { n1: ms(100), n3: ms(150) },
      calls: [call(ms(120), 'c1', write('k1', 1)), call(ms(300), 'c1', write('k1', 2))],
      faults: [
        { kind: 'isolate', node: 'n3', at: ms(290), for: ms(100) },
        { kind: 'crash', node: 'n1', when: { note: 'committed', node: 'n1', nth: 4 }, effect: 2 },
      ],
      until: ms(600),
    },
    foundBy: ['LC'],
  },
  {
    bug: 'R34',
    story: 'n1 comes back with a tail of term 1, and the first heartbeat of term 2 makes it commit that',
    scene: { ...oldLeader, calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(320), 'c1', write('k1', 2))] },
    foundBy: ['SMS'],
  },
  {
    bug: 'R36',
    story: 'a heartbeat that was overtaken takes n2 back to an older commitIndex',
    scene: {
      clients: 1,
      timeouts: { n1: ms(100) },
      calls: [call(ms(120), 'c1', write('k1', 1)), call(ms(300), 'c1', write('k1', 2))],
      overrides: [{ message: 'n1>n2/AppendEntries#9', latency: ms(100) }],
      until: ms(600),
    },
    foundBy: ['CI'],
  },
  {
    bug: 'R37',
    story: 'a reply that was overtaken takes matchIndex back',
    scene: {
      clients: 1,
      timeouts: { n1: ms(100) },
      calls: [call(ms(120), 'c1', write('k1', 1)), call(ms(300), 'c1', write('k1', 2))],
      overrides: [{ message: 'n2>n1/AppendEntriesReply#9', latency: ms(100) }],
      until: ms(600),
    },
    foundBy: ['MM'],
  },
  {
    bug: 'R39',
    story: 'two requests one after the other: the answer for the first counts for both',
    scene: {
      clients: 2,
      timeouts: { n1: ms(100) },
      calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(151), 'c2', write('k2', 1))],
      until: ms(300),
    },
    foundBy: ['MM', 'QD'],
  },
  {
    bug: 'R43',
    story: 'n2 refuses what overtook index 6; of its answers only the one for 7 arrives, while n1 is back at 6',
    scene: {
      clients: 2,
      timeouts: { n1: ms(100) },
      options: { maxEntriesPerAppend: 1 },
      calls: [
        call(ms(120), 'c1', write('k1', 1)),
        call(ms(120), 'c2', write('k2', 1)),
        call(ms(300), 'c1', write('k1', 2)),
        call(ms(311), 'c2', write('k2', 2)),
      ],
      faults: [{ kind: 'isolate', node: 'n3', at: ms(290) }],
      overrides: [
        { message: 'n1>n2/AppendEntries#14', latency: ms(13) },
        { message: 'n2>n1/AppendEntriesReply#15', drop: true },
      ],
      until: ms(600),
    },
    foundBy: ['MM'],
  },
  {
    bug: 'R47a',
    story: 'n1, cut off, answers a write that nobody else ever sees; a later read on the other side misses it',
    scene: {
      ...oldLeader,
      calls: [
        call(ms(150), 'c1', write('k1', 1)),
        call(ms(320), 'c1', write('k1', 2)),
        call(ms(550), 'c2', read('k1')),
      ],
    },
    foundBy: ['LIN'],
  },
  {
    bug: 'R47b',
    story: 'n1, cut off, applies a write at an index that the others give to another entry',
    scene: { ...oldLeader, calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(320), 'c1', write('k1', 2))] },
    foundBy: ['CI', 'SMS'],
  },
  {
    bug: 'R48',
    story: "n1 loses c1's write to the no-op of term 2, applies that, and tells c1 that it is done",
    scene: {
      ...oldLeader,
      options: { clientTimeout: seconds(5) },
      calls: [
        call(ms(150), 'c1', write('k1', 1)),
        call(ms(320), 'c1', write('k1', 2)),
        call(ms(1_000), 'c2', read('k1')),
      ],
    },
    foundBy: ['LIN'],
  },
  {
    bug: 'R51',
    story: "the answer to c1's write is lost; c2 writes; c1 asks again, and its write is executed again",
    scene: {
      clients: 2,
      timeouts: { n1: ms(100) },
      options: { clientTimeout: ms(200) },
      calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(250), 'c2', write('k1', 2))],
      overrides: [{ message: 'n1>c1/ClientReply#2', drop: true }],
      until: seconds(1),
    },
    foundBy: ['XO'],
  },
];
