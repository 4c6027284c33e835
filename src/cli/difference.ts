/** Two runs of one plan that are not the same, told. */
import { type ExitCode, exitCodes } from './exit.ts';
import type { Output } from './output.ts';

/** `subject`: whose runs differ, in words. */
export function tellDifference(
  difference: string,
  subject: string,
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
  for (const side of sidesOf(difference)) print(`  ${side}`);
  for (const line of whyNotDeterministic) print(`  ${line}`);
  return exitCodes.broken;
}

/** `first run: ...` and `second run: ...`, a line each. */
export const sidesOf = (difference: string): string[] => difference.split(/; (?=(?:second|strict) run: )/);

export const whyNotDeterministic: readonly string[] = [
  'The protocol depends on something beside its state and its inputs: a module variable, a Map that outlives a run,',
  'the time of day, Math.random. Everything a node remembers belongs into its state.',
];
