/** As raft-kills.ts, for the bugs of PreVote, CheckQuorum, stickiness and reads beside the log: their options are on. */
import { ms, seconds } from '../../src/sim/protocol.ts';
import { call, notes, read, type Scene, write } from '../protocols/raft/cluster.ts';
import type { Kill } from './raft-kills.ts';

export const inARow = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** n1 leads term 1 from 122 ms on: asking beforehand takes 10 ms. */
const preVote: Scene = { timeouts: { n1: ms(100), n2: ms(150), n3: ms(400) }, options: { preVote: true } };

/** n1 leads with a lease, sends heartbeats at 162, 212, 262, ... ms and looks for its quorum at 212, 312, 412, ... ms. */
const leased: Scene = {
  clients: 2,
  seed: '3',
  timeouts: { n1: ms(100), n2: [ms(100), ms(120)], n3: [ms(100), seconds(9)] },
  options: { reads: 'lease', clientTimeout: ms(30), clientAttempts: 20 },
  until: ms(700),
};

/** n3 gets what n1 appends from 150 ms on 300 ms late. */
const lateAtFollower: Scene = {
  seed: '3',
  clients: 2,
  timeouts: { n1: ms(100) },
  options: { reads: 'read-index', followerReads: true },
  overrides: inARow(4, 14).map((nth) => ({ message: `n1>n3/AppendEntries#${nth}`, latency: ms(300) })),
  calls: [call(ms(160), 'c1', write('k1', 1)), call(ms(300), 'c2', read('k1'))],
  until: ms(800),
};

export const optionKills: readonly Kill[] = [
  {
    bug: 'R15',
    story: 'n3, which hears nobody, asks for a PreVote, and all are in its term',
    scene: {
      timeouts: { n1: ms(100), n2: ms(200), n3: ms(150) },
      options: { preVote: true },
      faults: [{ kind: 'isolate', node: 'n3', direction: 'inbound', at: ms(300) }],
      until: ms(600),
    },
    foundBy: ['ND'],
  },
  {
    bug: 'R16',
    story: 'n1 dies; n2, in term 3, lacks an entry; n3, which has it, is in term 1 and never hears of term 3',
    scene: {
      clients: 1,
      timeouts: { n1: ms(300), n2: ms(60), n3: ms(350) },
      options: { preVote: true, clientTimeout: ms(100) },
      overrides: ['n1', 'n3'].flatMap((to) =>
        inARow(1, 3).map((nth) => ({ message: `n2>${to}/RequestVote#${nth}`, drop: true as const })),
      ),
      calls: [call(ms(350), 'c1', write('k1', 1))],
      faults: [
        { kind: 'isolate', node: 'n2', at: ms(270), for: ms(430) },
        { kind: 'crash', node: 'n1', at: ms(650) },
      ],
      until: seconds(3),
    },
    foundBy: ['RA'],
    getsDone: (done) => notes(done, 'becameLeader').some(({ node }) => node === 'n3'),
  },
  {
    bug: 'R17',
    story: 'n1 dies; n2 and n3 time out together, again and again, and refuse each other',
    scene: {
      timeouts: { n1: ms(100), n2: ms(150), n3: ms(153) },
      options: { preVote: true, checkQuorum: true },
      faults: [{ kind: 'crash', node: 'n1', at: ms(300) }],
      until: seconds(3),
    },
    getsDone: (done) => notes(done, 'becameLeader').length === 2,
  },
  {
    bug: 'R18',
    story: 'n1 leads, but has sent no heartbeat for 100 ms when n2 asks for a PreVote',
    scene: {
      ...preVote,
      timeouts: { n1: ms(100), n2: ms(130), n3: ms(500) },
      options: { preVote: true, heartbeatInterval: ms(150) },
      until: ms(600),
    },
    foundBy: ['ND'],
  },
  {
    bug: 'R19',
    story: 'n1 is heard by all and hears nobody',
    scene: {
      timeouts: { n1: ms(100) },
      options: { checkQuorum: true },
      faults: [{ kind: 'isolate', node: 'n1', direction: 'inbound', at: ms(300) }],
      until: seconds(1.5),
    },
    foundBy: ['CQ'],
  },
  {
    bug: 'R20',
    story: 'n1, cut off, answers c1 what n2 has overwritten for c2',
    scene: {
      clients: 2,
      timeouts: { n1: ms(100), n2: ms(150) },
      options: { reads: 'read-index', clientTimeout: ms(200), clientAttempts: 20 },
      calls: [
        call(ms(150), 'c1', write('k1', 1)),
        call(ms(470), 'c2', write('k1', 2)),
        call(ms(900), 'c1', read('k1')),
      ],
      faults: [
        {
          kind: 'partition',
          groups: [
            ['n1', 'c1'],
            ['n2', 'n3', 'c2'],
          ],
          at: ms(300),
          for: ms(1_000),
        },
      ],
      until: ms(1_500),
    },
    foundBy: ['RI', 'RF', 'LIN'],
  },
  {
    bug: 'R21',
    story: 'n1 commits, answers and dies; n2, newly elected, does not know of the commit and is asked at once',
    scene: {
      seed: '4',
      clients: 2,
      timeouts: { n1: ms(100), n2: ms(150) },
      sync: ms(4),
      options: { reads: 'read-index', clientTimeout: ms(300) },
      calls: [
        call(ms(130), 'c1', write('k1', 1)),
        call(ms(300), 'c1', write('k1', 2)),
        call(ms(487.5), 'c2', read('k1')),
      ],
      faults: [{ kind: 'crash', node: 'n1', when: { note: 'committed', node: 'n1', nth: 4 }, effect: 2 }],
      overrides: [{ message: 'n3>n2/AppendEntriesReply#1', latency: ms(30) }],
      until: ms(700),
    },
    foundBy: ['RI', 'RF', 'LIN'],
  },
  {
    bug: 'R22a',
    story: 'n3 knows from n1 from which index on it may answer, and answers before it has that',
    scene: lateAtFollower,
    foundBy: ['RF', 'LIN'],
  },
  {
    bug: 'R22b',
    story: 'n3 answers what it knows, which is old',
    scene: lateAtFollower,
    foundBy: ['RF', 'LIN'],
  },
  {
    bug: 'R23',
    story:
      "answers to n1's heartbeat of 312 ms arrive 85 ms late; by then the lease is nearly over, and n2 about to be elected",
    scene: {
      ...leased,
      calls: [
        call(ms(150), 'c1', write('k1', 1)),
        call(ms(440), 'c2', write('k1', 2)),
        call(ms(490), 'c1', read('k1')),
      ],
      overrides: ['n2', 'n3'].map((from) => ({ message: `${from}>n1/HeartbeatReply#4`, latency: ms(85) })),
      faults: [
        { kind: 'cut', from: ['n1'], to: ['n2', 'n3'], at: ms(318) },
        { kind: 'cut', from: ['n2', 'n3'], to: ['n1'], at: ms(403) },
      ],
    },
    foundBy: ['LK', 'RF', 'LIN'],
  },
  {
    bug: 'R24',
    story: 'n3 has just heard from n1 when it elects n2, and n1 hears of nothing',
    scene: {
      ...leased,
      options: { ...leased.options, heartbeatInterval: ms(80) },
      calls: [
        call(ms(150), 'c1', write('k1', 1)),
        call(ms(330), 'c2', write('k1', 2)),
        call(ms(366), 'c1', read('k1')),
      ],
      faults: [
        { kind: 'cut', from: ['n1'], to: ['n2'], at: ms(210) },
        { kind: 'cut', from: ['n2'], to: ['n1'], at: ms(210) },
        { kind: 'cut', from: ['n3'], to: ['n1'], at: ms(283) },
      ],
    },
    foundBy: ['LK', 'RF'],
  },
  {
    bug: 'R25',
    story: "n1's wall clock jumps back half a second; its lease goes on while n2 leads",
    scene: {
      ...leased,
      calls: [
        call(ms(150), 'c1', write('k1', 1)),
        call(ms(440), 'c2', write('k1', 2)),
        call(ms(490), 'c1', read('k1')),
      ],
      faults: [
        { kind: 'clock-step', node: 'n1', by: -ms(500), at: ms(324) },
        {
          kind: 'partition',
          groups: [
            ['n1', 'c1'],
            ['n2', 'n3', 'c2'],
          ],
          at: ms(325),
        },
      ],
    },
    foundBy: ['LK', 'RF', 'LIN'],
  },
];
