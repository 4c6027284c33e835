/**
 * SETTLED (Skeen 1982; KD): the first to commit has a commit quorum behind it that is pre-committed, in one and the same attempt, and the
 * first to abort an abort quorum, or has not promised anything itself. Read off the logs, whoever has counted what.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import {
  type AnyRecord,
  durableRecords,
  entryAt,
  factNow,
  isPrepared,
  nameOf,
  txnOf,
} from '../../atomic-commit/properties/facts.ts';
import type { Prepared } from '../../atomic-commit/resource.ts';
import { coordinatorOf, type TxnId } from '../../atomic-commit/transactions.ts';
import { isPre, membersIn, standingRecord } from './standing.ts';

/** What was published. */
export interface Claims {
  /** How many of so many members make a quorum. */
  commit(members: number): number;
  abort(members: number): number;
  /** Skeen 1982: who is counted for one quorum is never counted for the other. */
  readonly isForGood: boolean;
}

interface Attempt {
  readonly attempt: number;
  readonly commit: boolean;
  nodes: number[];
}

/** Of one transaction. */
interface Tally {
  members: number;
  promised: number[];
  attempts: Attempt[];
  isDecided: boolean;
}

const newTally = (): Tally => ({ members: 0, promised: [], attempts: [], isDecided: false });

export const settledByQuorum = (claims: Claims): Property =>
  always<Map<TxnId, Tally>>({
    name: 'SETTLED',
    title:
      'who commits first has a quorum behind it that is pre-committed, in one attempt; who aborts first, one that is pre-aborted, or no promise of its own',
    source: 'Skeen 1982; Keidar, Dolev 1998',
    oracle: 'internal',
    start: () => new Map(),
    log(tallies, node, log, change, world) {
      const record = standingRecord(log, change);
      if (record === undefined) return undefined;
      const tally = entryAt(tallies, txnOf(record), newTally);
      if (tally.isDecided) return undefined;
      if (record.type === 'commit' || record.type === 'abort') return decided(claims, tally, node, record, world);
      count(tally, node, record);
      return claims.isForGood && isPre(record) ? judgeChange(tally, node, record, world) : undefined;
    },
    boot(tallies, node, world) {
      for (const tally of tallies.values()) if (!tally.isDecided) forget(tally, node);
      for (const record of durableRecords(world, node)) {
        const tally = tallies.get(txnOf(record));
        if (tally?.isDecided === false) count(tally, node, record);
      }
      return undefined;
    },
  });

function forget(tally: Tally, node: number): void {
  tally.promised = tally.promised.filter((other) => other !== node);
  for (const attempt of tally.attempts) attempt.nodes = attempt.nodes.filter((other) => other !== node);
}

function count(tally: Tally, node: number, record: AnyRecord | Prepared): void {
  tally.members = membersIn(record) ?? tally.members;
  if (isPrepared(record)) tally.promised.push(node);
  if (!isPre(record)) return;
  const commit = record.type === 'precommit';
  let known = tally.attempts.find((one) => one.attempt === record.attempt && one.commit === commit);
  if (known === undefined) {
    known = { attempt: record.attempt, commit, nodes: [] };
    tally.attempts.push(known);
  }
  if (!known.nodes.includes(node)) known.nodes.push(node);
}

function judgeChange(
  { attempts }: Tally,
  node: number,
  { type, txn }: { readonly type: string; readonly txn: TxnId },
  world: World,
): Finding | undefined {
  const commit = type === 'precommit';
  if (!attempts.some((one) => one.commit !== commit && one.nodes.includes(node))) return undefined;
  return {
    sentence: `${nameOf(world, node)} is counted for both: it writes ${type} of ${txn}, and has written ${commit ? 'preabort' : 'precommit'} before`,
    facts: [factNow(world, node, `writes ${type} of ${txn}`)],
  };
}

function decided(
  claims: Claims,
  tally: Tally,
  node: number,
  record: AnyRecord | Prepared,
  world: World,
): Finding | undefined {
  const { members, promised, attempts } = tally;
  const commit = record.type === 'commit';
  const txn = txnOf(record);
  tally.isDecided = true;
  tally.promised = [];
  tally.attempts = [];
  if (!commit && isFree(txn, node, promised, attempts, world)) return undefined;
  const needed = commit ? claims.commit(members) : claims.abort(members);
  const most = attempts.reduce((best, one) => (one.commit === commit ? Math.max(best, one.nodes.length) : best), 0);
  if (most >= needed) return undefined;
  const [verb, state] = commit ? ['commits', 'pre-committed'] : ['aborts', 'pre-aborted'];
  return {
    sentence: `${nameOf(world, node)} ${verb} ${txn}, for which only ${most} of ${members} are ${state} in one attempt; it takes ${needed}`,
    facts: [factNow(world, node, `${verb} ${txn}`)],
  };
}

/** BHG 7.5: before its own promise, or the coordinator's own pre-commit, a process may abort alone. */
function isFree(
  txn: TxnId,
  node: number,
  promised: readonly number[],
  attempts: readonly Attempt[],
  world: World,
): boolean {
  if (coordinatorOf(txn) === world.nodes[node]) return attempts.every(({ nodes }) => !nodes.includes(node));
  return !promised.includes(node);
}
