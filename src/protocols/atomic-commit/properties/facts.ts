/** What the family's properties have in common. They look at logs, messages and states, not at notes: what is told may be told wrongly. */
import type { Fact, LogChange, World } from '../../../sim/observer.ts';
import type { NodeId } from '../../../sim/protocol.ts';
import type { Prepared, Resource } from '../resource.ts';
import type { TxnId } from '../transactions.ts';

export const WAL = 'wal';

/** Any record of any process of the family: all that these properties read is the same in all of them. */
export interface AnyRecord {
  readonly type: string;
  readonly txn: TxnId;
  readonly participants?: readonly NodeId[];
  readonly heuristic?: true;
}

/** What these properties read of each protocol's request to prepare. */
export interface Asked {
  readonly type: 'Prepare';
  readonly txn: TxnId;
  /** In which of its lives the participant has done the work. */
  readonly session: number;
}

export const txnOf = (record: AnyRecord | Prepared): TxnId => ('age' in record ? record.age.txn : record.txn);

export const isPrepared = (record: { readonly type: string }): record is Prepared => record.type === 'prepared';

/** A record that a handler has just written. */
export function appended(log: string, change: LogChange): AnyRecord | Prepared | undefined {
  return log === WAL && change.kind === 'append' ? (change.entry as AnyRecord | Prepared) : undefined;
}

export const durableRecords = (world: World, node: number): readonly (AnyRecord | Prepared)[] =>
  world.diskOf(node).durableLog(WAL).entries as readonly (AnyRecord | Prepared)[];

export const resourceOf = (state: unknown): Resource => (state as { readonly resource: Resource }).resource;

export const isParticipant = (world: World, node: number): boolean => world.roleOf(node) === 'participant';

export function isInDoubt({ locals }: Resource, txn: TxnId): boolean {
  for (const local of locals) if (local.phase === 'prepared' && local.age.txn === txn) return true;
  return false;
}

export const nameOf = (world: World, node: number): string => world.nodes[node] ?? `node ${node}`;

export const factAt = (world: World, event: number, node: number, text: string): Fact => ({
  event,
  node: nameOf(world, node),
  text,
});

export const factNow = (world: World, node: number, text: string): Fact => factAt(world, world.event, node, text);

/** What a map has at a key, made on first use. */
export function entryAt<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** A list made on first use. */
export function listAt<T>(lists: T[][], index: number): T[] {
  let list = lists[index];
  if (list === undefined) {
    while (lists.length <= index) lists.push([]);
    list = lists[index] as T[];
  }
  return list;
}
