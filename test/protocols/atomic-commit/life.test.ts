/** A process whose disk cannot be read stops: it may have promised what it does not know any more. */
import { describe, expect, it } from 'vitest';
import { paxosCommit } from '../../../src/protocols/paxos-commit/paxos-commit.ts';
import {
  enhancedThreePhaseCommit,
  quorumThreePhaseCommit,
  threePhaseCommit,
} from '../../../src/protocols/three-phase-commit/three-phase-commit.ts';
import { twoPhaseCommit } from '../../../src/protocols/two-phase-commit/two-phase-commit.ts';
import type { Fault } from '../../../src/sim/faults.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { call, run, transfer } from './cluster.ts';

const family = [twoPhaseCommit, threePhaseCommit, quorumThreePhaseCommit, enhancedThreePhaseCommit, paxosCommit];

const calls = [call(0, 'c1', transfer('a1', 'a3'))];

describe.each(family.map((protocol) => [protocol.name, protocol] as const))('%s', (_name, protocol) => {
  /** Who writes this in a run without faults. */
  const writersOf = (target: string): readonly string[] => {
    const { trace } = run({ calls }, protocol);
    return [
      ...new Set(trace.flatMap((event) => (event.kind === 'write' && event.target === target ? [event.node] : []))),
    ];
  };

  const haltsOf = (node: string, target: string): readonly string[] => {
    const faults: readonly Fault[] = [
      { kind: 'bit-flip', node, target, at: ms(500) },
      { kind: 'crash', node, at: ms(510), for: ms(20) },
    ];
    const { simulation, trace } = run({ calls, faults }, protocol);
    expect(simulation.failure).toBeUndefined();
    return trace.flatMap((event) => (event.kind === 'halt' ? [`${event.node}: ${event.reason}`] : []));
  };

  it('stops where its log cannot be read', () => {
    const writers = writersOf('wal');
    expect(writers.length).toBeGreaterThan(2);
    for (const node of writers) expect(haltsOf(node, 'wal[1]')).toEqual([`${node}: the log cannot be read (corrupt)`]);
  });

  it('stops where the number of its last life cannot be read', () => {
    const writers = writersOf('incarnation');
    expect(writers.length).toBeGreaterThan(2);
    for (const node of writers)
      expect(haltsOf(node, 'incarnation')).toEqual([`${node}: the number of the last life cannot be read (corrupt)`]);
  });
});
