/**
 * What V8 takes for alive of runs that have ended: KB of each run that outlive collections of young garbage, until all is collected. Names in
 * the digest's table are some tens; more is a function or a getter that closes over the run (docs/decisions/0065), or hidden classes.
 *
 * Run: `npm run bench -- kept [protocol...]`. Default: one of each family.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openRun } from '../src/explore/execute.ts';
import { planSource } from '../src/explore/generate.ts';
import { observeVocabulary } from '../src/explore/probe.ts';
import { resolveProtocol } from '../src/registry.ts';
import { bareScenario } from '../src/scenario/scenario.ts';

const RUNS = 100;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;

const oldKilobytes = (): number =>
  getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !name.startsWith('new_'))
    .reduce((sum, { space_used_size: size }) => sum + size, 0) / 1e3;

async function kilobytesKept(name: string): Promise<number> {
  const protocol = await resolveProtocol(name);
  const scenario = bareScenario(protocol.name, protocol.title, name);
  const source = planSource(protocol, scenario, observeVocabulary(protocol, scenario));
  const plans = Array.from({ length: RUNS }, (_, seed) => source.plan(String(seed)));
  const run = (plan: (typeof plans)[number]): void => {
    const { simulation, outcome } = openRun(protocol, plan);
    simulation.run();
    outcome();
  };
  for (let round = 0; round < 4; round++) plans.forEach(run);
  gc();
  const before = oldKilobytes();
  for (const plan of plans) {
    run(plan);
    gc({ type: 'minor' });
  }
  return (oldKilobytes() - before) / RUNS;
}

const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : ['raft', '2pc', '3pc', 'paxos-commit', 'lease-lock', 'redlock', 'etcd-lock'];
for (const name of names)
  console.log(`${name.padEnd(16)} ${(await kilobytesKept(name)).toFixed(0)} KB kept of each run`);
