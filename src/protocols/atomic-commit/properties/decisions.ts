/**
 * AC1 to AC4 (BHG 7.3): all that decide decide alike, nobody goes back, nobody commits what somebody did not promise, and what all have
 * promised is committed.
 *
 * What a participant has decided is read from its state, whatever its log and its notes say: a transaction that it had promised and that
 * is not in doubt any more has been decided; and so has what any disk says.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { coordinatorOf, type TxnId } from '../transactions.ts';
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
  readonly before: Known | undefined;
}

interface Decisions {
  /** By transaction: the decision that was heard of last, and with it all others. */
  readonly known: Map<TxnId, Known>;
  /** By node: what it has promised and not decided, as far as this property has seen. */
  readonly open: TxnId[][];
  /** By node: what it has ever voted yes on. */
  readonly voted: Set<TxnId>[];
  /** By node: decisions written and not yet on disk, with their place in the log. */
  readonly writing: { readonly txn: TxnId; readonly outcome: Outcome; readonly index: number }[][];
}

/** What two properties do with a new decision. */
type Judge = (
  latest: Known | undefined,
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
    start: () => ({ known: new Map(), open: [], voted: [], writing: [] }),
    send(memory, from, _to, message: { readonly txn: TxnId; readonly vote: string }) {
      if (message.vote !== 'yes') return undefined;
      while (memory.voted.length <= from) memory.voted.push(new Set());
      (memory.voted[from] as Set<TxnId>).add(message.txn);
      return undefined;
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
  const latest = memory.known.get(txn);
  if (isKnown(latest, node, outcome)) return undefined;
  memory.known.set(txn, { node, outcome, event: world.event, before: latest });
  return judge(latest, node, txn, outcome, world);
}

function isKnown(latest: Known | undefined, node: number, outcome: Outcome): boolean {
  for (let known = latest; known !== undefined; known = known.before) {
    if (known.node === node && known.outcome === outcome) return true;
  }
  return false;
}

/** The earliest that matches. */
function firstOf(latest: Known | undefined, matches: (known: Known) => boolean): Known | undefined {
  let first: Known | undefined;
  for (let known = latest; known !== undefined; known = known.before) if (matches(known)) first = known;
  return first;
}

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
  open: readonly TxnId[],
  state: object,
  judge: Judge,
  world: World,
): Finding | undefined {
  const resource = resourceOf(state);
  for (const txn of open) {
    if (isInDoubt(resource, txn)) continue;
    memory.open[node] = open.filter((other) => other !== txn);
    const finished = resource.finished[txn];
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
  (latest, node, txn, outcome, world) => {
    const known = firstOf(latest, (other) => other.node !== node && other.outcome !== outcome);
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
  (latest, node, txn, outcome, world) => {
    const known = firstOf(latest, (own) => own.node === node && own.outcome !== outcome);
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
  /** By transaction: nodes whose promise has been on disk, or that have only read. */
  readonly given: Map<TxnId, string[]>;
  readonly writing: { readonly txn: TxnId; readonly index: number }[][];
  readonly participants: Map<TxnId, readonly string[]>;
}

export const validity: Property = always<Promises>({
  name: 'AC3',
  title: 'what is committed was promised, on disk, by all participants that wrote',
  source: 'BHG 7.3',
  oracle: 'internal',
  messages: ['Vote'],
  start: () => ({ given: new Map(), writing: [], participants: new Map() }),
  send(memory, from, _to, message: { readonly txn: TxnId; readonly vote: string }, world) {
    if (message.vote === 'read') give(memory, message.txn, nameOf(world, from));
    return undefined;
  },
  log(memory, node, log, change, world) {
    const record = appended(log, change);
    if (record === undefined || change.kind !== 'append') return undefined;
    if (isPrepared(record)) {
      listAt(memory.writing, node).push({ txn: record.age.txn, index: change.index });
      memory.participants.set(record.age.txn, record.participants);
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

function give(memory: Promises, txn: TxnId, node: string): void {
  const given = memory.given.get(txn);
  if (given === undefined) memory.given.set(txn, [node]);
  else if (!given.includes(node)) given.push(node);
}

const NOBODY: readonly string[] = [];

/** Mostly nobody is. */
function missingOf(all: readonly string[], given: readonly string[] | undefined): readonly string[] {
  for (const one of all) {
    if (given?.includes(one) !== true) return all.filter((other) => given?.includes(other) !== true);
  }
  return NOBODY;
}

function checkPromises(
  memory: Promises,
  node: number,
  { txn, participants }: AnyRecord,
  world: World,
): Finding | undefined {
  const given = memory.given.get(txn);
  const all = participants ?? memory.participants.get(txn) ?? [];
  const missing = missingOf(all, given);
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
  /** By transaction: how many participants there are, and whose yes (or "only read") has reached the coordinator it runs in. */
  readonly asked: Map<TxnId, number>;
  readonly agreed: Map<TxnId, number[]>;
  /** What has been decided: later answers may rest on the presumption alone. */
  readonly decided: Set<TxnId>;
}

/** For protocols in which the coordinator counts the votes: once all have agreed there is no reason left to abort. */
export const nonTriviality: Property = always<Votes>({
  name: 'AC4',
  title: 'what all participants have agreed to, in time, is not aborted',
  source: 'BHG 7.3',
  oracle: 'internal',
  messages: ['Vote', 'Prepare', 'Decision'],
  start: () => ({ asked: new Map(), agreed: new Map(), decided: new Set() }),
  send(memory, from, _to, message: Ballot, world) {
    if (message.type === 'Prepare') memory.asked.set(message.txn, message.participants?.length ?? 0);
    if (message.type !== 'Decision' || isParticipant(world, from) || memory.decided.has(message.txn)) return undefined;
    memory.decided.add(message.txn);
    if (message.commit === true) return undefined;
    const asked = memory.asked.get(message.txn);
    const agreed = memory.agreed.get(message.txn);
    if (asked === undefined || agreed === undefined || agreed.length < asked) return undefined;
    return {
      sentence: `${nameOf(world, from)} aborts transaction ${message.txn}, to which all participants had agreed`,
      facts: [factNow(world, from, `has all ${asked} votes for ${message.txn}, and sends ABORT`)],
    };
  },
  deliver(memory, from, _to, message: { readonly type: string; readonly txn: TxnId; readonly vote?: string }) {
    if (message.type === 'Vote' && message.vote !== 'no') add(memory.agreed, message.txn, from);
    return undefined;
  },
  boot(memory, node, world) {
    // A coordinator that restarts has forgotten whom it had asked, and what they said.
    for (const txn of memory.asked.keys()) if (coordinatorOf(txn) === world.nodes[node]) memory.asked.delete(txn);
    return undefined;
  },
});

function add(lists: Map<TxnId, number[]>, txn: TxnId, node: number): void {
  const list = lists.get(txn);
  if (list === undefined) lists.set(txn, [node]);
  else if (!list.includes(node)) list.push(node);
}
