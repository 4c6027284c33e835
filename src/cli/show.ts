/** `worldline show`: a run as a timeline on the terminal; as plain rows where there is none. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import type { TraceEvent } from '../sim/trace.ts';
import type { Predicate } from '../timeline/predicate.ts';
import { isBranchFile, readBranch, saveBranch } from './branches.ts';
import { type ExitCode, exitCodes, UsageError } from './exit.ts';
import { createOutput, wantsColor } from './output.ts';
import { readSeed, readUntil } from './readers.ts';
import { quoted } from './shell.ts';
import type { SubjectOptions } from './subject.ts';

export interface ShowCommandOptions extends SubjectOptions {
  readonly seed?: string;
  readonly plain?: boolean;
  readonly ascii?: boolean;
  readonly color?: boolean;
  readonly width?: string;
  readonly until?: string;
}

/** What is shown, before it has run. */
export interface Shown {
  readonly protocol: Protocol;
  readonly plan: Plan;
  readonly title: string;
  /** Words behind `worldline replay` or `worldline run` that run it again. */
  readonly words: string;
  readonly strict: boolean;
}

export async function show(name: string, options: ShowCommandOptions): Promise<ExitCode> {
  const until = options.until === undefined ? undefined : readUntil(options.until);
  const shown = await shownBy(name, options);
  if (until !== undefined) (await import('./until.ts')).checkNodes(until, shown.plan);
  const ascii = options.ascii ?? !speaksUnicode(process.env);
  if (options.plain || !process.stdin.isTTY || !process.stdout.isTTY || process.env.TERM === 'dumb')
    return printPlain(shown, options, ascii, until);
  // React's other build keeps every frame it has drawn.
  process.env.NODE_ENV = 'production';
  const { showOnTerminal } = await import('../tui/show.tsx');
  const code = await showOnTerminal({
    showing: {
      ...shown,
      command: `npx worldline show ${shown.words}`,
      ...(until === undefined ? {} : { until }),
      save: (branch) => saveBranch(branch, shown.title),
    },
    color: wantsColor(options.color ?? true, true),
    ascii,
    process,
  });
  return code === 0 ? exitCodes.expected : (code as ExitCode);
}

async function shownBy(name: string, options: ShowCommandOptions): Promise<Shown> {
  if (!name.endsWith('.json')) return shownScenario(name, options);
  return isBranchFile(name) ? shownBranch(name, options) : shownCapsule(name, options);
}

async function shownScenario(name: string, options: ShowCommandOptions): Promise<Shown> {
  const [{ loadSubject }, { planFor }] = await Promise.all([import('./subject.ts'), import('./run.ts')]);
  const seed = readSeed(options.seed ?? '1');
  const subject = await loadSubject(name, options, 'none');
  const words = `${subject.runWords} --seed ${quoted(seed)}`;
  return {
    protocol: subject.protocol,
    plan: planFor(subject, seed),
    title: subject.scenario.name,
    words,
    strict: false,
  };
}

function refuseWhatFilesFix(path: string, { seed, bug, profile, option }: ShowCommandOptions): void {
  if ((seed ?? bug ?? profile ?? option) !== undefined)
    throw new UsageError('a file fixes everything its run depends on', `worldline show ${quoted(path)}`);
}

async function shownBranch(path: string, options: ShowCommandOptions): Promise<Shown> {
  refuseWhatFilesFix(path, options);
  const { registered } = await import('./protocols.ts');
  const { plan, title } = readBranch(path);
  return { protocol: await registered(plan.protocol, plan.bug), plan, title, words: quoted(path), strict: false };
}

async function shownCapsule(path: string, options: ShowCommandOptions): Promise<Shown> {
  refuseWhatFilesFix(path, options);
  const [{ capsuleAt }, { registered }] = await Promise.all([import('./corpus.ts'), import('./protocols.ts')]);
  const { plan, scenario, failure } = await capsuleAt(path);
  const protocol = await registered(plan.protocol, plan.bug);
  return { protocol, plan, title: scenario, words: quoted(path), strict: failure?.kind === 'strict' };
}

/** Whether box drawing characters can be hoped for. */
export function speaksUnicode({ TERM, LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  if (TERM === 'linux' || TERM === 'dumb') return false;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  return locale !== undefined && /utf-?8/i.test(locale);
}

// --- Plain rows ----------------------------------------------------------------------------------------------------------------------

async function printPlain(
  shown: Shown,
  options: ShowCommandOptions,
  ascii: boolean,
  until: Predicate | undefined,
): Promise<ExitCode> {
  const output = createOutput(options);
  try {
    const { plainTimeline } = await import('../report/timeline.ts');
    const { execute } = await import('../explore/execute.ts');
    const { failureLines } = await import('../report/failure.ts');
    const { accountOf, stopAt } = await import('./one-run.ts');
    const { runLines } = await import('../report/run.ts');
    const width = widthOf(options.width, process.stdout.columns);
    const lines = plainTimeline({ nodes: shown.plan.nodes, tell: shown.protocol.tell, width, ascii });
    const sink = (event: TraceEvent): void => {
      for (const line of lines.add(event)) output.print(line);
    };
    if (until !== undefined) {
      const stopped = stopAt(shown.protocol, shown.plan, until, shown.strict, sink);
      for (const line of lines.end()) output.print(line);
      output.print('');
      return (await import('./until.ts')).tellStopped(shown, until, stopped, output);
    }
    const execution = execute(shown.protocol, shown.plan, { strict: shown.strict, sink });
    for (const line of lines.end()) output.print(line);
    output.print('');
    const { title: scenario, plan } = shown;
    const command = `npx worldline show ${shown.words}`;
    const asExpected = execution.verdict === 'passed';
    const told = { ...execution, asExpected, scenario, seed: plan.seed, planned: plan.faults };
    for (const line of runLines(told, output.style)) output.print(line);
    if (!asExpected) {
      const account = accountOf(shown.protocol, plan, execution, { seed: plan.seed, commands: [command] });
      for (const line of failureLines({ ...account, story: undefined as never }, output.style)) output.print(line);
    } else output.print(command);
    return asExpected
      ? exitCodes.expected
      : execution.verdict === 'unknown'
        ? exitCodes.inconclusive
        : exitCodes.broken;
  } finally {
    output.flush();
  }
}

function widthOf(text: string | undefined, columns: number | undefined): number {
  if (text === undefined) return columns ?? 100;
  const width = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (width >= 40 && width <= 1_000) return width;
  throw new UsageError(
    `--width: ${JSON.stringify(text)} is not a number of columns from 40 to 1000`,
    'e.g. --width 120',
  );
}
