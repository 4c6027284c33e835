/** Where processes stand in a transaction, by their logs: what they say of themselves, and what is decided, is held against that. */
import type { LogChange, World } from '../../../sim/observer.ts';
import { type AnyRecord, appended, durableRecords, isPrepared, txnOf } from '../../atomic-commit/properties/facts.ts';
import type { Prepared } from '../../atomic-commit/resource.ts';
import type { TxnId } from '../../atomic-commit/transactions.ts';
import type { PreRecord, ProcessState } from '../shape.ts';

export interface Standing {
  readonly state: ProcessState;
  readonly attempt: number;
  /** Place of its last record in the log. */
  readonly index: number;
}

/** By node, by transaction. */
export type Standings = Map<TxnId, Standing>[];

type LogRecord = AnyRecord | Prepared;

const states: { readonly [type: string]: ProcessState } = {
  prepared: 'w',
  open: 'w',
  precommit: 'p',
  preabort: 'pa',
  commit: 'c',
  abort: 'a',
};

/** The record that is appended, where it says something of how far a process is. */
export function standingRecord(log: string, change: LogChange): LogRecord | undefined {
  const record = appended(log, change);
  return record === undefined || states[record.type] === undefined ? undefined : record;
}

/** The same, and keeps where the process stands from then on. */
export function follow(standings: Standings, node: number, log: string, change: LogChange): LogRecord | undefined {
  const record = standingRecord(log, change);
  if (record === undefined || change.kind !== 'append') return undefined;
  stand(standings, node, record, change.index);
  return record;
}

function stand(standings: Standings, node: number, record: LogRecord, index: number): void {
  const state = states[record.type];
  if (state === undefined) return;
  while (standings.length <= node) standings.push(new Map());
  const attempt = isPre(record) ? record.attempt : 0;
  standings[node]?.set(txnOf(record), { state, attempt, index });
}

export const isPre = (record: { readonly type: string }): record is PreRecord =>
  record.type === 'precommit' || record.type === 'preabort';

/** A crash takes what has not arrived. */
export function readAgain(standings: Standings, node: number, world: World): void {
  if (standings[node] === undefined) return;
  standings[node] = new Map();
  durableRecords(world, node).forEach((record, place) => {
    stand(standings, node, record, place + 1);
  });
}

/** Coordinator and participants; undefined where the record does not say. */
export function membersIn(record: LogRecord): number | undefined {
  if (isPrepared(record)) return record.participants.length + 1;
  const { group } = record as { readonly group?: readonly string[] };
  return record.type === 'open' ? group?.length : undefined;
}
