/**
 * Schedules for locks by a recipe. n1 to n3 are the servers, n4 the resource; a message takes 5 ms, a sync 1 ms. With this seed the election
 * timeout of n3 is the shortest.
 */
import type { Override } from '../../src/sim/faults.ts';
import { ms } from '../../src/sim/protocol.ts';
import type { Run, Scene } from '../protocols/atomic-commit/cluster.ts';
import { work } from './lease-lock-kills.ts';

const options = { stepInterval: ms(120), ttl: ms(300) };

/** c2 dies while it waits behind c1, which works on; c3 waits behind c2. */
export const waiterDies: Scene = {
  options: { ...options, ttl: ms(250) },
  calls: [work(ms(400), 'c1', 4), work(ms(440), 'c2', 1), work(ms(480), 'c3', 1)],
  faults: [{ kind: 'crash', node: 'c2', at: ms(530) }],
};

/** No server hears that c1 is alive; c2 waits. */
export const holderUnheard: Scene = {
  options,
  calls: [work(ms(400), 'c1', 4), work(ms(420), 'c2', 4)],
  overrides: ['n1', 'n2', 'n3'].flatMap((server): Override[] =>
    Array.from({ length: 40 }, (_, n) => ({ message: `c1>${server}/KeepAlive#${n + 1}`, drop: true })),
  ),
};

/** Four clients queue up while the first one works. */
export const queue: Scene = {
  nodes: { client: 4 },
  options: { stepInterval: ms(60) },
  calls: [work(ms(400), 'c1', 3), work(ms(420), 'c2', 1), work(ms(430), 'c3', 1), work(ms(440), 'c4', 1)],
  until: ms(3_000),
};

/** How many were woken by each node that went. */
export const wakeUps = ({ trace }: Run): readonly number[] =>
  trace.flatMap((event) =>
    event.kind === 'note' && event.text === 'woken' ? [(event.data as { readonly count: number }).count] : [],
  );
