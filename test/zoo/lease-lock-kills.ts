/**
 * The lock's planted bugs, each killed by a schedule written by hand, on which the correct lock lives. n1 is the server, n2 the resource.
 *
 * A message takes 5 ms, a sync 1 ms, a lease lasts 300 ms. A client that asks at 0 ms believes from 11 ms on, is known at the resource at
 * 17 ms, looks at its lease and sends its first write at 22 ms, has it acknowledged at 33 ms and makes the next step at 73 ms.
 */
import type { Call, OperationInput } from '../../src/sim/config.ts';
import type { Fault, Override } from '../../src/sim/faults.ts';
import { type Micros, ms, type NodeId } from '../../src/sim/protocol.ts';
import type { Scene } from '../protocols/atomic-commit/cluster.ts';

export interface Kill {
  readonly bug: string;
  readonly story: string;
  readonly scene: Scene;
  /** The properties that must find it, each on its own; none for a bug after which nothing happens any more. */
  readonly foundBy: readonly string[];
}

export const work = (at: Micros, client: NodeId, writes: number): Call => ({
  at,
  client,
  op: { type: 'work', writes } as unknown as OperationInput,
});

const drop = (link: string, type: string, from: number, to: number): Override[] =>
  Array.from({ length: to - from + 1 }, (_, place) => ({ message: `${link}/${type}#${from + place}`, drop: true }));

/** c1 stands still between its second look at the lease and the write, from 73 ms on. */
const stopped = (forMs: number): Fault[] => [
  { kind: 'pause', node: 'c1', when: { note: 'guardedStep', nth: 2 }, effect: 1, for: ms(forMs) },
];

const comesBackLate: Scene = { calls: [work(0, 'c1', 3), work(ms(60), 'c2', 2)], faults: stopped(900) };

export const kills: readonly Kill[] = [
  {
    bug: 'L01',
    story: 'c1 stands still before its write leaves; c2 takes over; the write is done',
    scene: comesBackLate,
    foundBy: ['FENCE'],
  },
  {
    bug: 'L02',
    story: 'a write of c1 that it repeated arrives when c2 is at work',
    scene: {
      calls: [work(0, 'c1', 2), work(ms(60), 'c2', 2)],
      overrides: [{ message: 'c1>n2/Write#2', latency: ms(250) }],
    },
    foundBy: ['FENCE'],
  },
  {
    bug: 'L03',
    story: 'the resource restarts after the work of c2 and knows nothing of it when the late write of c1 comes',
    scene: {
      ...comesBackLate,
      faults: [...stopped(900), { kind: 'crash', node: 'n2', at: ms(600), for: ms(50) }],
    },
    foundBy: ['FENCE'],
  },
  {
    bug: 'L04',
    story: 'the server restarts between two grants',
    scene: {
      calls: [work(0, 'c1', 1), work(ms(400), 'c2', 1)],
      faults: [{ kind: 'crash', node: 'n1', at: ms(200), for: ms(50) }],
    },
    foundBy: ['TOK', 'FENCE'],
  },
  {
    bug: 'L06b',
    story: "the server's wall clock jumps ahead while c1 holds the lock and c2 waits",
    scene: {
      calls: [work(0, 'c1', 4), work(ms(20), 'c2', 2)],
      faults: [{ kind: 'clock-step', node: 'n1', by: ms(400), at: ms(90) }],
    },
    foundBy: ['EXCL'],
  },
  {
    bug: 'L08',
    story: 'c1 has lost the lock to c2 while it stood still, and releases; c3 waits',
    scene: {
      options: { stepInterval: ms(120) },
      calls: [work(0, 'c1', 3), work(ms(60), 'c2', 4), work(ms(70), 'c3', 1)],
      faults: stopped(400),
    },
    foundBy: ['OWN', 'EXCL'],
  },
  {
    bug: 'L08b',
    story: 'a release of c1 that it has repeated arrives when c1 holds the lock again',
    scene: {
      calls: [work(0, 'c1', 1), work(ms(150), 'c1', 4), work(ms(160), 'c2', 1)],
      options: { stepInterval: ms(120) },
      overrides: [{ message: 'c1>n1/Release#1', latency: ms(200) }],
    },
    foundBy: ['OWN', 'EXCL'],
  },
  {
    bug: 'L20',
    story: 'c2, next in the queue, is gone; c3 waits behind it',
    scene: {
      calls: [work(0, 'c1', 4), work(ms(20), 'c2', 1), work(ms(30), 'c3', 1)],
      options: { stepInterval: ms(120) },
      faults: [{ kind: 'crash', node: 'c2', at: ms(50) }],
    },
    foundBy: ['REL'],
  },
  {
    bug: 'L21',
    story: 'the first Acquire of c1 arrives after its work, long since released',
    scene: { calls: [work(0, 'c1', 1)], overrides: [{ message: 'c1>n1/Acquire#1', latency: ms(600) }] },
    foundBy: ['GHOST'],
  },
  {
    bug: 'L05',
    story: 'the grant of c1 takes 250 ms; its lease ends at the server, where c2 waits',
    scene: {
      options: { retryInterval: ms(280) },
      calls: [work(0, 'c1', 3), work(ms(20), 'c2', 1)],
      overrides: [{ message: 'n1>c1/Granted#1', latency: ms(250) }],
    },
    foundBy: ['EXCL', 'HON'],
  },
  {
    bug: 'L06a',
    story: "no renewal of c1 arrives, and its wall clock is set back; c2's turn comes",
    scene: {
      options: { stepInterval: ms(120) },
      calls: [work(0, 'c1', 4), work(ms(20), 'c2', 4)],
      faults: [{ kind: 'clock-step', node: 'c1', by: -ms(500), at: ms(100) }],
      overrides: drop('c1>n1', 'Renew', 1, 10),
    },
    foundBy: ['EXCL', 'HON'],
  },
  {
    bug: 'L10',
    story: 'the news for c2 that its turn has come is slow, nothing else gets through, and c3 is next',
    scene: {
      calls: [work(0, 'c1', 4), work(ms(20), 'c2', 4), work(ms(30), 'c3', 4)],
      overrides: [
        { message: 'n1>c2/Granted#1', latency: ms(240) },
        ...drop('c2>n1', 'Acquire', 4, 12),
        ...drop('c2>n1', 'Renew', 1, 12),
      ],
    },
    foundBy: ['EXCL', 'HON'],
  },
];
