/** Records of ballots on their way to the disk, as the properties of Paxos Commit follow them. */
import type { LogChange, World } from '../../../sim/observer.ts';
import { appended, listAt } from '../../atomic-commit/properties/facts.ts';
import type { BallotRecord } from '../shape.ts';

export interface Writing {
  readonly record: BallotRecord;
  readonly index: number;
}

/** By node: what is written and not yet on disk. */
export type Writings = Writing[][];

const isBallot = (record: { readonly type: string } | undefined): boolean =>
  record?.type === 'promised' || record?.type === 'accepted';

export function noteWriting(writings: Writings, node: number, log: string, change: LogChange): void {
  const record = appended(log, change);
  if (!isBallot(record) || change.kind !== 'append') return;
  listAt(writings, node).push({ record: record as unknown as BallotRecord, index: change.index });
}

/** Those that have reached the disk since. A crash takes the others, and not in any order. */
export function takeDurable(writings: Writings, node: number, world: World, isRestart: boolean): BallotRecord[] {
  const writing = writings[node];
  if (writing === undefined || writing.length === 0) return [];
  const { first, entries } = world.diskOf(node).durableLog('wal');
  const end = first + entries.length;
  const taken: BallotRecord[] = [];
  while (writing.length > 0 && (writing[0] as Writing).index < end) {
    const { record, index } = writing.shift() as Writing;
    if (isSame(entries[index - first] as BallotRecord, record)) taken.push(record);
  }
  if (isRestart) writing.length = 0;
  return taken;
}

const isSame = (stored: BallotRecord, { type, txn, ballot }: BallotRecord): boolean =>
  stored.type === type && stored.txn === txn && stored.ballot === ballot;
