/**
 * Between two runs nothing of either is alive, and to collect young garbage costs next to nothing; in the middle of a run the collector
 * has to copy what the run has made so far, which costs a tenth of a run of ten seconds. So it is done here, before there is need.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Two thirds of what V8 lets young garbage grow to. Shorter runs are collected by the dozen. */
const WORTHWHILE_BYTES = 10_000_000;

let usedBefore = Number.POSITIVE_INFINITY;
let collect: (() => void) | undefined;

/** To be called when the last run has been let go of. */
export function collectBetweenRuns(): void {
  const used = getHeapStatistics().used_heap_size;
  if (used - usedBefore < WORTHWHILE_BYTES) {
    // V8 has collected by itself.
    usedBefore = Math.min(used, usedBefore);
    return;
  }
  collect ??= collector();
  collect();
  usedBefore = getHeapStatistics().used_heap_size;
}

/** So often another thread may come between before we do without: it is rare once, as threads do this once each. */
const ATTEMPTS = 20;

/**
 * V8 shows its collector to contexts that are made while a flag is set: to this one, and to nobody else's code. Flags are of the whole
 * process, so another thread that does the same may take the flag back between our setting it and our making the context.
 */
export function collector(): () => void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('globalThis.gc') as ((options: { readonly type: 'minor' }) => void) | undefined;
    setFlagsFromString('--no-expose-gc');
    if (gc !== undefined) return () => gc({ type: 'minor' });
  }
  return () => undefined;
}
