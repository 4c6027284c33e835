/**
 * Reads and writes of one register in which every written value is different: linearizable or not in O(n log n).
 * Gibbons and Korach, "Testing shared memories" (1997): with unique values it is enough to compare zones.
 */
import type { Operation } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import { canonicalKey } from '../model.ts';

/** One value's operations: its write and the reads of it. */
interface Zone {
  /** When the write was called; nothing can have read the value before. */
  written: number;
  /** The earliest return of any of them. */
  firstReturn: number;
  /** The latest call of any of them. */
  lastCall: number;
  /** The earliest return of a read of it. */
  firstRead: number;
}

/**
 * Whether the part is linearizable; `undefined` when it is not reads and writes of different values. Operations in any
 * order, none with outcome `fail`.
 */
export function isRegisterByZones(operations: readonly Operation[], initial: Json): boolean | undefined {
  const zones = collectZones(operations, initial);
  if (zones === undefined) return undefined;
  const forward: Zone[] = [];
  const backward: Zone[] = [];
  for (const zone of zones) {
    if (zone.written === NEVER || zone.firstRead < zone.written) return false;
    (zone.firstReturn < zone.lastCall ? forward : backward).push(zone);
  }
  forward.sort((left, right) => left.firstReturn - right.firstReturn);
  return !forwardZonesOverlap(forward) && !backward.some((zone) => liesInside(zone, forward));
}

const NEVER = Number.POSITIVE_INFINITY;

function collectZones(operations: readonly Operation[], initial: Json): readonly Zone[] | undefined {
  const zones = new Map<string | number, Zone>();
  const zoneOf = (value: Json): Zone => {
    const key = typeof value === 'number' ? value : canonicalKey(value);
    let zone = zones.get(key);
    if (zone === undefined) {
      zone = { written: NEVER, firstReturn: NEVER, lastCall: Number.NEGATIVE_INFINITY, firstRead: NEVER };
      zones.set(key, zone);
    }
    return zone;
  };
  const start = zoneOf(initial);
  start.written = Number.NEGATIVE_INFINITY;
  start.firstReturn = Number.NEGATIVE_INFINITY;
  for (const { input, output, outcome, called, returned } of operations) {
    const { type, value } = input as { readonly type: string; readonly value?: Json };
    if (type === 'read') {
      const read = (output as { readonly value?: Json } | undefined)?.value;
      if (outcome !== 'ok' || read === undefined) continue;
      const zone = zoneOf(read);
      if (returned < zone.firstRead) zone.firstRead = returned;
      if (returned < zone.firstReturn) zone.firstReturn = returned;
      if (called > zone.lastCall) zone.lastCall = called;
    } else if (type === 'write') {
      const zone = zoneOf(value as Json);
      if (zone.written !== NEVER) return undefined;
      zone.written = called;
      // A write of unknown outcome that nobody read never returns, which puts its zone in nobody's way.
      if (outcome === 'ok' && returned < zone.firstReturn) zone.firstReturn = returned;
      if (called > zone.lastCall) zone.lastCall = called;
    } else return undefined;
  }
  return [...zones.values()];
}

/** Forward zones, sorted: the value must be held from the first return to the last call, so no two may overlap. */
function forwardZonesOverlap(forward: readonly Zone[]): boolean {
  return forward.some((zone, index) => index > 0 && zone.firstReturn < (forward[index - 1] as Zone).lastCall);
}

/** A backward zone is held at some instant between its last call and its first return: not inside another's zone. */
function liesInside(zone: Zone, forward: readonly Zone[]): boolean {
  let low = 0;
  let high = forward.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((forward[middle] as Zone).firstReturn < zone.lastCall) low = middle + 1;
    else high = middle;
  }
  return low > 0 && zone.firstReturn < (forward[low - 1] as Zone).lastCall;
}
