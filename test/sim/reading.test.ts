import { expect, test } from 'vitest';
import { defaultLimits, defineRole, Simulation } from '../../src/index.ts';

interface CounterShape {
  readonly state: { seen: { [name: string]: number } };
  readonly timer: 'count';
  readonly records: { readonly seen: { [name: string]: number } };
}

/** Takes what it has read as its state, changes it, and never writes it back. */
const careless = defineRole<CounterShape>({
  boot(context) {
    const stored = context.disk.read('seen');
    const value = stored.ok ? stored.value : undefined;
    if (value === undefined) context.disk.put('seen', { boots: 0 });
    context.disk.sync();
    context.setTimer('count', 10);
    return { seen: value ?? { boots: 0 } };
  },
  onTimer: {
    count(state) {
      state.seen.boots = (state.seen.boots ?? 0) + 1;
    },
  },
  view: ({ seen }) => ({ role: 'node', label: `${seen.boots}` }),
});

test.each([false, true])('a state made of what was read does not change the disk (strict: %s)', (strict) => {
  const simulation = new Simulation({
    spec: {
      seed: 'reading',
      nodes: [{ id: 'n1', role: 'node', options: {} }],
      network: { latency: { kind: 'constant', value: 1 }, lossPpm: 0, duplicationPpm: 0, fifo: false },
      disk: { syncLatency: { kind: 'constant', value: 1 } },
      faults: [
        { kind: 'crash', node: 'n1', at: 100, for: 1 },
        { kind: 'crash', node: 'n1', at: 200, for: 1 },
      ],
      calls: [],
      overrides: [],
      limits: { ...defaultLimits, until: 300 },
    },
    roles: { node: careless },
    strict,
  });
  simulation.run();
  expect(simulation.failure).toBeUndefined();
  // Each boot reads 0 and counts to 1; had the disk been changed, the third would show 3.
  expect(simulation.viewOf('n1')?.label).toBe('1');
});
