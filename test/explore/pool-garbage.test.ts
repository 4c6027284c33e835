import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { collectBetweenRuns, collector } from '../../src/explore/pool-garbage.ts';

const MEGABYTE = 131_072;

/** So many megabytes that nobody needs. */
const litter = (megabytes: number): number =>
  Array.from({ length: megabytes }, () => new Array(MEGABYTE).fill(0.5)).length;

/** How often V8 was told to collect meanwhile. */
async function collectionsAskedFor(work: () => void): Promise<number> {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as unknown as { readonly detail: { readonly flags: number } };
      if ((detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0) count++;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  work();
  await setTimeout(20);
  observer.disconnect();
  return count;
}

describe('collectBetweenRuns', () => {
  it('collects what runs have left, where there is enough of it', async () => {
    collectBetweenRuns();
    const asked = await collectionsAskedFor(() => {
      litter(12);
      collectBetweenRuns();
    });
    expect(asked).toBe(1);
  });

  it('leaves alone what is not worth it', async () => {
    collectBetweenRuns();
    const asked = await collectionsAskedFor(() => {
      for (let run = 0; run < 3; run++) {
        litter(1);
        collectBetweenRuns();
      }
    });
    expect(asked).toBe(0);
  });

  it('shows the collector to nobody else', () => {
    litter(12);
    collectBetweenRuns();
    expect([typeof globalThis.gc, runInNewContext('typeof gc')]).toEqual(['undefined', 'undefined']);
  });

  it('is found although other threads, which look for theirs, hide it again and again', async () => {
    const hider = new Worker(
      `const { setFlagsFromString } = require('node:v8');
       const { parentPort } = require('node:worker_threads');
       const asleep = new Int32Array(new SharedArrayBuffer(4));
       parentPort.postMessage('hiding');
       for (;;) {
         setFlagsFromString('--no-expose-gc');
         Atomics.wait(asleep, 0, 0, 5);
       }`,
      { eval: true },
    );
    await new Promise((resolve) => hider.once('message', resolve));
    const collectors = Array.from({ length: 200 }, () => collector());
    await hider.terminate();
    const collections = await collectionsAskedFor(() => {
      for (const collect of collectors) collect();
    });
    expect(collections).toBe(collectors.length);
  });
});
