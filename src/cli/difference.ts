/** Two runs of one plan that are not the same, told. */
import type { Protocol } from '../check/protocol.ts';
import type { Difference } from '../explore/difference.ts';
import type { Plan } from '../scenario/plan.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { userFrames } from './frames.ts';
import { handlerPlace } from './handler-place.ts';
import type { Output } from './output.ts';

/** `subject`: whose runs differ, in words. */
export function tellDifference(
  difference: Difference,
  subject: string,
  { protocol, plan }: { readonly protocol: Protocol; readonly plan: Plan },
  options: { readonly json?: boolean },
  output: Output,
): ExitCode {
  if (options.json) {
    const data = { format: 'worldline-run/1', subject, verdict: 'nondeterministic', difference };
    output.print(JSON.stringify(data, null, 2));
    return exitCodes.broken;
  }
  const { print, style } = output;
  print(`${style.bad(style.bold('NOT DETERMINISTIC'))}  ${subject}: two runs of one plan differ`);
  for (const line of differenceLines(difference, protocol, plan)) print(`  ${line}`);
  return exitCodes.broken;
}

/** Both sides, where to look, and what it mostly is. */
export function differenceLines(difference: Difference, protocol: Protocol, plan: Plan): string[] {
  const { sides, handler, stack } = difference;
  if (handler === undefined) return [...sides, ...whyNotDeterministic];
  const thrown = userFrames(stack);
  const places = thrown.length > 0 ? thrown : handlerPlace(protocol, plan, handler.node, handler.name);
  const where = [`in ${handler.name} at ${handler.node}`, ...places.map((place) => `  ${place}`)];
  return [...sides, ...where, ...whyNotDeterministic];
}

const whyNotDeterministic: readonly string[] = [
  'The protocol depends on something beside its state and its inputs: a module variable, a Map that outlives a run,',
  'the time of day, Math.random. Everything a node remembers belongs into its state.',
];
