/** What every participant hears of the work on a transaction, before it is asked to promise anything. */
import type { NodeId } from '../../sim/protocol.ts';
import { onExecute, onIdleTimer, onLockTimer, onRollback, type Resource, type ResourceContext } from './resource.ts';
import type { Execute, Rollback, TxnId } from './transactions.ts';
import type { WorkRules } from './work-rules.ts';

interface Participant {
  readonly resource: Resource;
}

type Hearing<Message> = (state: Participant, from: NodeId, message: Message, context: ResourceContext) => void;
type Timer = (state: Participant, txn: string | undefined, context: ResourceContext) => void;

export const workMessages = (
  rules: WorkRules,
): { readonly Execute: Hearing<Execute>; readonly Rollback: Hearing<Rollback> } => ({
  Execute: ({ resource }, from, message, context) => onExecute(rules, resource, from, message, context),
  Rollback: ({ resource }, _from, { txn }, context) => onRollback(rules, resource, txn, context),
});

export const workTimers = (rules: WorkRules): { readonly idle: Timer; readonly lock: Timer } => ({
  idle: ({ resource }, txn, context) => onIdleTimer(rules, resource, txn as TxnId, context),
  lock: ({ resource }, txn, context) => onLockTimer(rules, resource, txn as TxnId, context),
});
