/** Where a protocol's own prints go: to stderr, because stdout is for results, which may be JSON. */
import { formatWithOptions } from 'node:util';

/**
 * For this thread, the main one or a worker, from now on. The console itself would look for colours and for the time when it is first used, and in the middle of a
 * handler that counts as reaching for the outside world.
 */
export function printAside(): void {
  const print = (...values: unknown[]): void => {
    process.stderr.write(`${formatWithOptions({ colors: false }, ...values)}\n`);
  };
  // Nobody can, and nothing is simulated there either: see guard.ts.
  if (Object.isFrozen(console)) return;
  Object.assign(console, { log: print, info: print, debug: print, warn: print, error: print });
}
