/** Fuzzing from a test of one's own: the same campaign as on the command line, in this process. */

import { qualifiedName } from '../check/monitor.ts';
import { withPlantedBug } from '../check/planted.ts';
import type { Protocol } from '../check/protocol.ts';
import { whyNotProtocol } from '../check/protocol-shape.ts';
import { bareScenario, type ChaosProfile, type Scenario } from '../scenario/scenario.ts';
import { fuzz as fuzzScenario } from './fuzz.ts';
import type { Finding, FuzzReport, Progress } from './report.ts';

export interface FuzzTestOptions {
  /** Default 0: a test should test the same thing every time. Any unsigned integer or word. */
  readonly seed?: string | number;
  /** How many seeds; default 200. */
  readonly runs?: number;
  /** Begin no seed after this many seconds of wall time. */
  readonly forSeconds?: number;
  /** How rough the world is; default `default`. */
  readonly profile?: ChaosProfile;
  /** Id of one of the protocol's planted bugs. */
  readonly bug?: string;
  /** Anything else a scenario may fix: nodes, options, network, workload, scripted faults, limits, expectations. */
  readonly scenario?: Partial<Scenario>;
  /** Go on after a finding. */
  readonly keepGoing?: boolean;
  /** Make the failing plan small; default true. */
  readonly shrink?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

const RUNS = 200;

/** Everything there is; the compiler sees to it that nothing is missing here. */
const optionNames = Object.keys({
  seed: true,
  runs: true,
  forSeconds: true,
  profile: true,
  bug: true,
  scenario: true,
  keepGoing: true,
  shrink: true,
  onProgress: true,
  signal: true,
} satisfies Record<keyof FuzzTestOptions, true>);

/**
 * Runs a campaign against a protocol, or against a module that exports one as `protocol`, in this process.
 *
 *     const report = await fuzz(counter, { runs: 300 });
 *     assertNoViolation(report);
 *
 * @throws TypeError when it is given no protocol, or an option that there is not: left alone, it would be taken for one that works.
 */
export async function fuzz(
  protocolOrModule: Protocol | { readonly protocol: Protocol },
  options: FuzzTestOptions = {},
): Promise<FuzzReport> {
  const isModule = typeof protocolOrModule === 'object' && protocolOrModule !== null && 'protocol' in protocolOrModule;
  const given = isModule ? protocolOrModule.protocol : protocolOrModule;
  const why = whyNotProtocol(given);
  if (why !== undefined) throw new TypeError(`fuzz: what it was given ${why}`);
  const strange = Object.keys(options).find((name) => !optionNames.includes(name));
  if (strange !== undefined) throw new TypeError(`fuzz: no option ${strange}; there are ${optionNames.join(', ')}`);
  const { seed = 0, runs, forSeconds, profile, bug, scenario, ...rest } = options;
  const protocol = bug === undefined ? given : withPlantedBug(given, bug);
  if (protocol === undefined) throw new TypeError(`fuzz: ${given.name} has no planted bug ${bug}`);
  const full: Scenario = {
    ...bareScenario(given.name, given.title, given.name),
    ...scenario,
    ...(bug === undefined ? {} : { bug }),
    chaos: { ...scenario?.chaos, ...(profile === undefined ? {} : { profile }) },
  };
  const budget =
    forSeconds === undefined ? { runs: runs ?? RUNS } : { forSeconds, ...(runs === undefined ? {} : { runs }) };
  return fuzzScenario(protocol, full, { ...rest, ...budget, seed: String(seed) });
}

/**
 * Passes when a campaign found nothing and proved something.
 * @throws Error that tells what was found, where, and how to see it again.
 */
export function assertNoViolation(report: FuzzReport): void {
  if (report.verdict === 'passed') return;
  throw new Error(describe(report));
}

function describe(report: FuzzReport): string {
  const [group] = report.groups;
  if (group === undefined) return `${report.protocol}: ${report.verdict}: ${report.reasons.join('; ')}`;
  const { first, capsule } = group;
  const violation = capsule?.violation ?? first.execution.violation;
  const failure = capsule?.failure ?? first.execution.failure;
  const lines = [headline(report, first)];
  if (violation !== undefined) {
    lines.push(`  ${violation.sentence}`);
    for (const { event, node, text } of violation.facts)
      lines.push(`    event ${event}${node === undefined ? '' : ` at ${node}`}: ${text}`);
  }
  if (failure !== undefined) lines.push(`  ${failure.stack ?? failure.sentence}`);
  if (first.difference !== undefined) {
    const { sides, handler } = first.difference;
    lines.push(...sides.map((side) => `  ${side}`));
    if (handler !== undefined) lines.push(`  in ${handler.name} at ${handler.node}`);
  }
  if (capsule !== undefined) {
    const { plan } = capsule;
    lines.push(
      `  smallest plan: ${plan.nodes.length} nodes, ${plan.calls.length} calls, ${plan.faults.length} faults, ${capsule.events} events`,
    );
    for (const fault of plan.faults) lines.push(`    ${JSON.stringify(fault)}`);
  }
  lines.push(`  again: fuzz(protocol, { seed: ${JSON.stringify(first.seed)}, runs: 1 })`);
  return lines.join('\n');
}

function headline(report: FuzzReport, { execution, seed, verdict }: Finding): string {
  const what =
    execution.violation === undefined
      ? verdict
      : `violated ${qualifiedName(execution.violation.path, execution.violation.property)} (${execution.violation.title})`;
  return `${report.protocol}: ${what}, seed ${seed}, after ${report.runs} run${report.runs === 1 ? '' : 's'}`;
}
