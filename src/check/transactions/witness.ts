/**
 * Is this order of the transactions one that explains all they saw? Then they are strictly serializable, and nothing has to be searched:
 * one walk instead of a graph. Where it is not, another order may be, and only `checkTransactions` can tell.
 */
import type { Json } from '../../sim/plain.ts';
import type { InitialValues, MicroOperation, Transaction, TransactionKey, Workload } from '../transaction.ts';

/**
 * True only if all is well: the transactions, carried out one after the other in this order from nothing, read what they read, the order
 * agrees with real time and with that of each process, and each key's versions came as the recorder knows.
 * @param order indices of all answered transactions; what is left out must not have been seen by any of these.
 * @param versionOrders every version of a key in the order in which it was installed, where that is known.
 */
export function isExplainedBy(
  transactions: readonly Transaction[],
  order: readonly number[],
  workload: Workload,
  versionOrders: InitialValues = [],
): boolean {
  const inTime = new TimeOrder();
  const keys = new Keys(workload, versionOrders);
  for (const index of order) {
    const transaction = transactions[index] as Transaction;
    if (!inTime.mayFollow(transaction)) return false;
    for (const operation of transaction.ops) if (!keys.take(operation)) return false;
  }
  return keys.haveAllVersions() && order.length === transactions.filter(({ outcome }) => outcome === 'ok').length;
}

/** Nobody comes after one that was called when it had ended, nor before an earlier one of its process. */
class TimeOrder {
  private latestCall = Number.NEGATIVE_INFINITY;
  private readonly latestOf = new Map<string, number>();

  mayFollow({ process, called, returned, outcome }: Transaction): boolean {
    if (called === undefined || returned === undefined || outcome !== 'ok') return false;
    if (returned < this.latestCall || called <= (this.latestOf.get(process) ?? Number.NEGATIVE_INFINITY)) return false;
    this.latestOf.set(process, called);
    if (called > this.latestCall) this.latestCall = called;
    return true;
  }
}

interface Key {
  value: Json;
  readonly list: Json[];
  /** Versions in the order that is known, and how many of them have come. */
  readonly versions: readonly Json[] | undefined;
  come: number;
}

/** What is there, one transaction after the other. */
class Keys {
  private readonly workload: Workload;
  private readonly keys = new Map<TransactionKey, Key>();

  constructor(workload: Workload, versionOrders: InitialValues) {
    this.workload = workload;
    for (const [key, versions] of versionOrders) this.add(key, versions as readonly Json[]);
  }

  private add(name: TransactionKey, versions: readonly Json[] | undefined): Key {
    const key: Key = { value: null, list: [], versions, come: 0 };
    this.keys.set(name, key);
    return key;
  }

  /** Whether this can be the next that happens. */
  take([f, name, value]: MicroOperation): boolean {
    const key = this.keys.get(name) ?? this.add(name, undefined);
    if (f === 'r') return this.workload === 'list-append' ? isList(value, key.list) : value === key.value;
    if (f === 'append') key.list.push(value);
    key.value = value;
    return isNextVersion(key, value);
  }

  haveAllVersions(): boolean {
    for (const { versions, come } of this.keys.values())
      if (versions !== undefined && come < versions.length) return false;
    return true;
  }
}

/** Elements are compared by identity: where they are no numbers or strings, somebody else has to look. */
function isList(value: Json, list: readonly Json[]): boolean {
  if (value === null) return list.length === 0;
  if (!Array.isArray(value) || value.length !== list.length) return false;
  for (let place = 0; place < list.length; place++) if (value[place] !== list[place]) return false;
  return true;
}

/** A transaction that writes a key twice leaves one version. */
function isNextVersion(key: Key, value: Json): boolean {
  const { versions } = key;
  if (versions === undefined || versions[key.come - 1] === value) return true;
  return versions[key.come++] === value;
}
