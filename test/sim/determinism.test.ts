import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { planSource } from '../../src/explore/generate.ts';
import { raft } from '../../src/protocols/raft/raft.ts';
import { twoPhaseCommit } from '../../src/protocols/two-phase-commit/two-phase-commit.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { bareScenario } from '../../src/scenario/scenario.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import { repositoryRoot } from '../support/lint.ts';

/** Reads plans, runs them on the compiled package, writes a digest and a state hash each. */
const program = `
  import { readFileSync } from 'node:fs';
  const { Simulation } = await import(process.argv[1] + '/index.js');
  const { resolveProtocol } = await import(process.argv[1] + '/registry.js');
  const raft = await resolveProtocol('raft');
  const plans = JSON.parse(readFileSync(0, 'utf8'));
  if (process.argv[2] === 'backwards') plans.reverse();
  const results = plans.map((spec) => {
    const simulation = new Simulation({ spec, roles: raft.roles });
    simulation.run();
    return simulation.digest() + ' ' + simulation.stateHash();
  });
  if (process.argv[2] === 'backwards') results.reverse();
  console.log(JSON.stringify(results));
`;

const dist = pathToFileURL(join(repositoryRoot, 'dist')).href;

function inAnotherProcess(plans: readonly Plan[], order: 'forwards' | 'backwards', ...flags: string[]): unknown {
  const child = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', program, dist, order], {
    input: JSON.stringify(plans),
    encoding: 'utf8',
  });
  expect(child.stderr).toBe('');
  return JSON.parse(child.stdout);
}

function inThisProcess(plans: readonly Plan[]): string[] {
  return plans.map((spec) => {
    const simulation = new Simulation({ spec, roles: raft.roles });
    simulation.run();
    return `${simulation.digest()} ${simulation.stateHash()}`;
  });
}

describe('drawn plans of Raft', () => {
  const scenario = { ...bareScenario('raft', 'raft', 'raft'), chaos: { profile: 'heavy' as const } };
  const source = planSource(raft, scenario);
  const plans = Array.from({ length: 6 }, (_, i) => source.plan(`determinism/${i}`));
  let here: string[] = [];
  beforeAll(() => {
    here = inThisProcess(plans);
  });

  it('run differently from each other', () => {
    expect(new Set(here).size).toBe(plans.length);
  });

  it('run alike twice in one process, whatever ran between', () => {
    expect(inThisProcess([...plans].reverse()).reverse()).toEqual(here);
  });

  it('run alike in another process on the compiled package, in either order', () => {
    expect(inAnotherProcess(plans, 'forwards')).toEqual(here);
    expect(inAnotherProcess(plans, 'backwards')).toEqual(here);
  });

  it('run alike without an optimising compiler, and with another hash seed', () => {
    expect(inAnotherProcess(plans.slice(0, 2), 'forwards', '--no-opt')).toEqual(here.slice(0, 2));
    expect(inAnotherProcess(plans.slice(0, 2), 'forwards', '--hash-seed=77')).toEqual(here.slice(0, 2));
  });

  it('run alike while another protocol runs in the same process, event by event, and after fifty runs of it', () => {
    // Names, keys of timers and transactions differ by a digit or their length: they fall into the same places of all tables.
    const others = planSource(twoPhaseCommit, bareScenario('two-phase-commit', 'two-phase-commit', 'two-phase-commit'));
    const other = (i: number): Simulation =>
      new Simulation({ spec: others.plan(`interleaved/${i}`), roles: twoPhaseCommit.roles });
    const alone = other(0);
    alone.run();
    for (let i = 1; i <= 50; i++) other(i).run();
    plans.forEach((spec, i) => {
      const one = new Simulation({ spec, roles: raft.roles });
      const beside = other(0);
      for (let event = 1, goesOn = true; goesOn; event++) {
        const [mine, theirs] = [one.advanceTo(event), beside.advanceTo(event)];
        goesOn = mine || theirs;
      }
      expect(`${one.digest()} ${one.stateHash()}`).toBe(here[i]);
      expect(`${beside.digest()} ${beside.stateHash()}`).toBe(`${alone.digest()} ${alone.stateHash()}`);
    });
  });
});
