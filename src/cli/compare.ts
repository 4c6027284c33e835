/** `worldline compare`: protocols that decide, side by side, in the same troubles. */
import { compareProtocols } from '../explore/compare.ts';
import { compareLines } from '../report/compare.ts';
import { compileSparingly } from './engine.ts';
import { type ExitCode, exitCodes, UsageError } from './exit.ts';
import { createOutput } from './output.ts';
import { registered } from './protocols.ts';
import { readCount } from './readers.ts';

export interface CompareCommandOptions {
  readonly runs?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

const RUNS = 20;

/** A split is a violation, but not where the protocol does not claim to survive what splits it. */
export async function compare(names: readonly string[], options: CompareCommandOptions): Promise<ExitCode> {
  compileSparingly();
  const output = createOutput(options);
  try {
    const protocols = await Promise.all(names.map((name) => registered(name)));
    const other = protocols.find(({ deciding }) => deciding === undefined);
    if (other !== undefined) {
      throw new UsageError(
        `${other.name} is no protocol that decides`,
        'Try: worldline compare 2pc 3pc q3pc e3pc paxos-commit',
      );
    }
    const report = compareProtocols(protocols, readCount('--runs', options.runs) ?? RUNS);
    if (options.json) output.print(JSON.stringify(report));
    else for (const line of compareLines(report, output.style)) output.print(line);
    const broken = report.situations.some(({ rows }) =>
      rows.some(({ splits, outsideModel }) => splits > 0 && !outsideModel),
    );
    return broken ? exitCodes.broken : exitCodes.expected;
  } finally {
    output.flush();
  }
}
