/** `worldline matrix`: what becomes of one task when any process crashes at any moment. */
import { crashMatrix, RECOVERIES } from '../explore/matrix.ts';
import { matrixLines } from '../report/matrix.ts';
import { compileSparingly } from './engine.ts';
import { type ExitCode, exitCodes, UsageError } from './exit.ts';
import { createOutput } from './output.ts';
import { loadSubject } from './subject.ts';

export interface MatrixCommandOptions {
  readonly bug?: string;
  readonly pairs?: boolean;
  readonly wide?: boolean;
  readonly json?: boolean;
  readonly color?: boolean;
}

/** Blocking is no violation, and a split in a cut is none where the protocol does not claim to survive cuts. */
export async function matrix(name: string, options: MatrixCommandOptions): Promise<ExitCode> {
  compileSparingly();
  const output = createOutput(options);
  try {
    const { protocol, scenario } = await loadSubject(name, options, 'none');
    if (protocol.deciding === undefined) {
      throw new UsageError(`${protocol.name} is no protocol that decides`, 'Try: worldline matrix 2pc');
    }
    const report = crashMatrix(protocol, {
      pairs: options.pairs ? RECOVERIES : [],
      wide: options.wide ?? false,
      ...(scenario.bug === undefined ? {} : { bug: scenario.bug }),
    });
    if (options.json) output.print(JSON.stringify(report));
    else for (const line of matrixLines(report, output.style)) output.print(line);
    const inModel = Object.entries(report.counts).filter(
      ([what]) => protocol.tolerates.partitions || !what.startsWith('cut'),
    );
    return inModel.some(([, { split }]) => split > 0) ? exitCodes.broken : exitCodes.expected;
  } finally {
    output.flush();
  }
}
