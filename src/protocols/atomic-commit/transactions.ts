/**
 * What all commit protocols of this family have in common: transactions on keys that are spread over participants, and the messages by
 * which their work is done before anybody speaks of committing.
 */
import type { Json } from '../../sim/plain.ts';
import type { Micros, NodeId } from '../../sim/protocol.ts';

/**
 * `n1.2.7`: the seventh transaction of the second incarnation of coordinator n1. Never used again, also not after a restart
 * (the incarnation is on disk before the first is given out).
 */
export type TxnId = string;

/** One step of a transaction at one key. `value` is null for a read. */
export interface Step {
  readonly f: 'read' | 'write' | 'append' | 'add';
  readonly key: string;
  readonly value: Json;
}

/** What a step saw before it did anything: the value, and the transaction that wrote this version ('' for the initial one). */
export interface Seen {
  readonly value: Json;
  readonly writer: TxnId;
}

/** Whose turn it is when two transactions want one key: the older goes first. A repeated attempt keeps the age of the first. */
export interface Age {
  readonly txn: TxnId;
  /** Reading of the coordinator's clock when the client's request came in. */
  readonly born: Micros;
  /** Id of the first attempt. */
  readonly root: TxnId;
  /** 1, 2, ...: a later attempt goes before what is left of an earlier one. */
  readonly attempt: number;
}

/** Which client asked for it: retries of one request belong together. */
export interface Origin {
  readonly process: string;
  readonly sequence: number;
}

// ---- Client and coordinator ------------------------------------------------------------------------------------------------------

export interface Begin {
  readonly type: 'Begin';
  readonly origin: Origin;
  /** Of the coordinator, as the client knows it: a question of before a restart is not taken for a new one. */
  readonly incarnation: number;
  readonly steps: readonly Step[];
}

export interface Done {
  readonly type: 'Done';
  readonly origin: Origin;
  /** Of the coordinator. What it has aborted is forgotten when it restarts, and may be asked anew: then its word of before counts no more. */
  readonly incarnation: number;
  readonly committed: boolean;
  /** It was not, because an account would have been overdrawn: an answer, not a failure. */
  readonly overdrawn: boolean;
  /** What each step saw, in the order of the request; empty where nothing was committed. */
  readonly values: readonly Json[];
}

/** The coordinator has restarted since the question was put, and has no trace of the request: asking anew is safe, unless it `outlives`. */
export interface Stale {
  readonly type: 'Stale';
  readonly origin: Origin;
  readonly incarnation: number;
  /** What was begun before the restart may be carried out by others. */
  readonly outlives?: true;
}

// ---- Work: coordinator and participant -------------------------------------------------------------------------------------------

export interface Execute {
  readonly type: 'Execute';
  readonly age: Age;
  readonly origin: Origin;
  readonly incarnation: number;
  /** The steps on this participant's keys. */
  readonly steps: readonly Step[];
}

export interface Executed {
  readonly type: 'Executed';
  readonly txn: TxnId;
  /** Of the participant: work of before its restart is gone, and must not be prepared. */
  readonly incarnation: number;
  readonly seen: readonly Seen[];
}

/** The participant has aborted the transaction before it voted; `killer` is whom it had to give way to, '' where nobody. */
export interface Refused {
  readonly type: 'Refused';
  readonly txn: TxnId;
  readonly killer: TxnId;
}

/** Whom a refused transaction gave way to has ended here: it may be tried again. */
export interface Released {
  readonly type: 'Released';
  readonly txn: TxnId;
}

/** The coordinator gives up on a transaction before it has asked anybody to prepare. */
export interface Rollback {
  readonly type: 'Rollback';
  readonly txn: TxnId;
}

export type WorkAnswer = Executed | Refused | Released;

/** Whether the first goes before the second. A strict total order: no two transactions have one id. */
export function goesFirst(one: Age, other: Age): boolean {
  if (one.born !== other.born) return one.born < other.born;
  if (one.root !== other.root) return one.root < other.root;
  return one.attempt > other.attempt;
}

/** The coordinator that a transaction belongs to. */
export const coordinatorOf = (txn: TxnId): NodeId => txn.slice(0, txn.indexOf('.'));

/** Which of that coordinator's lives it began in. */
export function incarnationOf(txn: TxnId): number {
  const start = txn.indexOf('.') + 1;
  return Number(txn.slice(start, txn.indexOf('.', start)));
}
