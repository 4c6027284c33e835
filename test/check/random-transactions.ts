/** Small histories of transactions from a toy database that obeys a level, or none. */
import type { MicroOperation, Transaction, TransactionKey, Workload } from '../../src/check/transaction.ts';
import type { Json } from '../../src/sim/plain.ts';
import type { Draw } from './random-history.ts';

export interface TransactionShape {
  readonly workload: Workload;
  readonly transactions: number;
  readonly keys: number;
  readonly steps: number;
  readonly processes: number;
  readonly unknownPercent: number;
  readonly failPercent: number;
}

type Isolation = 'serializable' | 'snapshot' | 'lost-updates' | 'read-committed' | 'none';

const ISOLATIONS: readonly Isolation[] = ['serializable', 'snapshot', 'lost-updates', 'read-committed', 'none'];

interface Running {
  readonly process: number;
  readonly called: number;
  readonly steps: readonly (readonly [f: 'append' | 'w' | 'r', key: TransactionKey, value: Json])[];
  readonly snapshot: ReadonlyMap<TransactionKey, Json>;
  readonly own: Map<TransactionKey, Json[]>;
  readonly done: MicroOperation[];
  /** Keys that others have committed to since the snapshot. */
  readonly overwritten: Set<TransactionKey>;
}

export interface RandomTransactions {
  readonly transactions: readonly Transaction[];
  /** All that every key ever held, oldest first; undefined when the database kept no such order. */
  readonly versions: readonly (readonly [TransactionKey, readonly Json[]])[] | undefined;
  /** Indices in the order of commits. */
  readonly commitOrder: readonly number[];
}

export function randomTransactions(draw: Draw, shape: TransactionShape): RandomTransactions {
  const isolation = ISOLATIONS[draw(ISOLATIONS.length)] as Isolation;
  const database = new Map<TransactionKey, Json>();
  const versions = new Map<TransactionKey, Json[]>();
  const running: Running[] = [];
  const done: { readonly transaction: Transaction; readonly committed: number }[] = [];
  const free = Array.from({ length: shape.processes }, (_, process) => process);
  let nextProcess = shape.processes;
  let time = 0;
  let started = 0;
  let commits = 0;
  const counters = new Map<TransactionKey, number>();

  const steps = (): Running['steps'] =>
    Array.from({ length: 1 + draw(shape.steps) }, () => {
      const key = ['x', 'y', 'z'][draw(shape.keys)] as string;
      if (draw(2) === 0) return ['r', key, null] as const;
      const value = (counters.get(key) ?? 0) + 1;
      counters.set(key, value);
      return [shape.workload === 'list-append' ? 'append' : 'w', key, value] as const;
    });

  const held = (state: ReadonlyMap<TransactionKey, Json>, own: readonly Json[], key: TransactionKey): Json => {
    if (shape.workload === 'rw-register') return own.at(-1) ?? state.get(key) ?? null;
    return [...((state.get(key) as readonly Json[] | undefined) ?? []), ...own];
  };

  const install = (key: TransactionKey, values: readonly Json[]): void => {
    database.set(key, held(database, values, key));
    versions.set(key, [...(versions.get(key) ?? []), ...values]);
  };

  const advance = (one: Running): void => {
    const [f, key, value] = one.steps[one.done.length] as Running['steps'][number];
    const own = one.own.get(key) ?? [];
    if (f !== 'r') {
      one.done.push([f, key, value]);
      if (isolation === 'none') install(key, [value]);
      else one.own.set(key, [...own, value]);
      return;
    }
    const stale = isolation === 'snapshot' || isolation === 'lost-updates';
    const seen = held(stale ? one.snapshot : database, own, key);
    one.done.push(['r', key, Array.isArray(seen) && seen.length === 0 ? null : seen]);
  };

  const finish = (one: Running): void => {
    running.splice(running.indexOf(one), 1);
    const kind = draw(100);
    const conflicts = isolation === 'snapshot' && [...one.own.keys()].some((key) => one.overwritten.has(key));
    const fails = conflicts || kind < shape.failPercent;
    const unknown = !fails && kind < shape.failPercent + shape.unknownPercent;
    const commit = !fails && (!unknown || draw(2) === 0);
    if (commit) {
      for (const [key, values] of one.own) {
        install(key, values);
        for (const other of running) other.overwritten.add(key);
      }
    }
    const base = { process: `${one.process}`, called: one.called };
    const asked = one.steps.map((step): MicroOperation => [...step]);
    const ended = unknown || fails ? { ops: asked } : { ops: one.done };
    const returned = unknown ? Number.POSITIVE_INFINITY : time++;
    const outcome = unknown ? 'unknown' : fails ? 'fail' : 'ok';
    done.push({ transaction: { ...base, ...ended, outcome, returned }, committed: commit ? commits++ : -1 });
    free.push(unknown ? nextProcess++ : one.process);
  };

  while (started < shape.transactions || running.length > 0) {
    const mayStart = started < shape.transactions && free.length > 0;
    const serial = isolation === 'serializable' && running.length > 0;
    if (mayStart && !serial && (running.length === 0 || draw(3) === 0)) {
      started++;
      const process = free.splice(draw(free.length), 1)[0] as number;
      running.push({
        process,
        called: time++,
        steps: steps(),
        snapshot: new Map(database),
        own: new Map(),
        done: [],
        overwritten: new Set(),
      });
      continue;
    }
    const one = running[draw(running.length)] as Running;
    if (one.done.length < one.steps.length) advance(one);
    else finish(one);
  }
  const byCall = done
    .map((entry, index) => ({ ...entry, index }))
    .sort((left, right) => (left.transaction.called as number) - (right.transaction.called as number));
  const commitOrder = byCall
    .map(({ committed }, index) => ({ committed, index }))
    .filter(({ committed }) => committed >= 0)
    .sort((left, right) => left.committed - right.committed)
    .map(({ index }) => index);
  return {
    transactions: byCall.map(({ transaction }) => transaction),
    versions: isolation === 'none' ? undefined : [...versions],
    commitOrder,
  };
}
