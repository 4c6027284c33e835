/**
 * A campaign in full swing: default runs drawn and run one after the other in one thread, as `fuzz` does it, without its start. V8 goes on
 * compiling for some thousand runs; those are the warm-up. V8 compiles here as in long campaigns (docs/decisions/0066).
 *
 * Run: `npm run bench -- campaign [protocol] [warm-up]`. Default: raft, 2,500 runs.
 */
import { compileThoroughly } from '../src/cli/engine.ts';
import { execute } from '../src/explore/execute.ts';
import { planSource } from '../src/explore/generate.ts';
import { observeVocabulary } from '../src/explore/probe.ts';
import { resolveProtocol } from '../src/registry.ts';
import { bareScenario } from '../src/scenario/scenario.ts';

const RUNS = 250;
const BATCHES = 12;

compileThoroughly();
const [name = 'raft', warmUp = '2500'] = process.argv.slice(2);
const protocol = await resolveProtocol(name);
const scenario = bareScenario(protocol.name, protocol.title, name);
const source = planSource(protocol, scenario, observeVocabulary(protocol, scenario));

let seed = 11_000_000;
function runsOf(count: number): { readonly runs: number; readonly events: number; readonly cpuSeconds: number } {
  const before = process.cpuUsage();
  let events = 0;
  for (let i = 0; i < count; i++) {
    const { verdict, statistics } = execute(protocol, source.plan(String(seed++)));
    if (verdict !== 'passed') throw new Error(`seed ${seed - 1}: ${verdict}`);
    events += statistics.events;
  }
  const { user, system } = process.cpuUsage(before);
  return { runs: count, events, cpuSeconds: (user + system) / 1e6 };
}

const start = runsOf(Number(warmUp));
const batches = Array.from({ length: BATCHES }, () => runsOf(RUNS));
const rates = batches.map(({ runs, cpuSeconds }) => runs / cpuSeconds).sort((a, b) => a - b);
const sum = (of: 'events' | 'cpuSeconds'): number => batches.reduce((total, batch) => total + batch[of], 0);
const [slowest, median, fastest] = [rates[0], rates[BATCHES / 2], rates[BATCHES - 1]] as [number, number, number];
console.log(
  `${name}: ${median.toFixed(0)} default runs per CPU second (${slowest.toFixed(0)} to ${fastest.toFixed(0)} in ${BATCHES} batches of ${RUNS}), ` +
    `${((1e6 * sum('cpuSeconds')) / sum('events')).toFixed(2)} us an event, ${Math.round(sum('events') / (BATCHES * RUNS)).toLocaleString('en')} events a run; ` +
    `${(start.runs / start.cpuSeconds).toFixed(0)} in the ${start.runs.toLocaleString('en')} runs of warm-up; ` +
    `peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
);
