/**
 * Not a speed but a proof by numbers: for each seed a default run of Raft is stopped in its middle, its snapshot restored into another
 * simulation, and both go on to the end. Three digests must be equal: the whole run's, the stopped one's, the restored one's.
 *
 * Run: `npm run bench -- snapshots [seeds, 1000]`. Exits 1 at the first difference.
 */
import { monitor } from '../src/check/monitor.ts';
import { planSource } from '../src/explore/generate.ts';
import { raft } from '../src/protocols/raft/raft.ts';
import type { Plan } from '../src/scenario/plan.ts';
import { bareScenario } from '../src/scenario/scenario.ts';
import { Simulation } from '../src/sim/simulation.ts';

const seeds = Number(process.argv[2] ?? 1_000);
const source = planSource(raft, bareScenario('raft', raft.title, 'raft'));
const simulationOf = (plan: Plan): Simulation =>
  new Simulation({ spec: plan, roles: raft.roles, observers: monitor(raft) });

const before = process.cpuUsage();
let events = 0;
for (let seed = 1; seed <= seeds; seed++) {
  const plan = source.plan(String(seed));
  const whole = simulationOf(plan);
  whole.run();
  events += whole.event;

  const stopped = simulationOf(plan);
  while (stopped.event < whole.event / 2 && stopped.step());
  const snapshot = stopped.snapshot();
  const middle = stopped.event;
  stopped.run();
  const restored = simulationOf(plan);
  restored.restore(snapshot);
  restored.run();

  const digests = [whole.digest(), stopped.digest(), restored.digest()];
  if (new Set(digests).size > 1) {
    console.error(`seed ${seed}, snapshot at event ${middle} of ${whole.event}: ${digests.join(', ')}`);
    process.exit(1);
  }
}
const { user, system } = process.cpuUsage(before);
console.log(
  `${seeds} runs of ${Math.round(events / seeds)} events on average: whole, stopped and restored digests are equal (${((user + system) / 1e6).toFixed(0)} CPU seconds)`,
);
