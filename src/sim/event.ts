/** What waits in the event queue. Plain and immutable: snapshots share it. One class for all kinds keeps the queue's code monomorphic. */
export const DELIVER = 1;
export const TIMER = 2;
export const SYNCED = 3;
export const CALL = 4;
export const FAULT_START = 5;
export const FAULT_END = 6;
export const RESTART = 7;
export const RESUME = 8;
export const FAULT_STEP = 12;
export const WORKED = 10;
export const CALM = 16;
export const LOOK = 17;

export type EventKind =
  | typeof DELIVER
  | typeof TIMER
  | typeof SYNCED
  | typeof CALL
  | typeof FAULT_START
  | typeof FAULT_END
  | typeof RESTART
  | typeof RESUME
  | typeof FAULT_STEP
  | typeof WORKED
  | typeof CALM
  | typeof LOOK;

/** Payload of FAULT_STEP. */
export interface FaultStep {
  /** Counted from 1, or whatever else tells the steps of this fault apart. */
  readonly step: number;
  /** Index of the node it was aimed at when it began; -1 for none. */
  readonly node: number;
  /** True time at which the fault is over. */
  readonly until: number;
}

export class QueuedEvent {
  readonly kind: EventKind;
  /** Index of the node it happens at; -1 for faults. */
  readonly node: number;
  readonly part: number;
  /** DELIVER: index of the sender. */
  readonly from: number;
  /** DELIVER: the message. TIMER: the timer's id. RESUME: index of the fault that paused the node. FAULT_STEP: which step. */
  readonly payload: unknown;
  /** DELIVER: message id. TIMER, SYNCED, WORKED: token. FAULT_*: index of the fault. RESTART, RESUME: incarnation it is meant for. */
  readonly id: number;
  /** DELIVER: the random bits of the message. */
  readonly bits: number;
  /** Ordinal of the event that brought it about. */
  readonly cause: number;
  /** DELIVER: true time of the sending, where somebody keeps a trace. Else 0: a time takes an allocation of its own. */
  readonly sentAt: number;
  /** DELIVER: 0 for the original, 1 for the duplicate. */
  readonly copy: number;
  /** DELIVER: index of the message type. */
  readonly type: number;

  constructor(
    kind: EventKind,
    node: number,
    part: number,
    from: number,
    payload: unknown,
    id: number,
    bits: number,
    cause: number,
    sentAt: number,
    copy: number,
    type: number,
  ) {
    this.kind = kind;
    this.node = node;
    this.part = part;
    this.from = from;
    this.payload = payload;
    this.id = id;
    this.bits = bits;
    this.cause = cause;
    this.sentAt = sentAt;
    this.copy = copy;
    this.type = type;
  }
}

/** An event that is no message. */
export const eventAt = (
  kind: EventKind,
  node: number,
  part: number,
  payload: unknown,
  id: number,
  cause: number,
): QueuedEvent => new QueuedEvent(kind, node, part, -1, payload, id, 0, cause, 0, 0, -1);
