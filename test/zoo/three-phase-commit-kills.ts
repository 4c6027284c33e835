/**
 * The planted bugs of three-phase commit and its relatives, each killed by a schedule written by hand, on which the correct protocol lives.
 *
 * A transaction that a client asks for at 0 ms is in w everywhere at 31 ms, pre-committed by its coordinator at 37 ms and by the others at
 * 43 ms, and decided at 49 ms. After a silence of 200 ms somebody has failed; n2 takes the lead before n3, and n3 before n4.
 */
import { ms } from '../../src/sim/protocol.ts';
import { audit, call, type Scene, transfer } from '../protocols/atomic-commit/cluster.ts';
import type { Kill } from './two-phase-commit-kills.ts';

/** n4 has a1 and n2 has a2. */
const oneTransfer = [call(0, 'c1', transfer('k1', 'k2'))];
const until = ms(6_000);

/** The coordinator dies with the second vote: PRE-COMMIT has left for n2 and not for n4. */
const dies = { kind: 'crash', node: 'n1', when: { message: 'Vote', node: 'n1', nth: 2 }, effect: 6 } as const;

export const plainKills: readonly Kill[] = [
  {
    bug: 'P01',
    story: 'the coordinator dies when PRE-COMMIT has reached n2 only: n2 commits, n4 aborts',
    scene: { calls: oneTransfer, until, faults: [dies] },
    foundBy: ['AC1', 'NB'],
  },
  {
    bug: 'P02',
    story: 'n2 leads, commits, and dies before n4 knows: n4 is in w, and aborts',
    scene: {
      calls: oneTransfer,
      until,
      faults: [
        dies,
        { kind: 'crash', node: 'n2', when: { note: 'decidedCommit', node: 'n2' }, effect: 7, for: ms(3_000) },
      ],
    },
    foundBy: ['AC1', 'NB'],
  },
  {
    bug: 'P03',
    story: 'the coordinator dies when PRE-COMMIT has reached n2 only: n2 leads, and aborts what it had pre-committed',
    scene: { calls: oneTransfer, until, faults: [dies] },
    foundBy: ['NB'],
  },
  {
    bug: 'P04a',
    story:
      'outside the model: the PRE-COMMIT of the dead coordinator reaches n4 when n2 has aborted, and died before n4 knows',
    scene: {
      calls: oneTransfer,
      until,
      overrides: [
        { message: 'n1>n2/Pre#1', drop: true },
        { message: 'n1>n4/Pre#1', latency: ms(860) },
      ],
      faults: [
        { kind: 'crash', node: 'n1', at: ms(40) },
        { kind: 'crash', node: 'n2', when: { note: 'decidedAbort', node: 'n2' }, effect: 7, for: ms(3_000) },
      ],
    },
    foundBy: ['AC1', 'OBEY'],
  },
  {
    bug: 'P05',
    story: 'n2 crashes in p, n4 is alone in w and aborts, n2 is back',
    scene: { calls: oneTransfer, until, faults: [dies, { kind: 'crash', node: 'n2', at: ms(46), for: ms(2_000) }] },
    foundBy: ['AC1'],
  },
  {
    bug: 'P06',
    story: 'n4 crashes in w, n1 and n2 commit without it and crash, n4 is back first',
    scene: {
      calls: oneTransfer,
      until,
      faults: [
        { kind: 'crash', node: 'n4', at: ms(33), for: ms(1_000) },
        { kind: 'crash', node: 'n1', at: ms(245), for: ms(3_000) },
        { kind: 'crash', node: 'n2', at: ms(300), for: ms(3_000) },
      ],
    },
    foundBy: ['AC1'],
  },
];

/** Outside the model: PRE-COMMIT is so late for n4 that the coordinator commits without it, and dies. In the right order n2 finds out. */
export const lateForOne: Scene = {
  calls: oneTransfer,
  until,
  overrides: [{ message: 'n1>n4/Pre#1', latency: ms(5_000) }],
  faults: [{ kind: 'crash', node: 'n1', when: { note: 'decidedCommit', node: 'n1' }, effect: 7, for: ms(3_000) }],
};

export const quorumKills: readonly Kill[] = [
  {
    bug: 'P07',
    story: 'two against two: PRE-COMMIT reaches n2, and is cut off from n3 and n4',
    scene: {
      calls: [call(0, 'c1', audit)],
      until,
      faults: [
        {
          kind: 'partition',
          groups: [
            ['n1', 'n2'],
            ['n3', 'n4'],
          ],
          at: ms(38),
          for: ms(3_000),
        },
      ],
    },
    foundBy: ['AC1'],
  },
];

export const enhancedKills: readonly Kill[] = [
  {
    bug: 'P04b',
    story: 'n4 has acknowledged the PRE-ABORT of n2, and then obeys the PRE-COMMIT of n1, which commits',
    scene: {
      calls: oneTransfer,
      until,
      overrides: [
        { message: 'n1>n2/Pre#1', drop: true },
        { message: 'n1>n4/Pre#1', latency: ms(720) },
        { timer: 'n1/acks/n1.1.1#1', delay: ms(900) },
        { message: 'n2>n1/StateRequest#1', drop: true },
        { message: 'n2>n1/Pre#1', drop: true },
        { message: 'n2>n1/Decision#1', drop: true },
        { message: 'n2>n4/Decision#1', latency: ms(60) },
      ],
    },
    foundBy: ['AC1', 'OBEY'],
  },
];
