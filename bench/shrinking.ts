/**
 * How small failures become and what that costs: the first hits of every planted bug of Raft, shrunk.
 *
 * Run: `npm run bench -- shrinking [hits] [seed] [bug...]`. A line a bug and hit: handlers in the causal past of the violation, faults,
 * calls, nodes, executions and processor seconds; then medians.
 */
import { execute } from '../src/explore/execute.ts';
import { signatureOf } from '../src/explore/execution.ts';
import { planSource } from '../src/explore/generate.ts';
import { observeVocabulary } from '../src/explore/probe.ts';
import { shrinkPlan } from '../src/explore/shrink.ts';
import { raft } from '../src/protocols/raft/raft.ts';
import { bareScenario } from '../src/scenario/scenario.ts';

const [hitsText = '1', seedText = '1', ...bugs] = process.argv.slice(2);
const SEEDS_MAX = 2_000;

const scenario = bareScenario('raft', 'Raft', 'raft');
const vocabulary = observeVocabulary(raft, scenario);
const sizes: { readonly handlers: number; readonly seconds: number; readonly faults: number }[] = [];

for (const bug of raft.bugs ?? []) {
  if (bugs.length > 0 && !bugs.includes(bug.id)) continue;
  const protocol = bug.protocol();
  const source = planSource(protocol, scenario, vocabulary);
  let hits = 0;
  for (let seed = Number(seedText); hits < Number(hitsText) && seed < Number(seedText) + SEEDS_MAX; seed++) {
    const plan = source.plan(String(seed));
    const execution = execute(protocol, plan);
    const signature = signatureOf(execution);
    if (signature === undefined) continue;
    hits++;
    const small = await shrinkPlan(protocol, plan, execution, { source });
    const { executions, cpuSeconds, stoppedEarly, after } = small.report;
    sizes.push({ handlers: after.handlers, seconds: cpuSeconds, faults: after.faults });
    const kinds = small.plan.faults.map(({ kind }) => kind).join(' ');
    console.log(
      `${bug.id.padEnd(5)} seed ${String(seed).padEnd(6)} ${signature.padEnd(14)} ${String(after.handlers).padStart(4)} handlers, ` +
        `${after.faults} faults (${kinds}), ${after.calls} calls, ${after.nodes} nodes, ${after.events} events; ` +
        `${executions} executions, ${cpuSeconds.toFixed(1)} s${stoppedEarly ? ', stopped early' : ''}`,
    );
  }
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
console.log(
  `median: ${median(sizes.map(({ handlers }) => handlers))} handlers, ${median(sizes.map(({ faults }) => faults))} faults, ` +
    `${median(sizes.map(({ seconds }) => seconds)).toFixed(1)} s of processor time; ${sizes.length} failures`,
);
