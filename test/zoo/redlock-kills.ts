/**
 * Redlock's planted bugs, each killed by a schedule written by hand, on which the correct algorithm lives. n1 to n5 are the stores, n6 is
 * the resource (with four stores: n5).
 *
 * A message takes 5 ms, a key lives for 300 ms. A client that asks at 0 ms believes from 10 ms on, and makes its first step at once; the
 * write is acknowledged at 20 ms, and the next step is made at 60 ms. What has been asked for in vain is asked for again after 40 ms.
 */
import type { Fault, Override } from '../../src/sim/faults.ts';
import { type Micros, ms, type NodeId } from '../../src/sim/protocol.ts';
import type { Scene } from '../protocols/atomic-commit/cluster.ts';
import { type Kill, work } from './lease-lock-kills.ts';

const drop = (links: readonly string[], type: string, nth = 1): Override[] =>
  links.map((link) => ({ message: `${link}/${type}#${nth}`, drop: true }));

const slow = (links: readonly string[], type: string, latency: Micros, nth = 1): Override[] =>
  links.map((link) => ({ message: `${link}/${type}#${nth}`, latency }));

const to = (client: NodeId, ...stores: readonly NodeId[]): string[] => stores.map((store) => `${client}>${store}`);
const from = (client: NodeId, ...stores: readonly NodeId[]): string[] => stores.map((store) => `${store}>${client}`);
const ALL: readonly NodeId[] = ['n1', 'n2', 'n3', 'n4', 'n5'];

/** No chance in the pauses between attempts. */
const punctual = { retryJitter: 0 };
/** c1 has done its first step, and stands still after it. */
export const stopped = (forMs: number, effect?: number): Fault[] => [
  {
    kind: 'pause',
    node: 'c1',
    when: { note: 'guardedStep', node: 'c1', nth: 2 },
    ...(effect === undefined ? {} : { effect }),
    for: ms(forMs),
  },
];

/** Two clients that come at once share the stores between them. */
const split = (stores: readonly NodeId[]): Scene => {
  const half = stores.length / 2;
  return {
    calls: [work(0, 'c1', 1), work(0, 'c2', 1)],
    options: punctual,
    overrides: [
      ...slow(to('c1', ...stores.slice(Math.ceil(half))), 'SetIfAbsent', ms(8)),
      ...slow(to('c2', ...stores.slice(0, Math.floor(half))), 'SetIfAbsent', ms(8)),
      ...(Number.isInteger(half) ? [] : drop([...to('c1', 'n3'), ...to('c2', 'n3')], 'SetIfAbsent')),
    ],
  };
};

export const kills: readonly Kill[] = [
  {
    bug: 'L08',
    story: 'c1 has lost the lock to c2 while it stood still, and takes back what it may still have; c3 waits',
    scene: {
      options: { ...punctual, stepInterval: ms(120) },
      calls: [work(0, 'c1', 4), work(ms(60), 'c2', 6), work(ms(70), 'c3', 1)],
      faults: stopped(400),
    },
    foundBy: ['OWN', 'EXCL'],
  },
  {
    bug: 'L13',
    story: 'c1 holds n1, n2, n3; n3 restarts; c2 gets n3, n4, n5',
    scene: {
      options: { ...punctual, stepInterval: ms(120) },
      calls: [work(0, 'c1', 4), work(ms(60), 'c2', 1)],
      faults: [{ kind: 'crash', node: 'n3', at: ms(30), for: ms(10) }],
      overrides: drop(to('c1', 'n4', 'n5'), 'SetIfAbsent'),
    },
    foundBy: ['EXCL', 'KEPT'],
  },
  {
    bug: 'L05',
    story: 'the answers of three stores to c1 take 250 ms; its keys run out, and c2 comes',
    scene: {
      options: { ...punctual, storeTimeout: ms(290), extensionsMax: 0 },
      calls: [work(0, 'c1', 4), work(ms(310), 'c2', 1)],
      overrides: slow(from('c1', 'n3', 'n4', 'n5'), 'Vote', ms(250)),
    },
    foundBy: ['EXCL', 'HON', 'HELD'],
  },
  {
    bug: 'L06a',
    story: 'the wall clock of c1 is set back; its keys run out, and c2 gets the lock',
    scene: {
      options: { ...punctual, stepInterval: ms(120), extensionsMax: 0 },
      calls: [work(0, 'c1', 6), work(ms(60), 'c2', 4)],
      faults: [{ kind: 'clock-step', node: 'c1', by: -ms(500), at: ms(100) }],
    },
    foundBy: ['EXCL', 'HON'],
  },
  {
    bug: 'L11',
    story: 'the answers of three stores to c1 take longer than the keys live; c2 has the lock by then',
    scene: {
      options: { ...punctual, storeTimeout: ms(600) },
      calls: [work(0, 'c1', 1), work(ms(310), 'c2', 4)],
      overrides: slow(from('c1', 'n3', 'n4', 'n5'), 'Vote', ms(330)),
    },
    foundBy: ['EXCL', 'HON', 'HELD'],
  },
  {
    bug: 'L12a',
    story:
      'c1 and c2 have two stores each, and neither takes its keys back: the retry is refused because of the first attempt',
    scene: split(ALL),
    foundBy: ['GHOST'],
  },
  {
    bug: 'L12b',
    story: 'the yes of n1 to c1 is lost, and the attempt fails: n1 is not told, and refuses the retry',
    scene: {
      options: punctual,
      calls: [work(0, 'c1', 1)],
      overrides: [...drop(from('c1', 'n1'), 'Vote'), ...drop(to('c1', 'n3', 'n4', 'n5'), 'SetIfAbsent')],
    },
    foundBy: ['GHOST'],
  },
  {
    bug: 'L14',
    story: 'of four stores c1 and c2 have two each',
    scene: { ...split(['n1', 'n2', 'n3', 'n4']), nodes: { store: 4 } },
    foundBy: [],
  },
  {
    bug: 'L23',
    story: 'c1 has failed and tries again; what was to take back its first attempt takes the second away, and c2 comes',
    scene: {
      options: { ...punctual, stepInterval: ms(120), extensionsMax: 0 },
      calls: [work(0, 'c1', 4), work(ms(255), 'c2', 1)],
      overrides: [
        ...drop(to('c1', 'n3', 'n4', 'n5'), 'SetIfAbsent'),
        ...drop(to('c1', 'n4', 'n5'), 'SetIfAbsent', 2),
        ...slow(to('c1', 'n1', 'n2'), 'Delete', ms(190)),
      ],
    },
    foundBy: ['EXCL'],
  },
  {
    bug: 'L24',
    story: 'no store confirms the release, and the holder asks them all for more time',
    scene: {
      options: { ...punctual, extendBefore: ms(280) },
      calls: [work(0, 'c1', 1)],
      overrides: drop(from('c1', ...ALL), 'Deleted'),
    },
    foundBy: ['GHOST'],
  },
];
