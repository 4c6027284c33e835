/**
 * Just as much of Redis as `redlock` talks to, on vitest's fake timers: nothing here waits for anything but these, so that a run depends
 * on nothing but what the test says. Times are milliseconds, as in Redis.
 */
import { createHash } from 'node:crypto';

/** How long a command and its answer are under way; undefined: never arrives, or is never answered. */
export interface Way {
  readonly there: number | undefined;
  readonly back: number | undefined;
}

/** One store, as one of its clients sees it: `connect` gives every client a link of its own. */
export class SimulatedRedis {
  readonly keys: Map<string, { readonly value: string; readonly expiresAt: number }> = new Map();
  /** Redis counts on its wall clock: how far that is from true time. */
  clockOffset = 0;
  private readonly scripts = new Map<string, string>();

  get(key: string): string | undefined {
    const found = this.keys.get(key);
    if (found !== undefined && found.expiresAt > this.now()) return found.value;
    this.keys.delete(key);
    return undefined;
  }

  private now(): number {
    return Date.now() + this.clockOffset;
  }

  /** @param way asked for each command, by its place on this link, from 1 */
  connect(way: (nth: number) => Way): object {
    let commands = 0;
    const onWay = async (command: () => number): Promise<number> => {
      const { there, back } = way(++commands);
      await elapsed(there);
      const result = outcomeOf(command);
      await elapsed(back);
      return result();
    };
    return {
      evalsha: (hash: string, count: number, args: string[]) => {
        const script = this.scripts.get(hash);
        if (script === undefined) return Promise.reject(new Error('NOSCRIPT No matching script.'));
        return onWay(() => this.run(script, args.slice(0, count), args.slice(count)));
      },
      eval: (script: string, count: number, args: string[]) => {
        this.scripts.set(createHash('sha1').update(script).digest('hex'), script);
        return onWay(() => this.run(script, args.slice(0, count), args.slice(count)));
      },
    };
  }

  /** The three scripts of redlock, told apart by what only they call. */
  private run(script: string, keys: readonly string[], [value = '', ttl]: readonly (string | number)[]): number {
    const set = (): number => {
      for (const key of keys) this.keys.set(key, { value: String(value), expiresAt: this.now() + Number(ttl) });
      return keys.length;
    };
    if (script.includes('"exists"')) return keys.some((key) => this.get(key) !== undefined) ? 0 : set();
    if (script.includes('"set"')) return keys.every((key) => this.get(key) === value) ? set() : 0;
    if (script.includes('"del"')) return keys.filter((key) => this.get(key) === value && this.keys.delete(key)).length;
    throw new Error(`a script that is not known here:\n${script}`);
  }
}

/** What happens at the store happens now; its answer, also an error, comes when it has travelled. */
function outcomeOf(command: () => number): () => number {
  try {
    const result = command();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function elapsed(millis: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (millis !== undefined) setTimeout(resolve, millis);
  });
}
