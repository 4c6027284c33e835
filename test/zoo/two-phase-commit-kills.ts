/**
 * Two-phase commit's planted bugs, each killed by a schedule written by hand, on which the correct protocol lives.
 *
 * A transaction that a client asks for at 0 ms is executed at 20 ms, prepared at 30 ms (on disk at 31 ms), decided at 36 ms (on disk at
 * 37 ms), and carried out at 42 ms: the first 10 ms go into the client's getting to know the coordinator's incarnation.
 */

import type { Fault } from '../../src/sim/faults.ts';
import { ms } from '../../src/sim/protocol.ts';
import { append, audit, call, putGet, type Scene, transfer } from '../protocols/atomic-commit/cluster.ts';

export interface Kill {
  readonly bug: string;
  readonly story: string;
  readonly scene: Scene;
  /** The properties that must find it, each on its own. */
  readonly foundBy: readonly string[];
}

const oneTransfer = [call(0, 'c1', transfer('k1', 'k2'))];
/** The second would overdraw a1: n4 votes no, n2 yes. */
const overdraft = [call(0, 'c1', transfer('k1', 'k2', 60)), call(ms(100), 'c1', transfer('k1', 'k2', 60))];

/** Who has asked what became of it is told to abort. */
const abortedByHand: Fault = {
  kind: 'admin',
  node: { noted: 'inquiring' },
  when: { note: 'inquiring' },
  action: { type: 'heuristic', commit: false },
};

export const kills: readonly Kill[] = [
  {
    bug: 'T01',
    story: 'the coordinator dies when one COMMIT is out and its record is not on disk',
    scene: {
      options: { cooperative: false },
      calls: oneTransfer,
      faults: [
        { kind: 'crash', node: 'n1', when: { note: 'decidedCommit' }, effect: 4, unsynced: 'none', for: ms(200) },
      ],
    },
    foundBy: ['WAL', 'AC1'],
  },
  {
    bug: 'T05a',
    story: 'the NO of n4 is lost, and the time for votes ends',
    scene: { calls: overdraft, overrides: [{ message: 'n4>n1/Vote#2', drop: true }] },
    foundBy: ['AC3'],
  },
  {
    bug: 'T05b',
    story: 'the yes of n2 comes twice before the NO of n4 comes',
    scene: {
      calls: overdraft,
      overrides: [{ message: 'n4>n1/Vote#2', latency: ms(90) }],
      faults: [{ kind: 'noise', duplicationPpm: 1_000_000, at: ms(120.5), for: ms(1) }],
    },
    foundBy: ['AC3'],
  },
  {
    bug: 'T06',
    story: 'n2 is down when COMMIT comes, and asks when it is back; n4 has acknowledged',
    scene: { calls: oneTransfer, faults: [{ kind: 'crash', node: 'n2', at: ms(40), for: ms(100) }] },
    foundBy: ['PRES', 'AC1'],
  },
  {
    bug: 'T07',
    story: 'the coordinator forgets whom it has asked to prepare; n2 has voted and asks, n4 was never reached',
    scene: {
      options: { presumption: 'commit', cooperative: false },
      calls: oneTransfer,
      overrides: [{ message: 'n1>n4/Prepare#1', drop: true }],
      faults: [{ kind: 'crash', node: 'n1', at: ms(33), unsynced: 'none', for: ms(20) }],
    },
    foundBy: ['AC3', 'WAL'],
  },
  {
    bug: 'T12',
    story: 'each of two transactions leaves where it only reads before it has got its lock where it writes: write skew',
    scene: {
      calls: [call(0, 'c1', putGet('k2', 'k1')), call(ms(1), 'c2', putGet('k1', 'k2'))],
      overrides: [
        { message: 'n1>n4/Execute#1', latency: ms(25) },
        { message: 'n1>n3/Execute#2', latency: ms(29) },
      ],
    },
    foundBy: ['SER'],
  },
  {
    bug: 'T14a',
    story: 'c2 gives way to c1, and when it tries again to c3, which came later',
    scene: {
      options: { restartDelayMax: 0 },
      calls: [
        call(0, 'c1', append('k1', 'k1')),
        call(ms(1), 'c2', append('k1', 'k1')),
        call(ms(24), 'c3', append('k1', 'k1')),
      ],
    },
    foundBy: ['DLF'],
  },
  {
    bug: 'T20',
    story: 'the operator of n4 aborts what was committed, and n4 says so',
    scene: {
      options: { inquiryInterval: ms(40) },
      calls: oneTransfer,
      overrides: [{ message: 'n1>n4/Decision#1', drop: true }],
      faults: [abortedByHand],
    },
    foundBy: ['HEUR', 'WAL'],
  },
  {
    bug: 'T18',
    story: 'the yes of n4 comes after the time-out has aborted',
    scene: {
      options: { presumption: 'nothing', voteTimeout: ms(20) },
      calls: oneTransfer,
      overrides: [{ message: 'n4>n1/Vote#1', latency: ms(18) }],
    },
    foundBy: ['AC1', 'AC2'],
  },
  {
    bug: 'T02',
    story: 'n2 loses its promise after its yes is out',
    scene: {
      calls: oneTransfer,
      faults: [
        {
          kind: 'crash',
          node: 'n2',
          when: { message: 'Prepare', node: 'n2' },
          effect: 4,
          unsynced: 'none',
          for: ms(50),
        },
      ],
    },
    foundBy: ['WAL', 'AC3', 'AC1'],
  },
  {
    bug: 'T03a',
    story: 'COMMIT is late for n2',
    scene: {
      options: { inquiryInterval: ms(30) },
      calls: oneTransfer,
      overrides: [{ message: 'n1>n2/Decision#1', latency: ms(300) }],
    },
    foundBy: ['AC1'],
  },
  {
    bug: 'T03b',
    story: 'n4 votes no, and ABORT is late for n2',
    scene: { calls: overdraft, overrides: [{ message: 'n1>n2/Decision#2', latency: ms(300) }] },
    foundBy: ['AC3'],
  },
  {
    bug: 'T08',
    story: 'n4 restarts in doubt, and an audit reads its accounts before it hears of the decision',
    scene: {
      options: { inquiryInterval: ms(300), cooperative: false },
      calls: [...oneTransfer, call(ms(50), 'c2', audit)],
      overrides: [
        { message: 'n1>n4/Decision#1', drop: true },
        { message: 'n4>n1/Inquiry#1', drop: true },
      ],
      faults: [{ kind: 'crash', node: 'n4', at: ms(33), for: ms(10) }],
    },
    foundBy: ['CONS', 'SER'],
  },
  {
    bug: 'T09',
    story: 'COMMIT is slow for n4, and an audit reads its accounts meanwhile',
    scene: {
      calls: [...oneTransfer, call(ms(30), 'c2', audit)],
      overrides: [{ message: 'n1>n4/Decision#1', latency: ms(70) }],
    },
    foundBy: ['CONS', 'SER'],
  },
  {
    bug: 'T10',
    story: 'n2 and n4 are in doubt and ask each other',
    scene: {
      calls: oneTransfer,
      options: { inquiryInterval: ms(10) },
      overrides: [
        { message: 'n1>n2/Decision#1', latency: ms(300) },
        { message: 'n1>n4/Decision#1', latency: ms(300) },
        { message: 'n2>n1/Inquiry#1', drop: true },
        { message: 'n4>n1/Inquiry#1', drop: true },
      ],
    },
    foundBy: ['WAL', 'AC1'],
  },
  {
    bug: 'T11',
    story: 'the request to prepare is late for n4, and n2 asks it first',
    scene: {
      calls: oneTransfer,
      options: { inquiryInterval: ms(10) },
      overrides: [{ message: 'n1>n4/Prepare#1', latency: ms(70) }],
    },
    foundBy: ['WAL', 'AC1'],
  },
  {
    bug: 'T13',
    story: 'the acknowledgement of n2 is lost, and COMMIT comes again',
    scene: { calls: oneTransfer, overrides: [{ message: 'n2>n1/Ack#1', drop: true }] },
    foundBy: ['ONCE'],
  },
  {
    bug: 'T14b',
    story: 'two transfers in opposite directions hold one account each',
    scene: {
      calls: [call(0, 'c1', transfer('k1', 'k2')), call(0, 'c2', transfer('k2', 'k1'))],
      overrides: [
        { message: 'n1>n2/Execute#1', latency: ms(15) },
        { message: 'n1>n4/Execute#2', latency: ms(15) },
      ],
    },
    foundBy: ['DLF'],
  },
  {
    bug: 'T19',
    story: 'the operator of n4 aborts what was committed, and n4 acknowledges the commit',
    scene: {
      options: { inquiryInterval: ms(40) },
      calls: oneTransfer,
      overrides: [{ message: 'n1>n4/Decision#1', drop: true }],
      faults: [abortedByHand],
    },
    foundBy: ['HEUR'],
  },
  {
    bug: 'T16',
    story: 'the coordinator restarts after it has decided and before anybody is told',
    scene: {
      calls: oneTransfer,
      faults: [{ kind: 'crash', node: 'n1', when: { note: 'decidedCommit' }, effect: 4, for: ms(50) }],
    },
    foundBy: ['AC1'],
  },
];
