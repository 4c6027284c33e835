/**
 * A coordinator's work before the vote: it takes requests of clients, spreads their steps over the participants, tries again what had to
 * give way, and answers. What happens once all work is done is the business of each protocol.
 */
import type { Json } from '../../sim/plain.ts';
import type { Directory, Micros, NodeId, Random } from '../../sim/protocol.ts';
import { withLast } from './lists.ts';
import type { Age, Begin, Done, Execute, Executed, Origin, Rollback, Stale, Step, TxnId } from './transactions.ts';
import type { WorkRules } from './work-rules.ts';

/**
 * - `working`: participants execute. - `waiting`: it had to give way, and is tried again when the other has ended.
 * - `committing`: handed over to the commit protocol, which has phases of its own.
 */
export type WorkPhase = 'working' | 'waiting' | 'committing';

/** A client's request on its way: one or several attempts, each a transaction. */
export interface Work {
  /** The present attempt. */
  age: Age;
  readonly origin: Origin;
  readonly client: NodeId;
  readonly steps: readonly Step[];
  phase: WorkPhase;
  participants: NodeId[];
  executed: NodeId[];
  /** Incarnation of each participant, by its place in `participants`, when it did the work; 0 before. */
  sessions: number[];
  /** By step: what it saw. Replaced, and never changed: it is sent and written to disk as it is. */
  values: readonly Json[];
  /** A participant has voted no because of a balance. */
  overdrawn: boolean;
}

/** The last answer to each client process. */
export interface Answered {
  readonly sequence: number;
  readonly committed: boolean;
  readonly overdrawn: boolean;
  readonly values: readonly Json[];
}

export interface Manager {
  readonly incarnation: number;
  transactions: number;
  open: Work[];
  readonly answered: { [process: string]: Answered };
}

export interface ManagerOptions {
  /** How long participants may take for the work of one attempt. */
  readonly workTimeout: Micros;
  /** How long a request waits for whom it gave way to, and how often it is tried. */
  readonly restartTimeout: Micros;
  readonly attemptsMax: number;
  /** A new attempt begins after a random time up to this. */
  readonly restartDelayMax: Micros;
}

export interface ManagerContext {
  readonly self: NodeId;
  readonly directory: Directory;
  readonly options: ManagerOptions;
  readonly wallClock: Micros;
  readonly random: Random;
  send(to: NodeId, message: Execute | Rollback | Done | Stale): void;
  setTimer(timer: 'work' | 'restart', delay: Micros, key: string): void;
  cancelTimer(timer: 'work' | 'restart', key: string): void;
  note(text: string, data?: Json): void;
}

export const newManager = (incarnation: number): Manager => ({ incarnation, transactions: 0, open: [], answered: {} });

export function workOn({ open }: Manager, txn: TxnId): Work | undefined {
  for (const work of open) if (work.age.txn === txn) return work;
  return undefined;
}

/** Whose key it is: keys are dealt out to participants by their number, each kind from another start. */
function placeOf(key: string, participants: readonly NodeId[]): NodeId {
  let number = 0;
  for (let i = 1; i < key.length; i++) number = 10 * number + key.charCodeAt(i) - ZERO;
  return participants[(number + (key.charCodeAt(0) % 3)) % participants.length] as NodeId;
}

const ZERO = '0'.charCodeAt(0);

// ---- Requests --------------------------------------------------------------------------------------------------------------------

/**
 * A request is carried out at most once: its answer is kept, and a question of before a restart is not taken for a new one. `fail` as a
 * client's outcome rests on this.
 * @param outlives whether a transaction may be carried out of which this coordinator has lost every trace.
 */
export function onBegin(
  rules: WorkRules,
  manager: Manager,
  client: NodeId,
  { origin, incarnation, steps }: Begin,
  context: ManagerContext,
  outlives = false,
): void {
  const known = manager.answered[origin.process];
  if (known !== undefined && known.sequence >= origin.sequence) {
    if (known.sequence === origin.sequence) tell(manager, client, origin, known, context);
    return;
  }
  for (const work of manager.open) if (isSame(work.origin, origin)) return;
  if (incarnation !== manager.incarnation) {
    const stale: Stale = { type: 'Stale', origin, incarnation: manager.incarnation };
    context.send(client, outlives ? { outlives, ...stale } : stale);
    return;
  }
  const work = newWork(client, origin, steps, context);
  manager.open.push(work);
  attempt(rules, manager, work, context);
}

const isSame = (one: Origin, other: Origin): boolean =>
  one.process === other.process && one.sequence === other.sequence;

function newWork(client: NodeId, origin: Origin, steps: readonly Step[], context: ManagerContext): Work {
  const age: Age = { txn: '', born: context.wallClock, root: '', attempt: 0 };
  return {
    age,
    origin,
    client,
    steps,
    phase: 'working',
    participants: [],
    executed: [],
    sessions: [],
    values: [],
    overdrawn: false,
  };
}

function tell(
  { incarnation }: Manager,
  client: NodeId,
  origin: Origin,
  { committed, overdrawn, values }: Answered,
  context: ManagerContext,
): void {
  context.send(client, { type: 'Done', origin, incarnation, committed, overdrawn, values });
}

function attempt(rules: WorkRules, manager: Manager, work: Work, context: ManagerContext): void {
  const txn = `${context.self}.${manager.incarnation}.${++manager.transactions}`;
  const first = work.age.attempt === 0;
  work.age = {
    txn,
    born: first ? work.age.born : rules.ageOfNextAttempt(work.age.born, context.wallClock),
    root: first ? txn : work.age.root,
    attempt: work.age.attempt + 1,
  };
  work.phase = 'working';
  work.executed = [];
  work.values = [];
  const all = context.directory.withRole('participant');
  const { age, origin } = work;
  const { incarnation } = manager;
  work.participants = [];
  work.sessions = [];
  for (const node of all) {
    const steps = stepsAt(node, work.steps, all);
    if (steps.length === 0) continue;
    work.participants = withLast(work.participants, node);
    work.sessions = withLast(work.sessions, 0);
    context.send(node, { type: 'Execute', age, origin, incarnation, steps });
  }
  context.setTimer('work', context.options.workTimeout, work.age.root);
}

function stepsAt(node: NodeId, steps: readonly Step[], participants: readonly NodeId[]): readonly Step[] {
  let found: Step[] = [];
  for (const step of steps) if (placeOf(step.key, participants) === node) found = withLast(found, step);
  return found;
}

// ---- Answers of participants -----------------------------------------------------------------------------------------------------

/** Answers with the work whose transaction has been executed by one participant more; undefined for late and repeated news. */
export function onExecuted(
  manager: Manager,
  from: NodeId,
  { txn, incarnation, seen }: Executed,
  context: ManagerContext,
): Work | undefined {
  const work = workOn(manager, txn);
  if (work?.phase !== 'working' || work.executed.includes(from)) return undefined;
  work.executed = withLast(work.executed, from);
  work.sessions[work.participants.indexOf(from)] = incarnation;
  const all = context.directory.withRole('participant');
  const { values } = work;
  let next = 0;
  work.values = work.steps.map(({ key }, i) =>
    placeOf(key, all) === from ? (seen[next++]?.value ?? null) : (values[i] ?? null),
  );
  return work;
}

export const allExecuted = ({ executed, participants }: Work): boolean => executed.length === participants.length;

/** From here on the commit protocol decides. */
export function handOver(work: Work, context: ManagerContext): void {
  work.phase = 'committing';
  context.cancelTimer('work', work.age.root);
}

/** It had to give way: it is tried again, with the age it has, when the other has ended. */
export function onRefused(manager: Manager, from: NodeId, txn: TxnId, killer: TxnId, context: ManagerContext): void {
  const work = workOn(manager, txn);
  if (work?.phase !== 'working') return;
  context.cancelTimer('work', work.age.root);
  for (const other of work.participants) if (other !== from) context.send(other, { type: 'Rollback', txn });
  if (killer === '' || work.age.attempt >= context.options.attemptsMax) {
    answer(manager, work, false, context);
    return;
  }
  work.phase = 'waiting';
  context.setTimer('restart', context.options.restartTimeout, `${work.age.root} give up`);
}

export function onReleased(manager: Manager, txn: TxnId, context: ManagerContext): void {
  const work = workOn(manager, txn);
  if (work?.phase !== 'waiting') return;
  context.setTimer('restart', context.random.between(0, context.options.restartDelayMax), `${work.age.root} again`);
}

// ---- Timers ----------------------------------------------------------------------------------------------------------------------

export function onWorkTimer(manager: Manager, root: TxnId, context: ManagerContext): void {
  const work = requestOf(manager, root);
  if (work?.phase !== 'working') return;
  context.note('workTimedOut', { txn: work.age.txn });
  for (const node of work.participants) context.send(node, { type: 'Rollback', txn: work.age.txn });
  answer(manager, work, false, context);
}

export function onRestartTimer(rules: WorkRules, manager: Manager, key: string, context: ManagerContext): void {
  const work = requestOf(manager, key.slice(0, key.indexOf(' ')));
  if (work?.phase !== 'waiting') return;
  if (key.endsWith(' give up')) {
    answer(manager, work, false, context);
    return;
  }
  context.cancelTimer('restart', `${work.age.root} give up`);
  context.note('triedAgain', { txn: work.age.txn });
  attempt(rules, manager, work, context);
}

/** Named by its first attempt. */
function requestOf({ open }: Manager, root: TxnId): Work | undefined {
  for (const work of open) if (work.age.root === root) return work;
  return undefined;
}

/** A request of before a restart: its transaction is not decided yet. */
export const reopened = (txn: TxnId, origin: Origin): Work => ({
  age: { txn, born: 0, root: txn, attempt: 1 },
  origin,
  client: '',
  steps: [],
  phase: 'committing',
  participants: [],
  executed: [],
  sessions: [],
  values: [],
  overdrawn: false,
});

// ---- The answer ------------------------------------------------------------------------------------------------------------------

/** The request is done with: the client is told, now and whenever it asks again. */
export function answer(manager: Manager, work: Work, committed: boolean, context: ManagerContext): void {
  const { origin, client } = work;
  const answered: Answered = {
    sequence: origin.sequence,
    committed,
    overdrawn: !committed && work.overdrawn,
    values: committed ? work.values : [],
  };
  keepAnswer(manager, origin, answered);
  const place = manager.open.indexOf(work);
  if (place !== -1) manager.open.splice(place, 1);
  if (client !== '') tell(manager, client, origin, answered, context);
}

/** The last answer to each process. One to an earlier request, on which its client has given up, comes too late to be kept. */
export function keepAnswer({ answered }: Manager, { process }: Origin, answer: Answered): void {
  const known = answered[process];
  if (known === undefined || known.sequence <= answer.sequence) answered[process] = answer;
}
