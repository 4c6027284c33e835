/**
 * AC1 to AC4 (BHG 7.3): all that decide decide alike, nobody goes back, nobody commits what somebody did not promise, and what all have
 * promised is committed.
 *
 * What a participant has decided is read from its state, whatever its log and its notes say: a transaction that it had promised and that
 * is not in doubt any more has been decided; and so has what any disk says.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { entriesBy, entryMadeAt, entryOf, type Ledger, newLedger, setEntry } from '../ledger.ts';
import { removeAt, withLast } from '../lists.ts';
import type { TxnId } from '../transactions.ts';
import {
  type AnyRecord,
  appended,
  durableRecords,
  factAt,
  factNow,
  isInDoubt,
  isParticipant,
  isPrepared,
  listAt,
  nameOf,
  resourceOf,
  txnOf,
} from './facts.ts';

type Outcome = 'commit' | 'abort';

interface Known {
  readonly node: number;
  readonly outcome: Outcome;
  readonly event: number;
  /** Of another node; or of the same, where it has gone back. */
  next: Known | undefined;
}

interface Decisions {
  /** By transaction: the decision that was heard of first, and with it all others. */
  readonly known: Ledger<Known>;
  /** By node: what it has promised and not decided, as far as this property has seen. */
  readonly open: TxnId[][];
  /** By node: what it has ever voted yes on, as often as it did. */
  readonly voted: TxnId[][];
  /** By node: decisions written and not yet on disk, with their place in the log. */
  readonly writing: { readonly txn: TxnId; readonly outcome: Outcome; readonly index: number }[][];
}

/** What two properties do with a new decision. */
type Judge = (
  first: Known | undefined,
  node: number,
  txn: TxnId,
  outcome: Outcome,
  world: World,
) => Finding | undefined;

const watchDecisions = (name: string, title: string, judge: Judge): Property =>
  always<Decisions>({
    name,
    title,
    source: 'BHG 7.3',
    oracle: 'internal',
    messages: ['Vote'],
    start: () => ({ known: newLedger(), open: [], voted: [], writing: [] }),
    send(memory, from, _to, message: { readonly txn: TxnId; readonly vote: string }, world) {
      const { txn, vote } = message;
      if (vote === 'yes') listAt(memory.voted, from).push(txn);
      if (vote !== 'no' || !hasCommitted(memory, from, txn)) return undefined;
      return decided(memory, from, txn, 'abort', judge, world);
    },
    log(memory, node, log, change) {
      const record = appended(log, change);
      if (record === undefined || change.kind !== 'append') return undefined;
      if (isPrepared(record)) {
        listAt(memory.open, node).push(record.age.txn);
      } else if ((record.type === 'commit' || record.type === 'abort') && !record.heuristic) {
        listAt(memory.writing, node).push({ txn: record.txn, outcome: record.type, index: change.index });
      }
      return undefined;
    },
    durable: (memory, node, world) => decidedOnDisk(memory, node, judge, world),
    step(memory, node, state: object, world) {
      const open = memory.open[node];
      return open === undefined || open.length === 0
        ? undefined
        : participantDecided(memory, node, open, state, judge, world);
    },
    boot: (memory, node, world) => restarted(memory, node, judge, world),
  });

function decided(
  memory: Decisions,
  node: number,
  txn: TxnId,
  outcome: Outcome,
  judge: Judge,
  world: World,
): Finding | undefined {
  const first = entryOf(memory.known, txn);
  if (first === undefined) {
    setEntry(memory.known, txn, { node, outcome, event: world.event, next: undefined });
    return undefined;
  }
  let last = first;
  for (let known: Known | undefined = first; known !== undefined; known = known.next) {
    if (known.node === node && known.outcome === outcome) return undefined;
    last = known;
  }
  const finding = judge(first, node, txn, outcome, world);
  last.next = { node, outcome, event: world.event, next: undefined };
  return finding;
}

/** The earliest that matches. */
function firstOf(first: Known | undefined, matches: (known: Known) => boolean): Known | undefined {
  for (let known = first; known !== undefined; known = known.next) if (matches(known)) return known;
  return undefined;
}

/** Whoever has, and says no, may be taken at its word. */
const hasCommitted = ({ known }: Decisions, node: number, txn: TxnId): boolean =>
  firstOf(entryOf(known, txn), (own) => own.node === node && own.outcome === 'commit') !== undefined;

function decidedOnDisk(memory: Decisions, node: number, judge: Judge, world: World): Finding | undefined {
  const writing = memory.writing[node];
  if (writing === undefined || writing.length === 0) return undefined;
  const { first, entries } = world.diskOf(node).durableLog('wal');
  const end = first + entries.length;
  while (writing.length > 0 && (writing[0] as { index: number }).index < end) {
    const { txn, outcome } = writing.shift() as { txn: TxnId; outcome: Outcome };
    const finding = decided(memory, node, txn, outcome, judge, world);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

function participantDecided(
  memory: Decisions,
  node: number,
  open: TxnId[],
  state: object,
  judge: Judge,
  world: World,
): Finding | undefined {
  const resource = resourceOf(state);
  for (let place = 0; place < open.length; place++) {
    const txn = open[place] as TxnId;
    if (isInDoubt(resource, txn)) continue;
    removeAt(open, place);
    const finished = entryOf(resource.finished, txn);
    if (finished?.heuristic) continue;
    // Gone without a trace is not committed.
    const outcome = finished?.outcome === 'commit' ? 'commit' : 'abort';
    return decided(memory, node, txn, outcome, judge, world);
  }
  return undefined;
}

/** A crash takes what was only in memory. A promise that was given and is not on disk is as good as an abort. */
function restarted(memory: Decisions, node: number, judge: Judge, world: World): Finding | undefined {
  const onItsDisk = decidedOnDisk(memory, node, judge, world);
  if (memory.writing[node] !== undefined) memory.writing[node] = [];
  if (onItsDisk !== undefined || !isParticipant(world, node)) return onItsDisk;
  const onDisk = new Set<TxnId>();
  const doubts = new Set<TxnId>();
  for (const record of durableRecords(world, node)) {
    const txn = txnOf(record);
    onDisk.add(txn);
    if (isPrepared(record)) {
      doubts.add(txn);
    } else if (record.type === 'commit' || record.type === 'abort') {
      doubts.delete(txn);
    }
  }
  memory.open[node] = [...doubts];
  for (const txn of memory.voted[node] ?? []) {
    if (onDisk.has(txn)) continue;
    const finding = decided(memory, node, txn, 'abort', judge, world);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

const verb = (outcome: Outcome): string => (outcome === 'commit' ? 'commits' : 'aborts');

export const agreement: Property = watchDecisions(
  'AC1',
  'all processes that decide on a transaction decide alike',
  (first, node, txn, outcome, world) => {
    const known = firstOf(first, (other) => other.node !== node && other.outcome !== outcome);
    if (known === undefined) return undefined;
    const other = known.node;
    return {
      sentence: `${nameOf(world, other)} ${verb(known.outcome)} transaction ${txn}, and ${nameOf(world, node)} ${verb(outcome)} it`,
      facts: [
        factAt(world, known.event, other, `${verb(known.outcome)} ${txn}`),
        factNow(world, node, `${verb(outcome)} ${txn}`),
      ],
    };
  },
);

export const stability: Property = watchDecisions(
  'AC2',
  'nobody reverses a decision, not even by a restart',
  (first, node, txn, outcome, world) => {
    const known = firstOf(first, (own) => own.node === node && own.outcome !== outcome);
    if (known === undefined) return undefined;
    return {
      sentence: `${nameOf(world, node)} ${verb(known.outcome)} transaction ${txn}, and then ${verb(outcome)} it`,
      facts: [
        factAt(world, known.event, node, `${verb(known.outcome)} ${txn}`),
        factNow(world, node, `${verb(outcome)} ${txn}`),
      ],
    };
  },
);

// ---- AC3 -------------------------------------------------------------------------------------------------------------------------

interface Promises {
  readonly known: Ledger<Promised>;
  readonly writing: { readonly txn: TxnId; readonly index: number }[][];
}

/** Of one transaction. */
interface Promised {
  /** Nodes whose promise has been on disk, or that have only read. */
  given: readonly string[];
  participants: readonly string[];
}

export const validity: Property = always<Promises>({
  name: 'AC3',
  title: 'what is committed was promised, on disk, by all participants that wrote',
  source: 'BHG 7.3',
  oracle: 'internal',
  messages: ['Vote'],
  start: () => ({ known: newLedger(), writing: [] }),
  send(memory, from, _to, message: { readonly txn: TxnId; readonly vote: string }, world) {
    if (message.vote === 'read') give(memory, message.txn, nameOf(world, from));
    return undefined;
  },
  log(memory, node, log, change, world) {
    const record = appended(log, change);
    if (record === undefined || change.kind !== 'append') return undefined;
    if (isPrepared(record)) {
      listAt(memory.writing, node).push({ txn: record.age.txn, index: change.index });
      promisesOf(memory, record.age.txn).participants = record.participants;
      return undefined;
    }
    if (record.type !== 'commit' || record.heuristic) return undefined;
    return checkPromises(memory, node, record, world);
  },
  durable(memory, node, world) {
    const writing = memory.writing[node];
    if (writing === undefined || writing.length === 0) return undefined;
    const { first, entries } = world.diskOf(node).durableLog('wal');
    const end = first + entries.length;
    while (writing.length > 0 && (writing[0] as { index: number }).index < end) {
      give(memory, (writing.shift() as { txn: TxnId }).txn, nameOf(world, node));
    }
    return undefined;
  },
  boot(memory, node, world) {
    for (const { txn, index } of memory.writing[node] ?? []) {
      const record = world.diskOf(node).durableLog('wal').entries[index - 1] as AnyRecord | undefined;
      if (record !== undefined && txnOf(record) === txn) give(memory, txn, nameOf(world, node));
    }
    if (memory.writing[node] !== undefined) memory.writing[node] = [];
    return undefined;
  },
});

const newPromised = (): Promised => ({ given: NOBODY, participants: NOBODY });
const promisesOf = ({ known }: Promises, txn: TxnId): Promised => entryMadeAt(known, txn, newPromised);

function give(memory: Promises, txn: TxnId, node: string): void {
  const promised = promisesOf(memory, txn);
  if (!promised.given.includes(node)) promised.given = withLast(promised.given, node);
}

const NOBODY: readonly string[] = [];

/** Mostly nobody is. */
function missingOf(all: readonly string[], given: readonly string[]): readonly string[] {
  for (const one of all) if (!given.includes(one)) return all.filter((other) => !given.includes(other));
  return NOBODY;
}

function checkPromises(
  memory: Promises,
  node: number,
  { txn, participants }: AnyRecord,
  world: World,
): Finding | undefined {
  const promised = promisesOf(memory, txn);
  const missing = missingOf(participants ?? promised.participants, promised.given);
  if (missing.length === 0) return undefined;
  const who = missing.join(' and ');
  return {
    sentence: `${nameOf(world, node)} commits transaction ${txn}, to which ${who} had not agreed`,
    facts: [factNow(world, node, `commits ${txn}; no promise of ${who} was on disk before`)],
  };
}

// ---- AC4 -------------------------------------------------------------------------------------------------------------------------

interface Ballot {
  readonly type: string;
  readonly txn: TxnId;
  readonly participants?: readonly string[];
  readonly commit?: boolean;
}

interface Votes {
  readonly counts: Ledger<Count>;
}

/** Of one transaction. */
interface Count {
  /** How many participants there are; -1 while the coordinator does not know. */
  asked: number;
  /** Whose yes (or "only read") has reached the coordinator. */
  agreed: readonly number[];
  /** Later answers may rest on the presumption alone. */
  decided: boolean;
}

/** For protocols in which the coordinator counts the votes: once all have agreed there is no reason left to abort. */
export const nonTriviality: Property = always<Votes>({
  name: 'AC4',
  title: 'what all participants have agreed to, in time, is not aborted',
  source: 'BHG 7.3',
  oracle: 'internal',
  messages: ['Vote', 'Prepare', 'Decision'],
  start: () => ({ counts: newLedger() }),
  send(memory, from, _to, message: Ballot, world) {
    if (message.type === 'Prepare') countOf(memory, message.txn).asked = message.participants?.length ?? 0;
    if (message.type !== 'Decision' || isParticipant(world, from)) return undefined;
    const count = countOf(memory, message.txn);
    if (count.decided) return undefined;
    count.decided = true;
    if (message.commit === true) return undefined;
    const { asked, agreed } = count;
    if (asked === -1 || agreed.length === 0 || agreed.length < asked) return undefined;
    return {
      sentence: `${nameOf(world, from)} aborts transaction ${message.txn}, to which all participants had agreed`,
      facts: [factNow(world, from, `has all ${asked} votes for ${message.txn}, and sends ABORT`)],
    };
  },
  deliver(memory, from, _to, message: { readonly type: string; readonly txn: TxnId; readonly vote?: string }) {
    if (message.type !== 'Vote' || message.vote === 'no') return undefined;
    const count = countOf(memory, message.txn);
    if (!count.agreed.includes(from)) count.agreed = withLast(count.agreed, from);
    return undefined;
  },
  boot({ counts }, node, world) {
    // A coordinator that restarts has forgotten whom it had asked, and what they said.
    for (const count of entriesBy(counts, nameOf(world, node))) count.asked = -1;
    return undefined;
  },
});

const NONE: readonly number[] = [];

const newCount = (): Count => ({ asked: -1, agreed: NONE, decided: false });
const countOf = ({ counts }: Votes, txn: TxnId): Count => entryMadeAt(counts, txn, newCount);
