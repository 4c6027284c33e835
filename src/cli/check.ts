/** `worldline check`: judges recorded histories, our own and other people's. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Judged, Outcome } from '../check/judge-history.ts';
import { type ExitCode, exitCodes, UsageError } from './exit.ts';
import { fileProblem, isFileSystemError } from './files.ts';
import type { Output } from './output.ts';

interface CheckOptions {
  readonly model?: string;
  readonly level?: string;
  readonly budget?: string;
  readonly nilRead?: string;
  readonly assume?: readonly string[];
  readonly everyKey?: boolean;
  readonly explain?: boolean;
  readonly svg?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

/** Adds the command. `finish` gets its exit code; by default it becomes the exit code of the process. */
export function checkCommand(
  program: Command,
  finish: (code: ExitCode) => void = (code) => {
    process.exitCode = code;
  },
): void {
  const assume = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];
  program
    .command('check')
    .description('judge recorded histories: linearizable objects, isolated transactions')
    .argument(
      '<file...>',
      'histories: Jepsen EDN or JSON, Porcupine logs, lin-history, transactions, JSON lines; - is stdin',
    )
    .option('--model <name>', 'what the operations are about (default: as the file says or suggests)')
    .option('--level <name>', 'isolation level that transactions must obey (default: serializable)')
    .option('--budget <nodes>', 'search nodes for one history; more take longer (default: 2000000)')
    .option('--nil-read <meaning>', 'a read that answered nil saw nothing there: value; or is not known: unknown')
    .option(
      '--assume <order>',
      'for registers in transactions: linearizable-keys or sequential-keys; may be repeated',
      assume,
    )
    .option('--every-key', 'judge every key, instead of stopping at the first that is broken')
    .option('--explain', 'say why: orders, states, refusals, the smallest part that fails; cycles in full')
    .option('--svg <file>', 'draw the first history that fails')
    .option('--json', 'results as JSON on stdout, everything else on stderr')
    .option('--no-color', 'no colours (so do NO_COLOR and TERM=dumb; FORCE_COLOR forces them)')
    .addHelpText('before', EXAMPLES)
    .action(async (files: readonly string[], options: CheckOptions) => finish(await check(files, options)));
}

const EXAMPLES = `Examples
  worldline check history.edn                                  a Jepsen history
  worldline check --explain etcd_000.log                       why it fails, with the smallest part that fails by itself
  worldline check --level snapshot-isolation transactions.json isolation of transactions
  some-test --history | worldline check --model register -     JSON lines from another program
`;

/** A history that was read, or a file that could not be. */
interface Row {
  readonly name: string;
  readonly outcome: Outcome | 'malformed';
  readonly judged?: Judged;
  readonly problem?: string;
  /** For `--json`. */
  data(): object;
}

async function check(files: readonly string[], options: CheckOptions): Promise<ExitCode> {
  const { createOutput } = await import('./output.ts');
  const output = createOutput(options);
  try {
    const judge = await prepare(options);
    // Of all files, no more is kept than what is still to be said: histories can be large.
    const outcomes: (Outcome | 'malformed')[] = [];
    const results: object[] = [];
    let toDraw: Row | undefined;
    for (const file of files) {
      for (const row of judge(file)) {
        outcomes.push(row.outcome);
        if (options.json) results.push(row.data());
        else await printRow(row, options, output);
        if (options.svg !== undefined && isDrawable(row)) toDraw ??= row;
      }
    }
    if (options.svg !== undefined && toDraw !== undefined) await draw(toDraw, options.svg);
    if (options.json) output.print(JSON.stringify({ format: 'worldline-check/1', results }, null, 2));
    else if (outcomes.length > 1) output.print(summary(outcomes));
    return exitCodeOf(outcomes);
  } finally {
    output.flush();
  }
}

/** Reads the options once; the answer judges one file after the other. */
async function prepare(options: CheckOptions): Promise<(file: string) => Generator<Row>> {
  const { HISTORY_MODELS, readHistories } = await import('../check/read-history.ts');
  const { judgedData, judgeHistory } = await import('../check/judge-history.ts');
  const { HistoryError } = await import('../check/history-error.ts');
  const { LEVELS, levelNamed } = await import('../check/transactions/levels.ts');
  const { readCount } = await import('./readers.ts');

  const model = HISTORY_MODELS.find((name) => name === options.model);
  if (options.model !== undefined && model === undefined) throw unknownName('--model', options.model, HISTORY_MODELS);
  const level = options.level === undefined ? undefined : levelNamed(options.level);
  if (options.level !== undefined && level === undefined) throw unknownName('--level', options.level, LEVELS);
  const nilRead = oneOf('--nil-read', options.nilRead, ['value', 'unknown'] as const);
  const assumed = (options.assume ?? []).map((name) =>
    oneOf('--assume', name, ['linearizable-keys', 'sequential-keys'] as const),
  );
  const settings = {
    level,
    budget: readCount('--budget', options.budget),
    judgeAll: options.everyKey,
    explain: options.explain || options.svg !== undefined,
    linearizableKeys: assumed.includes('linearizable-keys'),
    sequentialKeys: assumed.includes('sequential-keys'),
  };

  return function* judge(file) {
    const name = file === '-' ? 'stdin' : file;
    const refused = (error: unknown): Row => {
      if (!(error instanceof HistoryError)) throw error;
      const { line, field, problem } = error;
      const place = [
        line === undefined ? [] : `${line}`,
        field === undefined || field === '' ? [] : ` ${field}`,
      ].flat();
      const text = `${[name, ...place].join(':')}: ${problem}`;
      return {
        name,
        outcome: 'malformed',
        problem: text,
        data: () => ({ file: name, outcome: 'malformed', line, field, problem }),
      };
    };
    let histories: ReturnType<typeof readHistories>;
    try {
      histories = readHistories(readText(file), { model, nilRead });
    } catch (error) {
      yield refused(error);
      return;
    }
    if (histories.length === 0) yield nothing(name);
    for (const history of histories) {
      const title = histories.length > 1 ? `${name}#${history.id ?? ''}` : name;
      try {
        const judged = judgeHistory(history, settings);
        yield { name: title, outcome: judged.outcome, judged, data: () => ({ file: name, ...judgedData(judged) }) };
      } catch (error) {
        yield refused(error);
      }
    }
  };
}

function nothing(name: string): Row {
  return { name, outcome: 'nothing', data: () => ({ file: name, outcome: 'nothing' }) };
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw isFileSystemError(error) ? fileProblem('read', file, error) : error;
  }
}

function unknownName(option: string, name: string, known: readonly string[]): UsageError {
  return new UsageError(`${option}: there is no ${JSON.stringify(name)}`, `known: ${known.join(', ')}`);
}

function oneOf<Name extends string>(
  option: string,
  name: string | undefined,
  known: readonly Name[],
): Name | undefined {
  const found = known.find((one) => one === name);
  if (name !== undefined && found === undefined) throw unknownName(option, name, known);
  return found;
}

async function printRow({ name, judged, problem }: Row, options: CheckOptions, output: Output): Promise<void> {
  const { style } = output;
  if (problem !== undefined) {
    output.tell(`worldline: ${problem}`);
    return;
  }
  if (judged === undefined) {
    output.print(`${name}: ${style.warn('nothing to check')}: the file is empty`);
    return;
  }
  const { judgedLines } = await import('../check/judge-history.ts');
  const ascii = process.env.TERM === 'dumb';
  const [headline = '', ...lines] = judgedLines(judged, { explain: options.explain ?? false, ascii });
  const paint = { ok: style.good, broken: style.bad, unknown: style.warn, nothing: style.warn }[judged.outcome];
  output.print(`${name}: ${paint(headline)}`);
  for (const line of lines) output.print(line);
}

function isDrawable({ judged }: Row): boolean {
  return judged?.kind === 'object' && judged.explanation !== undefined;
}

/** @throws UsageError when the file cannot be written. */
async function draw({ judged }: Row, file: string): Promise<void> {
  if (judged?.kind !== 'object' || judged.explanation === undefined) return;
  const { explanationSvg } = await import('../check/linearizability/explanation-svg.ts');
  try {
    writeFileSync(file, explanationSvg(judged.explanation, judged.history.operations, judged.model));
  } catch (error) {
    throw isFileSystemError(error) ? fileProblem('write', file, error) : error;
  }
}

/** The worst that happened to any history; a file that cannot be read is worse than one that fails. */
function exitCodeOf(all: readonly (Outcome | 'malformed')[]): ExitCode {
  const outcomes = new Set(all);
  if (outcomes.has('malformed')) return exitCodes.usage;
  if (outcomes.has('broken')) return exitCodes.broken;
  if (outcomes.has('unknown')) return exitCodes.inconclusive;
  return outcomes.has('nothing') || all.length === 0 ? exitCodes.nothing : exitCodes.expected;
}

function summary(outcomes: readonly (Outcome | 'malformed')[]): string {
  const words = {
    ok: 'as they should be',
    broken: 'broken',
    unknown: 'undecided',
    nothing: 'with nothing to check',
    malformed: 'unreadable',
  } as const;
  const tallies = (Object.keys(words) as (keyof typeof words)[])
    .map((outcome) => ({ outcome, count: outcomes.filter((one) => one === outcome).length }))
    .filter(({ count }) => count > 0);
  return `${outcomes.length} histories: ${tallies.map(({ outcome, count }) => `${count} ${words[outcome]}`).join(', ')}`;
}
