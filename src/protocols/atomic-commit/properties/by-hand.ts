/** Operators may decide for participants in doubt. What they break no protocol keeps: it must only not hide it. */
import type { World } from '../../../sim/observer.ts';
import { coordinatorOf, type TxnId } from '../transactions.ts';
import { type AnyRecord, isParticipant, isPrepared, WAL } from './facts.ts';

/**
 * Whether an operator has decided otherwise than the transaction was decided, or has committed what was not decided at all. Asked when
 * something seems to be wrong: nothing is kept for it.
 */
export function isDamagedByHand(world: World): boolean {
  return world.nodes.some((_, node) => {
    if (!isParticipant(world, node)) return false;
    return recordsOf(world, node).some(
      (record) => record.heuristic === true && (record.type === 'commit') !== isCommitted(world, record.txn),
    );
  });
}

/** The coordinator records every commit of somebody that has written, whatever is presumed. */
export function isCommitted(world: World, txn: TxnId): boolean {
  const coordinator = world.nodes.indexOf(coordinatorOf(txn));
  return recordsOf(world, coordinator).some((record) => record.type === 'commit' && record.txn === txn);
}

const recordsOf = (world: World, node: number): readonly AnyRecord[] =>
  (world.diskOf(node).cachedLog(WAL).entries as readonly AnyRecord[]).filter((record) => !isPrepared(record));
