/** What properties remember survives a snapshot: a run that is restored in its middle is judged like the whole one. */
import { describe, expect, it } from 'vitest';
import { monitor } from '../../../src/check/monitor.ts';
import { planSource } from '../../../src/explore/generate.ts';
import { paxosCommit } from '../../../src/protocols/paxos-commit/paxos-commit.ts';
import {
  enhancedThreePhaseCommit,
  quorumThreePhaseCommit,
  threePhaseCommit,
} from '../../../src/protocols/three-phase-commit/three-phase-commit.ts';
import { twoPhaseCommit } from '../../../src/protocols/two-phase-commit/two-phase-commit.ts';
import { bareScenario } from '../../../src/scenario/scenario.ts';
import { Simulation } from '../../../src/sim/simulation.ts';

const family = [twoPhaseCommit, threePhaseCommit, quorumThreePhaseCommit, enhancedThreePhaseCommit, paxosCommit];

describe.each(family.map((protocol) => [protocol.name, protocol] as const))('%s', (name, protocol) => {
  it('is judged alike whether or not it was restored in the middle', () => {
    const source = planSource(protocol, bareScenario(name, protocol.title, name));
    const started = (seed: number): Simulation =>
      new Simulation({ spec: source.plan(`y${seed}`), roles: protocol.roles, observers: monitor(protocol) });
    for (let seed = 0; seed < 10; seed++) {
      const whole = started(seed);
      while (whole.event < 800 && whole.step());
      const snapshot = whole.snapshot();
      whole.run();
      const restored = started(seed);
      restored.restore(snapshot);
      restored.run();
      expect(restored.violation?.finding.sentence).toBe(whole.violation?.finding.sentence);
      expect(restored.digest()).toBe(whole.digest());
    }
  });
});
