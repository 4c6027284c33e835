/** What a replica executes: a deterministic state machine whose clients hold leases. It knows no clock; replica.ts brings one. */
import type { Json } from '../../../sim/plain.ts';
import type { NodeId, Tagged } from '../../../sim/protocol.ts';

/** Something that lives only as long as its client is heard of. `attempt`: the last message that extended it through the log. */
export interface Lease {
  readonly id: number;
  readonly attempt: number;
  /** No lease, but the lock-delay after a lock that was lost: nobody extends it. */
  readonly isDelay?: true;
}

/** What a client asked for. */
export interface Asked<Ask extends Tagged> {
  readonly type: 'asked';
  readonly client: NodeId;
  readonly message: Ask;
}

/** The leader has not heard of this lease's client for as long as the lease lasts, since that attempt. */
export interface Expire {
  readonly type: 'expire';
  readonly id: number;
  readonly attempt: number;
}

export type Command<Ask extends Tagged> = Asked<Ask> | Expire;

/** What executing a command does beside changing the state; only the leader's does anything. */
export interface Effects<Told extends Tagged> {
  tell(to: NodeId, message: Told): void;
  note(text: string, data: { readonly [name: string]: Json }): void;
}

export interface LeaseMachine<State extends object, Ask extends Tagged, Told extends Tagged> {
  /** Types of what clients ask. */
  readonly questions: readonly Ask['type'][];
  start(options: object): State;
  /** The same state and command give the same state everywhere. `index`: the command's place in the log. */
  apply(state: State, command: Command<Ask>, index: number, effects: Effects<Told>): void;
  leases(state: State): readonly Lease[];
  /** Whose lease it is, where it exists. */
  clientOf(state: State, lease: number): NodeId | undefined;
  /** A 32-bit fingerprint of what matters in the state, cheap: replicas are compared after every command. */
  digest(state: State): number;
  /** The lease that the message does nothing but extend, where there is it; undefined for everything else. */
  extendedBy(state: State, client: NodeId, message: Ask): number | undefined;
  /** Answers such a message from the state as it is. */
  answerExtended(state: State, client: NodeId, message: Ask, effects: Effects<Told>): void;
  /** What a new leader finds. */
  noteRestored(state: State, effects: Effects<Told>): void;
  view(state: State): { readonly role: string; readonly epoch?: number; readonly label: string };
}
