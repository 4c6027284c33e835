/** What is wrong with single reads of lists, before any graph. */
import type { Json } from '../../sim/plain.ts';
import type { Transaction } from '../transaction.ts';
import { NOBODY, sameElement } from './elements.ts';
import { type ExternalRead, type ListVersions, show, type VersionOrder } from './list-versions.ts';

/** Notes every anomaly that this read shows by itself. */
export function reportRead(history: ListVersions, read: ExternalRead, order: VersionOrder, isPrefix: boolean): void {
  const { transaction, key, list, own } = read;
  const external = list.length - own;
  if (!isPrefix) reportIncompatible(history, read, order);
  if (isPrefix ? order.firstAborted < external : list.some((element) => isAbortedElement(history, key, element))) {
    reportElement(history, 'G1a', read, (write) => write !== NOBODY && history.isAborted(write), 'which aborted');
  }
  if (
    isPrefix ? order.firstGarbage < external : list.some((element, place) => isGarbage(history, key, element, place))
  ) {
    reportElement(
      history,
      'garbage-read',
      read,
      (write, place) => write === NOBODY && !history.isInitialElement(key, place, list[place] as Json),
    );
  }
  reportIntermediate(history, read, external);
  if (read.appends && ownLater(history, read, isPrefix, order)) {
    history.anomalies.add(
      { name: 'future-read', transactions: [transaction], key: history.name(key), value: list },
      () => {
        return `T${transaction} read ${show(list)} from ${history.name(key)}, with elements that it appended only later`;
      },
    );
  }
}

function isAbortedElement(history: ListVersions, key: number, element: Json): boolean {
  const write = history.writes.find(key, element);
  return write !== NOBODY && history.isAborted(write);
}

function isGarbage(history: ListVersions, key: number, element: Json, place: number): boolean {
  return history.writes.find(key, element) === NOBODY && !history.isInitialElement(key, place, element);
}

function reportIncompatible(
  history: ListVersions,
  { transaction, key, list }: ExternalRead,
  order: VersionOrder,
): void {
  const other = history.reads.find((read) => read.key === key && read.list === order.longest)?.transaction;
  const transactions = other === undefined ? [transaction] : [transaction, other];
  history.anomalies.add({ name: 'incompatible-order', transactions, key: history.name(key), value: list }, () => {
    const against = other === undefined ? 'the list is' : `T${other} read`;
    return `T${transaction} read ${show(list)} from ${history.name(key)}, but ${against} ${show(order.longest)}: neither is the beginning of the other`;
  });
}

function reportElement(
  history: ListVersions,
  name: 'G1a' | 'garbage-read',
  { transaction, key, list }: ExternalRead,
  isIt: (write: number, place: number) => boolean,
  why = '',
): void {
  const place = list.findIndex((element, at) => isIt(history.writes.find(key, element), at));
  const write = history.writes.find(key, list[place] as Json);
  const writer = write === NOBODY ? undefined : (history.writes.transactionOf[write] as number);
  const transactions = writer === undefined ? [transaction] : [transaction, writer];
  history.anomalies.add({ name, transactions, key: history.name(key), value: list }, () => {
    const source = writer === undefined ? 'which nobody appended' : `appended by T${writer}, ${why}`;
    return `T${transaction} read ${show(list)} from ${history.name(key)}, with ${show(list[place] as Json)}, ${source}`;
  });
}

function reportIntermediate(history: ListVersions, { transaction, key, list }: ExternalRead, external: number): void {
  if (external === 0) return;
  const write = history.writes.find(key, list[external - 1] as Json);
  if (write === NOBODY || history.writes.isOverwritten[write] === 0) return;
  const writer = history.writes.transactionOf[write] as number;
  if (writer === transaction) return;
  history.anomalies.add(
    { name: 'G1b', transactions: [transaction, writer], key: history.name(key), value: list },
    () => {
      const last = `${show(list[external - 1] as Json)}, not the last that T${writer} appended`;
      return `T${transaction} read ${show(list)} from ${history.name(key)}: it ends with ${last}`;
    },
  );
}

/** Whether a read that comes before some append of its own transaction shows that append. */
function ownLater(
  history: ListVersions,
  { transaction, key, list, own }: ExternalRead,
  isPrefix: boolean,
  order: VersionOrder,
): boolean {
  const { ops } = history.transactions[transaction] as Transaction;
  let appended = 0;
  for (const [f, name, value] of ops) {
    if (f !== 'append' || history.writes.keyId(name) !== key) continue;
    if (appended++ < own) continue;
    const place = history.placeOf[history.writes.find(key, value)] as number;
    const shown = isPrefix
      ? place >= 0 && place < (order.covered[list.length - own] as number)
      : list.slice(0, list.length - own).some((element) => sameElement(element, value));
    if (shown && isFirstReadBefore(history, transaction, key, value)) return true;
  }
  return false;
}

function isFirstReadBefore(history: ListVersions, transaction: number, key: number, value: Json): boolean {
  for (const [f, name, other] of (history.transactions[transaction] as Transaction).ops) {
    if (history.writes.keyId(name) !== key) continue;
    if (f === 'r') return true;
    if (sameElement(other, value)) return false;
  }
  return false;
}
