/** What a campaign found, kept in files and told: what `fuzz` and `merge` have in common. */

import type { Protocol } from '../check/protocol.ts';
import { isOutside, outsideModel } from '../explore/budget.ts';
import { type Capsule, capsuleText } from '../explore/capsule.ts';
import { writeCapsule } from '../explore/capsule-file.ts';
import type { FindingGroup, FuzzReport } from '../explore/report.ts';
import { failureLines } from '../report/failure.ts';
import type { Plan } from '../scenario/plan.ts';
import { differenceLines } from './difference.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { fileProblem, isFileSystemError } from './files.ts';
import { accountOf } from './one-run.ts';
import type { Output } from './output.ts';
import { quoted } from './shell.ts';

/** What names a scenario again behind `worldline run` and `worldline fuzz`. */
export interface Words {
  readonly runWords: string;
  readonly fuzzWords: string;
}

/** A finding with the file that holds it. */
export interface Kept {
  readonly group: FindingGroup;
  readonly path: string | undefined;
}

/**
 * A finding is never lost: where the capsule cannot be written it goes to the terminal.
 * @param directory where it is kept, unless with all that was ever found
 */
export async function keep(group: FindingGroup, directory: string | undefined, output: Output): Promise<Kept> {
  const { capsule } = group;
  if (capsule === undefined) return { group, path: undefined };
  try {
    return { group, path: await writeCapsule(capsule, ...(directory === undefined ? [] : [directory])) };
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    tellUnwritten(capsule, error, output);
    return { group, path: undefined };
  }
}

function tellUnwritten(capsule: Capsule, error: unknown, output: Output): void {
  const { path = 'the capsule' } = error as NodeJS.ErrnoException;
  output.tell(`worldline: ${fileProblem('write', path, error).message}`);
  output.tell('The capsule, to be kept by hand and replayed:');
  output.tell(JSON.stringify(JSON.parse(capsuleText(capsule))));
}

/** The whole account of one finding: at most 25 lines. */
export function findingLines(
  { group, path }: Kept,
  protocol: Protocol | undefined,
  { runWords, fuzzWords }: Words,
  output: Output,
  planOf?: (seed: string) => Plan,
): string[] {
  const { capsule, smallest, shrinking, count } = group;
  const seed = quoted(smallest.seed);
  const again = `npx worldline fuzz ${fuzzWords} --seed ${seed} --runs 1`;
  if (capsule === undefined || protocol === undefined) return nondeterminism(group, protocol, planOf, again, output);
  const commands = [
    path === undefined ? `npx worldline replay ${fuzzWords} --seed ${seed}` : `npx worldline replay ${quoted(path)}`,
    `npx worldline run ${runWords} --seed ${seed} --plain`,
    again,
  ];
  const { plan, violation, failure } = capsule;
  const execution = { ...smallest.execution, ...(violation && { violation }), ...(failure && { failure }) };
  const account = accountOf(protocol, plan, execution, {
    seed: smallest.seed,
    found: count,
    commands,
    ...(isOutside(group.signature) ? { outside: outsideModel(protocol, plan) } : {}),
    ...(smallest.strictOnly === true ? { strictOnly: true } : {}),
    ...(shrinking === undefined ? {} : { shrunk: shrinking }),
  });
  return failureLines(account, output.style);
}

function nondeterminism(
  { first }: FindingGroup,
  protocol: Protocol | undefined,
  planOf: ((seed: string) => Plan) | undefined,
  again: string,
  { style }: Output,
): string[] {
  const digests = `${first.execution.digest} and ${first.otherDigest ?? 'another'}`;
  const { difference } = first;
  const lines =
    difference === undefined || protocol === undefined || planOf === undefined
      ? (difference?.sides ?? [])
      : differenceLines(difference, protocol, planOf(first.seed));
  return [
    `${style.bad(style.bold('NOT DETERMINISTIC'))}  seed ${first.seed} gave two digests: ${digests}`,
    ...lines.map((line) => `  ${line}`),
    '',
    style.accent(again),
  ];
}

/** The report as `--json` prints it, and `merge` reads it. */
export function reportAsData(report: FuzzReport, found: readonly Kept[], words: Words): object {
  const violations = found.map(({ group, path }) => ({
    signature: group.signature,
    count: group.count,
    seed: group.first.seed,
    ...(path === undefined ? {} : { capsuleFile: path }),
  }));
  return { format: FUZZ_FORMAT, ...report, violations, words };
}

export const FUZZ_FORMAT = 'worldline-fuzz/1';

export function exitCodeOf(report: FuzzReport): ExitCode {
  if (report.interrupted) return exitCodes.interrupted;
  if (report.asExpected) return exitCodes.expected;
  if (report.verdict === 'nothing-ran') return exitCodes.nothing;
  return report.verdict === 'inconclusive' ? exitCodes.inconclusive : exitCodes.broken;
}
