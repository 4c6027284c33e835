/**
 * Stops synchronous work that does not come back: a handler that loops for ever would otherwise hang the campaign, and Ctrl-C with it.
 * V8 can end running JavaScript from another thread; `node:vm` offers that for the time limit of a script. Measured:
 * 25 microseconds of processor time a call and 50 to 80 of waiting, so it watches runs and batches of them, not events.
 */
import { Script } from 'node:vm';
import { releaseGuard } from '../sim/guard.ts';

export type Watched<T> = { readonly ended: true; readonly value: T } | { readonly ended: false };

const key = Symbol.for('worldline.watched');
const holder = globalThis as unknown as { [key]?: (() => unknown) | undefined };
const script = new Script('globalThis[Symbol.for("worldline.watched")]()');

/**
 * The value of `work`, unless it takes longer than `milliseconds`. Work that was stopped was stopped anywhere: what it was changing is
 * half changed, and no `finally` of it has run.
 */
export function watched<T>(work: () => T, milliseconds: number): Watched<T> {
  const outer = holder[key];
  holder[key] = work;
  try {
    return { ended: true, value: script.runInThisContext({ timeout: milliseconds }) as T };
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    releaseGuard();
    return { ended: false };
  } finally {
    holder[key] = outer;
  }
}
