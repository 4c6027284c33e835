import { describe, expect, it } from 'vitest';
import { plainerKinds } from '../../src/explore/simplify-kinds.ts';
import type { Fault } from '../../src/sim/faults.ts';

const at = 1_000;

/** Everything that a fault can become. */
function allFrom(fault: Fault): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [fault];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const plainer of plainerKinds(next)) {
      const text = JSON.stringify(plainer);
      if (seen.has(text)) continue;
      seen.add(text);
      open.push(plainer);
    }
  }
  return seen;
}

describe('plainer kinds', () => {
  it('keep when a fault happens and what it leaves', () => {
    const outage: Fault = { kind: 'outage', nodes: ['n1', 'n2'], at, unsynced: 'subset', torn: true, for: 500 };
    expect([...allFrom(outage)]).toContain(
      JSON.stringify({ kind: 'crash', node: 'n2', at, unsynced: 'subset', torn: true, for: 500 }),
    );
    const loop: Fault = { kind: 'crash-loop', node: { noted: 'x' }, when: { note: 'y' }, times: 5, down: 7, up: 9 };
    expect([...plainerKinds(loop)]).toEqual([
      { kind: 'crash', node: { noted: 'x' }, when: { note: 'y' }, for: 7 },
      { ...loop, times: 2 },
    ]);
    const flapping: Fault = { kind: 'flapping', groups: [['n1'], ['n2']], at, cut: 5, healed: 6, for: 70 };
    expect([...plainerKinds(flapping)]).toEqual([{ kind: 'partition', groups: [['n1'], ['n2']], at, for: 70 }]);
  });

  it('come to an end: none leads back to where it came from', () => {
    const faults: Fault[] = [
      { kind: 'outage', nodes: ['n1', 'n2', 'n3'], at },
      { kind: 'crash-loop', node: 'n1', at, times: 9, down: 1, up: 1 },
      { kind: 'crash', node: 'n1', at, during: 'sync', empty: true },
      { kind: 'flapping', groups: [['n1'], ['n2']], at, cut: 5, healed: 6, for: 70 },
      { kind: 'partial', pairs: [['n1', 'n2'] as const, ['n2', 'n3'] as const], at },
      { kind: 'swizzle-clog', nodes: ['n1', 'n2', 'n3'], at, for: 9 },
      { kind: 'degrade', from: ['n1'], to: ['n2'], at, lossPpm: 1, fifo: true, capacity: 3 },
      { kind: 'filter', messages: ['a', 'b'], at },
      { kind: 'clock-drift', node: 'n1', at, ppm: 100, every: 10 },
    ];
    for (const fault of faults) {
      const reached = allFrom(fault);
      expect(reached.size, fault.kind).toBeGreaterThan(0);
      expect(reached.has(JSON.stringify(fault)), fault.kind).toBe(false);
    }
  });

  it('of what is plain are none', () => {
    const plain: Fault[] = [
      { kind: 'crash', node: 'n1', at },
      { kind: 'pause', node: 'n1', at, for: 5 },
      { kind: 'partial', pairs: [['n1', 'n2']], at },
      { kind: 'partition', groups: [['n1'], ['n2']], at },
    ];
    for (const fault of plain) expect([...plainerKinds(fault)]).toEqual([]);
  });
});
