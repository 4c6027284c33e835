/** Raft as a component: its messages, timers, disk and properties are scoped by the path of its host. */
import { describe, expect, it } from 'vitest';
import { goalsReached, monitor } from '../../../src/check/monitor.ts';
import type { Protocol } from '../../../src/check/protocol.ts';
import { raftOptions } from '../../../src/protocols/raft/raft.ts';
import { correctRules } from '../../../src/protocols/raft/rules.ts';
import type { Call } from '../../../src/sim/config.ts';
import type { Fault } from '../../../src/sim/faults.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { Simulation } from '../../../src/sim/simulation.ts';
import { specOf } from './cluster.ts';
import { createCounter } from './counter.ts';

const add = (at: number, client: string, amount: number): Call => ({ at: ms(at), client, op: { type: 'add', amount } });

function simulate(
  calls: readonly Call[],
  faults: readonly Fault[] = [],
  protocol: Protocol = createCounter(),
): Simulation {
  const base = specOf({ clients: 2, calls, faults, until: ms(6_000) });
  const nodes = base.nodes.map((node) => ({
    ...node,
    role: node.role === 'server' ? 'counter' : node.role,
    options: raftOptions(),
  }));
  const simulation = new Simulation({
    spec: { ...base, nodes },
    roles: protocol.roles,
    observers: monitor(protocol),
    strict: true,
  });
  simulation.run();
  return simulation;
}

describe('Raft hosted under another role', () => {
  const calls = Array.from({ length: 20 }, (_, i) => add(400 + 100 * i, `c${1 + (i % 2)}`, 1));

  it('answers each proposal of its host once it is applied', () => {
    const simulation = simulate(calls);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
    const totals = simulation.history().map(({ output }) => output as number);
    expect(totals.sort((left, right) => left - right)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('sends its messages under the path of the component', () => {
    const sent = Object.keys(simulate(calls).statistics().messages);
    expect(sent).toEqual(expect.arrayContaining(['raft:AppendEntries', 'Add', 'Added']));
  });

  it('tells its host that an outcome is unknown when it loses the leadership', () => {
    const simulation = simulate(calls, [
      { kind: 'isolate', node: { noted: 'becameLeader' }, at: ms(900), for: ms(800) },
      { kind: 'crash', node: { noted: 'becameLeader' }, at: ms(2_000), for: ms(200) },
    ]);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
    const { ok, unknown } = simulation.statistics().operations;
    expect(unknown).toBeGreaterThan(0);
    expect(ok).toBeGreaterThan(10);
    expect(Object.keys(goalsReached(simulation.watches))).toContain('raft:leader-deposed');
  });

  it('has its properties checked in its own part of each node', () => {
    const hasty = createCounter({ ...correctRules, applicableThrough: (state) => state.log.length });
    expect(simulate(calls, [], hasty).violation).toMatchObject({ property: 'CI', path: 'raft' });
  });
});
