/** How one process tells several others the same. */
import type { NodeId } from '../../sim/protocol.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';
import type { Letter, MemberContext, MemberState, PeerMessage } from './shape.ts';

/** All at once, or one after the other: then a crash may come between. */
export function tell(state: MemberState, letters: readonly Letter[], context: MemberContext): void {
  const { tellInterval } = context.options;
  const [first] = letters;
  if (first === undefined) return;
  if (tellInterval === 0) {
    for (const { to, message } of letters) context.send(to, message);
    return;
  }
  const isWaiting = state.outbox.some(({ txn }) => txn === first.txn);
  state.outbox.push(...letters);
  if (!isWaiting) onTellTimer(state, first.txn, context);
}

export function onTellTimer(state: MemberState, txn: TxnId, context: MemberContext): void {
  const next = state.outbox.find((letter) => letter.txn === txn);
  if (next === undefined) return;
  state.outbox = state.outbox.filter((letter) => letter !== next);
  context.send(next.to, next.message);
  if (state.outbox.some((letter) => letter.txn === txn)) {
    context.setTimer('tell', context.options.tellInterval, txn);
  }
}

export const toAll = (nodes: readonly NodeId[], message: PeerMessage): readonly Letter[] =>
  nodes.map((to) => ({ txn: message.txn, to, message }));
