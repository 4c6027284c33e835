/**
 * Is there an order of the committed transactions that explains everything they read? Asked twice, when a run is over: with the order of
 * versions that the participants' logs show (exact), and from what clients saw alone.
 */
import { always, type Property } from '../../../check/property.ts';
import type { MicroOperation, Transaction, Workload } from '../../../check/transaction.ts';
import { isExplainedBy } from '../../../check/transactions/witness.ts';
import { checkTransactions, type TransactionsResult } from '../../../check/transactions.ts';
import type { Operation } from '../../../sim/history.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { canonicalText, type Json } from '../../../sim/plain.ts';
import { dropEntry, entryOf, type Ledger, newLedger, setEntry } from '../ledger.ts';
import { withLast } from '../lists.ts';
import type { Done, Execute, Executed, Origin, Seen, Step, TxnId } from '../transactions.ts';
import { type ClientOp, type ClientResult, stepsOf } from '../workload.ts';
import { isCommitted, isDamagedByHand } from './by-hand.ts';
import { type Asked, appended, factNow, isPrepared, nameOf } from './facts.ts';

/** Two-phase locking with an answer after the decision respects real time too. */
const LEVEL = 'strong-serializable';

/** What one participant was given, and what it saw when it did it. */
interface Share {
  readonly node: number;
  steps: readonly Step[];
  /** In which of its lives, the one that it has been asked to prepare, or the last. */
  life: number;
  seen: readonly Seen[];
  /** In other lives: work that came to nothing. */
  earlier: readonly { readonly life: number; readonly seen: readonly Seen[] }[];
  /** It has been asked to prepare: what it does now is no part of the transaction. */
  isAsked: boolean;
}

interface Traced {
  readonly txn: TxnId;
  readonly origin: Origin;
  readonly called: number;
  shares: Share[];
  committed: boolean;
  answered: number;
  /** Its place among all: when the last of its participants had executed it, and it held all its locks. */
  executed: number;
}

interface Versions {
  readonly traced: Ledger<Traced>;
  /** Which, in the order in which they were tried. Names: what is in a memory twice is two things in a copy of it. */
  readonly all: TxnId[];
  /** By process, and number of its request: the last attempt. */
  readonly attempts: Map<string, (TxnId | undefined)[]>;
  /** By node: what it has promised to write, and not committed. */
  readonly redo: Ledger<readonly Step[]>[];
  /** By key: the transactions that wrote it, in the order in which its participant carried them out. */
  readonly order: Map<string, TxnId[]>;
  /** By process: how many of its operations have ended. */
  readonly ended: Map<string, number>;
  /** What operators have committed, on disk or not. */
  readonly byHand: Set<TxnId>;
  executions: number;
}

export const serializable: Property = always<Versions>({
  name: 'SER',
  title:
    'some order of the committed transactions, one that respects real time, explains all that they read, and clients are told what that was',
  source: 'Adya 1999; BHG 2',
  oracle: 'internal',
  messages: ['Execute', 'Executed', 'Prepare', 'Done'],
  start: () => ({
    traced: newLedger(),
    all: [],
    attempts: new Map(),
    redo: [],
    order: new Map(),
    ended: new Map(),
    byHand: new Set(),
    executions: 0,
  }),
  send(memory, from, to, message: Execute | Executed | Asked | Done, world) {
    if (message.type === 'Execute') noteAttempt(memory, to, message, world);
    else if (message.type === 'Executed') noteSeen(memory, from, message);
    else if (message.type === 'Prepare') noteAsked(memory, to, message);
    else if (message.committed) noteAnswer(memory, message, world);
    return undefined;
  },
  log(memory, node, log, change) {
    const record = appended(log, change);
    if (record === undefined) return undefined;
    while (memory.redo.length <= node) memory.redo.push(newLedger());
    const redo = memory.redo[node] as Ledger<readonly Step[]>;
    if (isPrepared(record)) setEntry(redo, record.age.txn, record.writes);
    else if (record.type === 'commit') {
      if (record.heuristic === true) memory.byHand.add(record.txn);
      const writes = entryOf(redo, record.txn);
      // Once its writes have their places in the order, a repetition would not move them.
      if (writes !== undefined) install(memory, record.txn, writes);
      dropEntry(redo, record.txn);
    }
    return undefined;
  },
  returned: judgeAnswer,
  end: judgeVersions,
});

function noteAttempt(memory: Versions, to: number, { age, origin, steps }: Execute, world: World): void {
  let traced = entryOf(memory.traced, age.txn);
  if (traced === undefined) {
    traced = {
      txn: age.txn,
      origin,
      called: world.event,
      shares: [],
      committed: false,
      answered: Number.POSITIVE_INFINITY,
      executed: -1,
    };
    setEntry(memory.traced, age.txn, traced);
    memory.all.push(age.txn);
    let attempts = memory.attempts.get(origin.process);
    if (attempts === undefined) {
      attempts = [];
      memory.attempts.set(origin.process, attempts);
    }
    attempts[origin.sequence] = age.txn;
  }
  const share = shareOf(traced, to);
  if (share !== undefined) {
    share.steps = steps;
    return;
  }
  const before = { life: 0, seen: NOTHING_SEEN, earlier: NOTHING_EARLIER };
  traced.shares = withLast(traced.shares, { node: to, steps, isAsked: false, ...before });
}

const NOTHING_SEEN: readonly Seen[] = [];
const NOTHING_EARLIER: Share['earlier'] = [];

function shareOf({ shares }: Traced, node: number): Share | undefined {
  for (const share of shares) if (share.node === node) return share;
  return undefined;
}

function noteSeen(memory: Versions, from: number, { txn, incarnation, seen }: Executed): void {
  const traced = entryOf(memory.traced, txn);
  if (traced === undefined) return;
  const share = shareOf(traced, from);
  if (share === undefined || share.isAsked) return;
  if (share.life !== 0 && share.life !== incarnation)
    share.earlier = withLast(share.earlier, { life: share.life, seen: share.seen });
  share.life = incarnation;
  share.seen = seen;
  traced.executed = memory.executions++;
}

/** A late copy of the request has a participant that has restarted do the work again. What counts is what its coordinator has been told. */
function noteAsked(memory: Versions, to: number, { txn, session }: Asked): void {
  const traced = entryOf(memory.traced, txn);
  const share = traced === undefined ? undefined : shareOf(traced, to);
  if (share === undefined || share.isAsked) return;
  share.isAsked = true;
  const asked = share.life === session ? undefined : share.earlier.find(({ life }) => life === session);
  if (asked !== undefined) share.seen = asked.seen;
}

/** What only reads is committed when the client is told so; and the client's answer ends a transaction in real time. */
function noteAnswer(memory: Versions, { origin }: Done, world: World): void {
  const traced = entryOf(memory.traced, memory.attempts.get(origin.process)?.[origin.sequence] ?? '');
  if (traced === undefined || traced.answered < world.event) return;
  traced.answered = world.event;
  if (traced.shares.every(({ steps }) => steps.every(({ f }) => f === 'read'))) traced.committed = true;
}

function install({ traced, order }: Versions, txn: TxnId, writes: readonly Step[]): void {
  const known = entryOf(traced, txn);
  if (known !== undefined) known.committed = true;
  for (const { key } of writes) addVersion(order, key, txn);
}

/** Who is there more than once counts at its first place. */
function addVersion(order: Versions['order'], key: string, txn: TxnId): void {
  const writers = order.get(key);
  if (writers === undefined) order.set(key, [txn]);
  else if (writers[writers.length - 1] !== txn) writers.push(txn);
}

/** What a client is told is what participants have seen, in the lives that were asked to prepare. */
function judgeAnswer(memory: Versions, operation: Operation, world: World): Finding | undefined {
  const { process, input, output, outcome } = operation;
  const sequence = (memory.ended.get(process) ?? 0) + 1;
  memory.ended.set(process, sequence);
  const { values, overdrawn } = (output ?? {}) as Partial<ClientResult>;
  if (outcome !== 'ok' || values === undefined || overdrawn) return undefined;
  const traced = entryOf(memory.traced, memory.attempts.get(process)?.[sequence] ?? '');
  if (traced === undefined) return undefined;
  const steps = stepsOf(input as unknown as ClientOp, { process, sequence });
  for (const { node, steps: own, seen, isAsked } of traced.shares) {
    if (!isAsked) continue;
    let next = 0;
    for (let i = 0; i < steps.length && next < own.length; i++) {
      if (steps[i]?.key !== own[next]?.key) continue;
      const value = seen[next++]?.value ?? null;
      if (!isSame(value, values[i] ?? null))
        return misinformed(traced.txn, node, steps[i] as Step, value, values[i], world);
    }
  }
  return undefined;
}

const isSame = (one: Json, other: Json): boolean => one === other || canonicalText(one) === canonicalText(other);

const misinformed = (
  txn: TxnId,
  node: number,
  { key }: Step,
  seen: Json,
  told: Json | undefined,
  world: World,
): Finding => ({
  sentence: `the client of ${txn} is told that ${key} was ${canonicalText(told)}, and ${nameOf(world, node)} has seen ${canonicalText(seen)}`,
  facts: [factNow(world, node, `had seen ${canonicalText(seen)} at ${key} when it was asked to prepare ${txn}`)],
});

/** A crash may take what an operator has committed before it is on disk. Nobody has seen it then: his participant waits for its disk. */
function forgetUndecided({ byHand, traced, order }: Versions, world: World): void {
  for (const txn of byHand) {
    if (isCommitted(world, txn)) continue;
    const undecided = entryOf(traced, txn);
    if (undecided !== undefined) undecided.committed = false;
    for (const [key, writers] of order)
      order.set(
        key,
        writers.filter((writer) => writer !== txn),
      );
  }
}

function committedIn({ all, traced }: Versions): readonly Traced[] {
  const known = all.flatMap((txn) => entryOf(traced, txn) ?? []);
  return known.filter(({ committed }) => committed);
}

function judgeVersions(memory: Versions, world: World): Finding | undefined {
  forgetUndecided(memory, world);
  const committed = committedIn(memory);
  const transactions = committed.map(
    (one): Transaction => ({
      process: one.origin.process,
      outcome: 'ok',
      ops: versionsOf(one),
      called: one.called,
      returned: one.answered,
    }),
  );
  // Committed and not yet carried out everywhere: nobody can have seen it there, it comes last.
  for (const { txn, shares } of committed) {
    for (const { steps } of shares) {
      for (const { f, key } of steps) if (f !== 'read') addVersion(memory.order, key, txn);
    }
  }
  const versionOrders = [...memory.order].map(([key, order]): [string, TxnId[]] => [key, [...new Set(order)]]);
  // Two-phase locking orders transactions by when they held all their locks; where it did, there is nothing to search.
  if (
    isExplainedBy(
      transactions,
      orderedBy(committed, ({ executed }) => executed),
      'rw-register',
      versionOrders,
    )
  )
    return undefined;
  if (isDamagedByHand(world)) return undefined;
  const result = checkTransactions(transactions, { workload: 'rw-register', level: LEVEL, versionOrders });
  return finding(result, (index) => committed[index]?.txn ?? `T${index}`);
}

/** Places of items in order of a number. */
const orderedBy = <T>(items: readonly T[], numberOf: (item: T) => number): readonly number[] =>
  items.map((_, place) => place).sort((one, other) => numberOf(items[one] as T) - numberOf(items[other] as T));

/** A version is named by the transaction that wrote it. What depends on the value before it has read it. */
function versionsOf({ txn, shares }: Traced): readonly MicroOperation[] {
  const versions: MicroOperation[] = [];
  for (const { steps, seen } of shares) {
    for (let i = 0; i < steps.length; i++) {
      const { f, key } = steps[i] as Step;
      if (f !== 'write') versions.push(['r', key, seen[i]?.writer || null]);
      if (f !== 'read') versions.push(['w', key, txn]);
    }
  }
  return versions;
}

// ---- What clients saw ------------------------------------------------------------------------------------------------------------

const workloads: readonly (readonly [Workload, readonly ClientOp['type'][]])[] = [
  ['list-append', ['append', 'append-read', 'lists']],
  ['rw-register', ['put-get', 'registers']],
];

export const isolation: Property = always<null>({
  name: 'ISO',
  title:
    'some order of the transactions, one that respects real time, explains the lists and registers that clients read',
  source: 'Adya 1999; Kingsbury, Alvaro 2020',
  oracle: 'client',
  start: () => null,
  end(_memory, world) {
    const origins = originsOf(world.history());
    for (const [workload, types] of workloads) {
      const operations = world.history().filter(({ input }) => types.includes((input as unknown as ClientOp).type));
      const transactions = operations.map((operation) => asTransaction(operation, origins.get(operation) as Origin));
      const answered = orderedBy(transactions, ({ returned = 0 }) => returned).filter(
        (index) => transactions[index]?.outcome === 'ok',
      );
      // Who conflicts is mostly answered in order.
      if (isExplainedBy(transactions, answered, workload)) continue;
      if (isDamagedByHand(world)) return undefined;
      const result = checkTransactions(transactions, { workload, level: LEVEL });
      const found = finding(result, (index) => {
        const { process, calledEvent } = operations[index] as Operation;
        return `the one that ${process} called at event ${calledEvent}`;
      });
      if (found !== undefined) return found;
    }
    return undefined;
  },
});

/** Operations of one process follow each other, so that their places are their numbers. */
function originsOf(history: readonly Operation[]): ReadonlyMap<Operation, Origin> {
  const counts = new Map<string, number>();
  const origins = new Map<Operation, Origin>();
  for (const operation of history) {
    const sequence = (counts.get(operation.process) ?? 0) + 1;
    counts.set(operation.process, sequence);
    origins.set(operation, { process: operation.process, sequence });
  }
  return origins;
}

function asTransaction({ process, input, output, outcome, called, returned }: Operation, origin: Origin): Transaction {
  const values = (output as unknown as ClientResult | undefined)?.values;
  const ops = stepsOf(input as unknown as ClientOp, origin).map(({ f, key, value }, i): MicroOperation => {
    if (f === 'read') return ['r', key, values?.[i] ?? null];
    return [f === 'append' ? 'append' : 'w', key, value];
  });
  return { process, outcome, ops, called, returned };
}

function finding(result: TransactionsResult, name: (transaction: number) => string): Finding | undefined {
  if (result.verdict !== 'violated') return undefined;
  const [cycle] = result.cycles;
  const [direct] = result.direct;
  const sentence = direct?.sentence ?? `${cycle?.name}: ${cycle?.sentences.join(', and ')}`;
  const numbers = direct?.transactions ?? cycle?.edges.map(({ from }) => from) ?? [];
  const who = numbers.map((number) => `T${number} is ${name(number)}`).join('; ');
  return { sentence: `${direct === undefined ? '' : `${direct.name}: `}${sentence}. ${who}` };
}
