/** The family, looked at from outside. */
import type { Deciding } from '../../check/deciding.ts';
import type { World } from '../../sim/observer.ts';
import { durableRecords, resourceOf } from './properties/facts.ts';

/** Two participants write; the client asks once. */
export const decidingBy = (
  messages: readonly string[],
  processes: readonly string[] = ['coordinator', 'participant'],
): Deciding => ({
  task: {
    title: 'one transfer between two participants',
    nodes: { coordinator: 1, participant: 2, client: 1 },
    options: { clientAttempts: 1, clientTimeout: 60_000_000 },
    op: { type: 'transfer', from: 'k1', to: 'k2', amount: 10 },
  },
  processes,
  messages,
  inDoubt: (state: object) =>
    'resource' in state
      ? resourceOf(state)
          .locals.filter(({ phase }) => phase === 'prepared')
          .map(({ age }) => age.txn)
      : [],
  hasCommitted: (world: World, node: number) => durableRecords(world, node).some(({ type }) => type === 'commit'),
});
