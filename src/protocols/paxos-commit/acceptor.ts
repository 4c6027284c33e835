/**
 * What an acceptor holds on disk, for all transactions: what it has promised and accepted. The same for the coordinator, which is the
 * first acceptor of its own transactions, and for those that stand by.
 */
import type { NodeId } from '../../sim/protocol.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';
import type { Rules } from './rules.ts';
import type {
  Acceptance,
  Acceptor,
  AcceptorContext,
  AcceptorRecord,
  BallotNumber,
  BallotRecord,
  Consensus,
  Group,
  Requested,
} from './shape.ts';

export const newAcceptor = (): Acceptor => ({ consensus: {}, leading: [], silent: [], outcomes: {} });

export function consensusOn({ consensus }: Acceptor, txn: TxnId, group: Group): Consensus {
  const known = consensus[txn];
  if (known !== undefined) return known;
  const created: Consensus = { group, promised: 0, seen: 0, accepted: null, heard: [], isAsked: false };
  consensus[txn] = created;
  return created;
}

/** What belongs to a record beside the ballot: empty but at the coordinator. */
type RequestOf = (txn: TxnId) => Requested;

function write(
  type: BallotRecord['type'],
  txn: TxnId,
  { group, promised, accepted }: Consensus,
  requestOf: RequestOf,
  context: AcceptorContext,
): void {
  context.disk.append('wal', { type, txn, group, ballot: promised, accepted, ...requestOf(txn) });
}

/** GL 4.2, phase 2b of ballot 0, once all have voted yes: one record for all of them. True when it is on disk by that, or was. */
export function hearVote(
  rules: Rules,
  one: Consensus,
  txn: TxnId,
  from: NodeId,
  requestOf: RequestOf,
  context: AcceptorContext,
): boolean {
  if (!rules.mayAccept(0, one.promised)) return false;
  const { participants } = one.group;
  if (one.accepted?.prepared.length === participants.length) return true;
  if (!one.heard.includes(from)) one.heard.push(from);
  if (one.heard.length < participants.length) return false;
  acceptHeard(one);
  write('accepted', txn, one, requestOf, context);
  rules.keep(context);
  return true;
}

function acceptHeard(one: Consensus): void {
  if (one.heard.length === 0) return;
  one.accepted = { ballot: 0, prepared: one.heard };
  one.heard = [];
}

/** GL 4.1, phase 1b. Votes that have come and are not written yet have come before. The caller keeps it before it tells. */
export function promise(
  one: Consensus,
  txn: TxnId,
  ballot: BallotNumber,
  requestOf: RequestOf,
  context: AcceptorContext,
): Acceptance | null {
  acceptHeard(one);
  one.promised = ballot;
  write('promised', txn, one, requestOf, context);
  return one.accepted;
}

/** GL 4.1, phase 2b. The caller keeps it before it tells. */
export function accept(
  one: Consensus,
  txn: TxnId,
  ballot: BallotNumber,
  prepared: readonly NodeId[],
  requestOf: RequestOf,
  context: AcceptorContext,
): void {
  one.heard = [];
  one.promised = ballot;
  one.accepted = { ballot, prepared };
  write('accepted', txn, one, requestOf, context);
}

/** A record of before the crash. */
export function remember(acceptor: Acceptor, record: AcceptorRecord): void {
  const { txn } = record;
  if (record.type === 'promised' || record.type === 'accepted') {
    const one = consensusOn(acceptor, txn, record.group);
    one.promised = record.ballot;
    one.accepted = record.accepted;
  } else {
    acceptor.outcomes[txn] = record.type === 'commit';
  }
}
