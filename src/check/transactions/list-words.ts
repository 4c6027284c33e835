/** Dependencies between appends and reads of lists, in words. */
import type { Json } from '../../sim/plain.ts';
import { NOBODY } from './elements.ts';
import { type ListVersions, show, type VersionOrder } from './list-versions.ts';

/** Why `to` comes after `from`: a sentence about the key and the values that show it. */
export function explainListDependency(
  history: ListVersions,
  from: number,
  to: number,
  kind: 'ww' | 'wr' | 'rw',
): string {
  const who = `T${from}`;
  if (kind === 'wr') {
    for (const { key, list, own } of history.readsOf(to)) {
      if (list.length === own) continue;
      const last = list[list.length - own - 1] as Json;
      const write = history.writes.find(key, last);
      if (write === NOBODY || history.writes.transactionOf[write] !== from) continue;
      return `${who} appended ${show(last)} to ${history.name(key)}, which T${to} read`;
    }
  }
  if (kind === 'ww') {
    const pair = consecutive(history, from, to);
    if (pair !== undefined) {
      const [key, first, second] = pair;
      const appended = `T${to} appended ${show(history.writes.valueOf[second] as Json)} to ${history.name(key)}`;
      return `${appended} after ${who} had appended ${show(history.writes.valueOf[first] as Json)}`;
    }
  }
  if (kind === 'rw') {
    for (const { key, list, own } of history.readsOf(from)) {
      const next = firstAppendAfter(history, to, key, list.length - own);
      if (next === undefined) continue;
      return `${who} read ${show(list)} from ${history.name(key)}, without the ${show(history.writes.valueOf[next] as Json)} that T${to} appended`;
    }
  }
  return `${who} comes before T${to} (${kind})`;
}

/** A key on which `to` appended right after `from`. */
function consecutive(history: ListVersions, from: number, to: number): readonly [number, number, number] | undefined {
  for (const write of history.writes.of(to)) {
    const key = history.writes.keyOf[write] as number;
    const { writes } = history.orders[key] as VersionOrder;
    const place = history.placeOf[write] as number;
    for (let before = (place < 0 ? writes.length : place) - 1; before >= 0; before--) {
      const other = writes[before] as number;
      if (!history.isCommitted(other)) continue;
      if (history.writes.transactionOf[other] === from) return [key, other, write];
      break;
    }
  }
  return undefined;
}

function firstAppendAfter(history: ListVersions, writer: number, key: number, length: number): number | undefined {
  const order = history.orders[key] as VersionOrder;
  const from = order.covered[length] ?? order.writes.length;
  for (const write of history.writes.of(writer)) {
    if (history.writes.keyOf[write] !== key) continue;
    const place = history.placeOf[write] as number;
    if (place < 0 || place >= from) return write;
  }
  return undefined;
}
