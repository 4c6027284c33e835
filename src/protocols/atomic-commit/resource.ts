/**
 * A participant's work: it executes the steps of transactions under locks, promises to commit (a forced record), and carries out the
 * decision. Which messages bring the decision about is the business of each protocol.
 */
import type { Json } from '../../sim/plain.ts';
import type { LogReadResult, Micros, NodeId, ReadResult } from '../../sim/protocol.ts';
import { entryOf, type Ledger, newLedger, setEntry } from './ledger.ts';
import { beginLife } from './life.ts';
import { removeAt, withLast } from './lists.ts';
import { claim, enqueue, heldBy, holds, type LockTable, type Mode, release } from './locks.ts';
import { applyStep, emptyStore, isAccount, type Store, seenBy } from './store.ts';
import {
  type Age,
  coordinatorOf,
  type Execute,
  incarnationOf,
  type Origin,
  type Seen,
  type Step,
  type TxnId,
  type WorkAnswer,
} from './transactions.ts';
import type { LocalPhase, LockPolicy, WorkRules } from './work-rules.ts';

// ---- On disk: the log `wal` ------------------------------------------------------------------------------------------------------

/** Redo and locks: all that is needed to commit whatever happens. Forced before the vote. */
export interface Prepared {
  readonly type: 'prepared';
  readonly age: Age;
  readonly origin: Origin;
  /** All participants of the transaction, and who coordinates it. */
  readonly participants: readonly NodeId[];
  /** In which of its lives each has done the work, where participants ask each other. */
  readonly sessions?: readonly number[];
  readonly coordinator: NodeId;
  readonly writes: readonly Step[];
  readonly locks: readonly { readonly key: string; readonly mode: Mode }[];
}
export interface Decided {
  readonly type: 'commit' | 'abort';
  readonly txn: TxnId;
  /** An operator's guess, not the transaction's outcome. */
  readonly heuristic?: true;
}
/** What became of a transaction that an operator has decided here: he was right, or the damage is known where it was decided. */
export interface Settled {
  readonly type: 'settled';
  readonly txn: TxnId;
  readonly commit: boolean;
}
export type ParticipantRecord = Prepared | Decided | Settled;

// ---- In memory -------------------------------------------------------------------------------------------------------------------

/** A transaction that is open here. */
export interface Local {
  readonly age: Age;
  readonly origin: Origin;
  readonly coordinator: NodeId;
  readonly steps: readonly Step[];
  phase: LocalPhase;
  /** Both are replaced, and never changed: they are sent and written to disk as they are. */
  seen: readonly Seen[];
  writes: readonly Step[];
  /** Known from the request to prepare on. */
  participants: readonly NodeId[];
  sessions: readonly number[];
}

export interface Finished {
  readonly outcome: 'commit' | 'abort' | 'read';
  readonly writes: readonly Step[];
  readonly heuristic: boolean;
  /** Whether the log says so, synced or not. */
  readonly recorded: boolean;
}

/** Decided by an operator; whether rightly is not known, or not told to all who must know. */
export interface Hazard {
  readonly txn: TxnId;
  readonly origin: Origin;
}

/** A transaction that was refused, and whose end it waits for. */
interface Mourner {
  readonly txn: TxnId;
  readonly killer: TxnId;
}

export interface Resource {
  /** 1, 2, ...: how often this participant has started. */
  readonly incarnation: number;
  readonly store: Store;
  readonly locks: LockTable;
  locals: Local[];
  /** What became of those that are not open here any more. */
  readonly finished: Ledger<Finished>;
  /** Newest incarnation heard of, by coordinator. */
  readonly incarnations: { [coordinator: NodeId]: number };
  mourners: Mourner[];
  hazards: Hazard[];
  /** What became of those that operators have decided, once that is settled: whether they were committed. */
  readonly settled: { [txn: TxnId]: boolean };
  /** Transactions that got a lock in this very handler. */
  runnable: TxnId[];
}

export interface WorkOptions {
  readonly lockPolicy: LockPolicy;
  /** How long a claim waits, where locks are left to time-outs. */
  readonly lockTimeout: Micros;
  /** How long a transaction may be open here without being asked to prepare. */
  readonly idleTimeout: Micros;
  readonly readOnlyVotes: boolean;
}

/** What this file needs of a participant's context. */
export interface ResourceContext {
  readonly self: NodeId;
  readonly options: WorkOptions;
  readonly disk: {
    read(record: 'incarnation'): ReadResult<number | undefined>;
    put(record: 'incarnation', value: number): void;
    readLog(log: 'wal'): LogReadResult<{ readonly type: string }>;
    append(log: 'wal', entry: ParticipantRecord): void;
    sync(): void;
  };
  halt(reason: string): void;
  send(to: NodeId, message: WorkAnswer): void;
  setTimer(timer: 'idle' | 'lock', delay: Micros, key: string): void;
  cancelTimer(timer: 'idle' | 'lock', key: string): void;
  note(text: string, data?: Json): void;
}

const NO_WRITES: readonly Step[] = Object.freeze([]);
const NO_SESSIONS: readonly number[] = Object.freeze([]);

const emptyResource = (incarnation: number): Resource => ({
  incarnation,
  store: emptyStore(),
  locks: [],
  locals: [],
  finished: newLedger(),
  incarnations: {},
  mourners: [],
  hazards: [],
  settled: {},
  runnable: [],
});

export function localOf({ locals }: Resource, txn: TxnId): Local | undefined {
  for (const local of locals) if (local.age.txn === txn) return local;
  return undefined;
}

// ---- Work ------------------------------------------------------------------------------------------------------------------------

/** A message of a newer incarnation of a coordinator ends the session with the older one. */
export function hearIncarnation(
  rules: WorkRules,
  resource: Resource,
  coordinator: NodeId,
  incarnation: number,
  context: ResourceContext,
): boolean {
  const known = resource.incarnations[coordinator] ?? 0;
  if (incarnation <= known) return incarnation === known;
  resource.incarnations[coordinator] = incarnation;
  const orphans = resource.locals.filter(
    (local) =>
      local.coordinator === coordinator &&
      incarnationOf(local.age.txn) < incarnation &&
      rules.endsWithSession(local.phase),
  );
  for (const { age } of orphans) {
    context.note('sessionEnded', { txn: age.txn });
    abortLocal(resource, age.txn, context);
  }
  if (orphans.length > 0) runAll(rules, resource, context);
  return true;
}

export function onExecute(
  rules: WorkRules,
  resource: Resource,
  coordinator: NodeId,
  { age, origin, incarnation, steps }: Execute,
  context: ResourceContext,
): void {
  if (!hearIncarnation(rules, resource, coordinator, incarnation, context)) return;
  if (entryOf(resource.finished, age.txn) !== undefined || localOf(resource, age.txn) !== undefined) return;
  resource.locals.push({
    age,
    origin,
    coordinator,
    steps,
    phase: 'working',
    seen: [],
    writes: [],
    participants: [],
    sessions: NO_SESSIONS,
  });
  context.setTimer('idle', context.options.idleTimeout, age.txn);
  resource.runnable.push(age.txn);
  runAll(rules, resource, context);
}

/** Goes on with all that have got what they waited for; each may set others free. */
export function runAll(rules: WorkRules, resource: Resource, context: ResourceContext): void {
  for (let txn = resource.runnable.shift(); txn !== undefined; txn = resource.runnable.shift()) {
    const local = localOf(resource, txn);
    if (local?.phase === 'working') advance(rules, resource, local, context);
  }
}

function advance(rules: WorkRules, resource: Resource, local: Local, context: ResourceContext): void {
  const { txn } = local.age;
  if (context.options.lockPolicy === 'timeout') context.cancelTimer('lock', txn);
  while (local.seen.length < local.steps.length) {
    const step = local.steps[local.seen.length] as Step;
    if (!acquire(rules, resource, local, step, context)) return;
    local.seen = withLast(local.seen, seenBy(resource.store, local.writes, txn, step.key));
    if (step.f !== 'read') local.writes = withLast(local.writes, step);
  }
  local.phase = 'executed';
  context.setTimer('idle', context.options.idleTimeout, txn);
  context.send(local.coordinator, { type: 'Executed', txn, incarnation: resource.incarnation, seen: local.seen });
}

/** True when the lock is held. Else the transaction waits for it, or is gone. */
function acquire(rules: WorkRules, resource: Resource, local: Local, step: Step, context: ResourceContext): boolean {
  const { age } = local;
  const mode: Mode = step.f === 'read' ? 'S' : 'X';
  if (holds(resource.locks, step.key, age.txn, mode)) return true;
  const { lockPolicy, lockTimeout } = context.options;
  const byAge = lockPolicy === 'wound-wait';
  const conflict = claim(resource.locks, step.key, { age, mode }, byAge);
  if (conflict === undefined) return true;
  const { ahead, overtaken } = conflict;
  for (const { age: other } of ahead) {
    if (rules.whenBlocked(lockPolicy, age, other) !== 'die') continue;
    refuse(resource, local, other.txn, context);
    return false;
  }
  enqueue(resource.locks, step.key, { age, mode }, byAge);
  if (lockPolicy === 'timeout') context.setTimer('lock', lockTimeout, age.txn);
  context.note('lockWait', { txn: age.txn, key: step.key });
  for (const { age: other } of ahead) {
    if (rules.whenBlocked(lockPolicy, age, other) === 'wound') wound(resource, other.txn, age.txn, context);
  }
  for (const { age: other } of overtaken) {
    if (rules.whenBlocked(lockPolicy, other, age) === 'die') wound(resource, other.txn, age.txn, context);
  }
  return false;
}

/** Who has voted is nobody's victim. */
function wound(resource: Resource, victim: TxnId, killer: TxnId, context: ResourceContext): void {
  const local = localOf(resource, victim);
  if (local !== undefined && local.phase !== 'prepared') refuse(resource, local, killer, context);
}

function refuse(resource: Resource, local: Local, killer: TxnId, context: ResourceContext): void {
  const { txn } = local.age;
  context.note('gaveWay', { txn, killer });
  context.send(local.coordinator, { type: 'Refused', txn, killer });
  if (killer !== '') resource.mourners.push({ txn, killer });
  abortLocal(resource, txn, context);
}

/** The claim has waited for too long: whoever holds the key may be waiting for us elsewhere. */
export function onLockTimer(rules: WorkRules, resource: Resource, txn: TxnId, context: ResourceContext): void {
  const local = localOf(resource, txn);
  if (local?.phase !== 'working') return;
  const step = local.steps[local.seen.length] as Step;
  const holder = resource.locks.find(({ key }) => key === step.key)?.holders.find(({ age }) => age.txn !== txn);
  refuse(resource, local, holder?.age.txn ?? '', context);
  runAll(rules, resource, context);
}

/** BHG 7.4: before it has voted a participant may abort alone; it remembers, and will refuse to prepare. */
export function onIdleTimer(rules: WorkRules, resource: Resource, txn: TxnId, context: ResourceContext): void {
  const local = localOf(resource, txn);
  if (local === undefined || local.phase === 'prepared') return;
  context.note('idleAbort', { txn });
  refuse(resource, local, '', context);
  runAll(rules, resource, context);
}

export function onRollback(rules: WorkRules, resource: Resource, txn: TxnId, context: ResourceContext): void {
  const local = localOf(resource, txn);
  if (local?.phase === 'prepared') return;
  if (local !== undefined) abortLocal(resource, txn, context);
  else if (entryOf(resource.finished, txn) === undefined) setEntry(resource.finished, txn, ABORTED);
  runAll(rules, resource, context);
}

/** Aborted before the vote: known in memory only. */
const ABORTED: Finished = Object.freeze({ outcome: 'abort', writes: NO_WRITES, heuristic: false, recorded: false });

// ---- The vote --------------------------------------------------------------------------------------------------------------------

/** Whether the participant can commit this: it has done its work and no account would be overdrawn. */
export const canCommit = (resource: Resource, local: Local): boolean =>
  local.phase === 'executed' && !isOverdrawn(resource, local);

export function isOverdrawn({ store }: Resource, { age, writes }: Local): boolean {
  for (const { key } of writes) {
    if (isAccount(key) && (seenBy(store, writes, age.txn, key).value as number) < 0) return true;
  }
  return false;
}

/** From now on the participant is bound: it can neither commit nor abort alone. The caller forces the record before the vote leaves. */
export function prepareLocal(
  rules: WorkRules,
  resource: Resource,
  local: Local,
  participants: readonly NodeId[],
  context: ResourceContext,
  sessions: readonly number[] = NO_SESSIONS,
): void {
  const { age, origin, coordinator, writes } = local;
  local.phase = 'prepared';
  local.participants = participants;
  local.sessions = sessions;
  context.cancelTimer('idle', age.txn);
  const locks = heldBy(resource.locks, age.txn);
  const record = { type: 'prepared', age, origin, participants, coordinator, writes, locks } as const;
  context.disk.append('wal', sessions.length === 0 ? record : { sessions, ...record });
  if (rules.keepsLocksAfterVote()) return;
  release(resource.locks, age.txn, resource.runnable);
}

/** Nothing was written here: the participant has no interest in the outcome and leaves with its vote. */
export function leaveAsReader(resource: Resource, local: Local, context: ResourceContext): void {
  finish(resource, local.age.txn, { outcome: 'read', writes: NO_WRITES, heuristic: false, recorded: false }, context);
}

// ---- The decision ----------------------------------------------------------------------------------------------------------------

/** Carries out a commit; the caller has written the record. */
export function commitLocal(resource: Resource, txn: TxnId, context: ResourceContext, heuristic = false): void {
  const writes = localOf(resource, txn)?.writes ?? entryOf(resource.finished, txn)?.writes ?? NO_WRITES;
  for (const step of writes) applyStep(resource.store, step, txn);
  finish(resource, txn, { outcome: 'commit', writes, heuristic, recorded: true }, context);
}

/** What a transaction did here is forgotten: it never left its workspace. */
export function abortLocal(resource: Resource, txn: TxnId, context: ResourceContext): void {
  finish(resource, txn, ABORTED, context);
}

/** The same, where the caller has written the record. */
export function abortRecorded(resource: Resource, txn: TxnId, context: ResourceContext, heuristic = false): void {
  finish(resource, txn, { ...ABORTED, heuristic, recorded: true }, context);
}

function finish(resource: Resource, txn: TxnId, as: Finished, context: ResourceContext): void {
  setEntry(resource.finished, txn, as);
  const local = localOf(resource, txn);
  if (local !== undefined) {
    if (local.phase !== 'prepared') context.cancelTimer('idle', txn);
    if (local.phase === 'working' && context.options.lockPolicy === 'timeout') context.cancelTimer('lock', txn);
    removeAt(resource.locals, resource.locals.indexOf(local));
  }
  release(resource.locks, txn, resource.runnable);
  if (resource.mourners.length === 0) return;
  if (!resource.mourners.some(({ killer }) => killer === txn)) return;
  const freed = resource.mourners.filter(({ killer }) => killer === txn);
  resource.mourners = resource.mourners.filter(({ killer }) => killer !== txn);
  for (const mourner of freed) context.send(coordinatorOf(mourner.txn), { type: 'Released', txn: mourner.txn });
}

// ---- Recovery --------------------------------------------------------------------------------------------------------------------

/**
 * BHG 6.5, 7.4: what was decided is done again in the order of the log; what was promised and not decided is in doubt, has its locks,
 * and is answered with; all else is as if it had never been.
 */
export function recover(rules: WorkRules, context: ResourceContext): Resource {
  const { incarnation, records } = beginLife(context);
  const resource = emptyResource(incarnation);
  const doubts = new Map<TxnId, Prepared>();
  const redo = new Map<TxnId, readonly Step[]>();
  for (const record of records as readonly ParticipantRecord[]) {
    if (record.type === 'prepared') {
      doubts.set(record.age.txn, record);
      redo.set(record.age.txn, record.writes);
    } else if (record.type === 'commit' || record.type === 'abort') {
      const origin = doubts.get(record.txn)?.origin;
      if (record.heuristic === true && origin !== undefined) resource.hazards.push({ txn: record.txn, origin });
      doubts.delete(record.txn);
      const writes = record.type === 'commit' ? (redo.get(record.txn) ?? []) : [];
      for (const step of writes) applyStep(resource.store, step, record.txn);
      const heuristic = record.heuristic === true;
      setEntry(resource.finished, record.txn, { outcome: record.type, writes, heuristic, recorded: true });
    } else if (record.type === 'settled') settle(resource, record);
  }
  for (const record of doubts.values()) resource.locals.push(reopen(rules, resource, record));
  return resource;
}

/** Nobody has to learn any more what an operator has decided. */
export function settle(resource: Resource, { txn, commit }: Settled): void {
  resource.settled[txn] = commit;
  resource.hazards = resource.hazards.filter((hazard) => hazard.txn !== txn);
}

function reopen(rules: WorkRules, resource: Resource, record: Prepared): Local {
  const { age, origin, coordinator, writes, participants, sessions = NO_SESSIONS } = record;
  for (const { key, mode } of rules.locksAgainAtRecovery(record.locks))
    claim(resource.locks, key, { age, mode }, false);
  return { age, origin, coordinator, steps: [], phase: 'prepared', seen: [], writes, participants, sessions };
}
