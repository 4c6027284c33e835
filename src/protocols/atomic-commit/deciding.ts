/** The family, looked at from outside. */
import type { Deciding, Doubt, Task } from '../../check/deciding.ts';
import type { World } from '../../sim/observer.ts';
import { durableRecords, resourceOf, WAL } from './properties/facts.ts';
import type { Resource } from './resource.ts';

const patientClient: Task['options'] = { clientAttempts: 1, clientTimeout: 60_000_000 };

/** Two participants write; the client asks once. Or three, of whom those that only read vote like the others. */
export const decidingBy = (
  messages: readonly string[],
  processes: readonly string[] = ['coordinator', 'participant'],
): Deciding => ({
  task: {
    title: 'one transfer between two participants',
    nodes: { coordinator: 1, participant: 2, client: 1 },
    options: patientClient,
    op: { type: 'transfer', from: 'k1', to: 'k2', amount: 10 },
  },
  wideTask: {
    title: 'one audit of three participants, none of which leaves with its vote',
    nodes: { coordinator: 1, participant: 3, client: 1 },
    options: { ...patientClient, readOnlyVotes: false },
    op: { type: 'audit' },
  },
  processes,
  agreement: ['AC1', 'AC2'],
  messages,
  inDoubt: (state: object) => ('resource' in state ? doubtsOf(resourceOf(state)) : []),
  // A decision that is not forced is only written.
  hasCommitted: (world: World, node: number) =>
    durableRecords(world, node).some(isCommit) || world.diskOf(node).cachedLog(WAL).entries.some(isCommit),
});

function doubtsOf({ locals, locks, mourners }: Resource): readonly Doubt[] {
  const prepared = locals.filter(({ phase }) => phase === 'prepared');
  return prepared.map(({ age: { txn } }) => {
    const held = locks.filter(({ holders }) => holders.some(({ age }) => age.txn === txn));
    const waiting = held.flatMap(({ queue }) => queue.map(({ age }) => age.txn));
    const gone = mourners.filter(({ killer }) => killer === txn).map((mourner) => mourner.txn);
    return { name: txn, locks: held.length, delays: [...waiting, ...gone] };
  });
}

const isCommit = (record: unknown): boolean => (record as { readonly type: string }).type === 'commit';
