/** `worldline replay`: a capsule, bit for bit; or one seed of a scenario as a campaign ran it. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Protocol } from '../check/protocol.ts';
import { outsideModel } from '../explore/budget.ts';
import type { Capsule } from '../explore/capsule.ts';
import { firstDifference } from '../explore/difference.ts';
import { type Execution, signatureOf } from '../explore/execution.ts';
import { type Parting, partingOf } from '../explore/landmarks.ts';
import { failureLines } from '../report/failure.ts';
import { outsideLine, runLines } from '../report/run.ts';
import { counted } from '../report/words.ts';
import { worldLines } from '../report/world.ts';
import { byText } from '../sim/plain.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { lanesOf, rowsOf } from '../timeline/rows.ts';
import { tellerOf } from '../timeline/tell.ts';
import { VERSION } from '../version.ts';
import { isBranchFile, readBranch } from './branches.ts';
import { CORPUS_DIRECTORY, capsuleAt, promote } from './corpus.ts';
import { tellDifference } from './difference.ts';
import { type ExitCode, exitCodes, UsageError } from './exit.ts';
import { accountOf, type OneRunOptions, runOnce } from './one-run.ts';
import { createOutput, type Output } from './output.ts';
import { registered } from './protocols.ts';
import { readSeed } from './readers.ts';
import type { RunOptions } from './run.ts';
import { quoted } from './shell.ts';
import { runToPredicate } from './until.ts';

export interface ReplayOptions extends RunOptions {
  /** Promotes the capsule into the corpus. */
  readonly save?: boolean;
  readonly corpus?: string;
}

export async function replay(name: string, options: ReplayOptions): Promise<ExitCode> {
  const output = createOutput(options);
  try {
    if (name.endsWith('.json') && isBranchFile(name)) return await replayBranch(name, options, output);
    if (name.endsWith('.json')) return await replayCapsule(name, options, output);
    if (options.seed === undefined) {
      refuseFolder(name);
      throw new UsageError(
        'replay needs a capsule, or a scenario with --seed',
        `e.g. worldline replay ${quoted(name)} --seed 1`,
      );
    }
    return await replaySeed(name, readSeed(options.seed), options, output);
  } finally {
    output.flush();
  }
}

function refuseFolder(path: string): void {
  if (!existsSync(path) || !statSync(path).isDirectory()) return;
  const capsules = readdirSync(path).filter((file) => file.endsWith('.json'));
  const [first] = capsules.toSorted(byText);
  throw new UsageError(
    `${path} is a folder, not a capsule`,
    first === undefined
      ? 'there is no capsule (.json) in it'
      : `it holds ${counted(capsules.length, 'capsule')}: worldline replay ${quoted(join(path, first))}`,
  );
}

/** As a campaign draws it: the seed that fuzz reports is the seed that is given here. What draws plans is not loaded for a capsule. */
async function replaySeed(name: string, seed: string, options: RunOptions, output: Output): Promise<ExitCode> {
  const [{ loadSubject }, { runSeed }] = await Promise.all([import('./subject.ts'), import('./run.ts')]);
  return runSeed(await loadSubject(name, options, 'default'), seed, options, output);
}

/** A what-if branch, which need not fail. */
async function replayBranch(path: string, options: RunOptions, output: Output): Promise<ExitCode> {
  refuseWhatCapsulesFix(options);
  const { plan, digest, title, says } = readBranch(path);
  const protocol = await registered(plan.protocol, plan.bug);
  if (options.until !== undefined)
    return runToPredicate(
      { protocol, plan, title, words: quoted(path), strict: false },
      options.until,
      options,
      output,
    );
  const execution = runOnce(protocol, plan, title, { strict: false }, options, output);
  const isSame = execution.digest === digest;
  if (options.json) {
    const data = { format: 'worldline-replay/1', branch: path, sameDigest: isSame, expected: { digest }, ...execution };
    output.print(JSON.stringify(data, null, 2));
  } else {
    const { print, style } = output;
    const same = `${style.good('SAME RUN')}  ${path}: bit for bit, digest ${digest}`;
    const other = `${style.bad('ANOTHER RUN')}  ${path}: digest ${execution.digest}, was ${digest}: another build, or the protocol has changed since`;
    print(isSame ? same : other);
    print(`  what if     ${says}`);
    const asExpected = execution.verdict === 'passed';
    const told = { ...execution, asExpected, scenario: title, seed: plan.seed, planned: plan.faults };
    for (const line of runLines(told, style)) print(line);
    if (!asExpected) {
      const account = accountOf(protocol, plan, execution, {
        seed: plan.seed,
        commands: [`npx worldline show ${quoted(path)}`],
      });
      for (const line of failureLines(account, style)) print(line);
    }
  }
  return isSame && execution.verdict === 'passed' ? exitCodes.expected : exitCodes.broken;
}

async function replayCapsule(path: string, options: ReplayOptions, output: Output): Promise<ExitCode> {
  refuseWhatCapsulesFix(options);
  const capsule = await capsuleAt(path);
  const protocol = await registered(capsule.plan.protocol, capsule.plan.bug);
  if (options.until !== undefined) {
    const { plan, scenario: title, failure } = capsule;
    const subject = { protocol, plan, title, words: quoted(path), strict: failure?.kind === 'strict' };
    return runToPredicate(subject, options.until, options, output);
  }
  if (options.checkDeterminism) {
    const { eventsAfresh } = await import('../explore/pool.ts');
    const difference = firstDifference(protocol, capsule.plan, await eventsAfresh(capsule.plan));
    if (difference !== undefined)
      return tellDifference(difference, path, { protocol, plan: capsule.plan }, options, output);
  }
  const { execution, events } = runCapsule(protocol, capsule, options, output);
  const comparison = compare(capsule, execution);
  const parting = partingFrom(capsule, protocol, execution, comparison);
  if (options.save) output.tell(`kept in ${await promote(capsule, options.corpus ?? CORPUS_DIRECTORY)}`);
  if (options.json) {
    const { reproduces, sameDigest } = comparison;
    output.print(
      JSON.stringify(
        {
          format: 'worldline-replay/1',
          capsule: path,
          reproduces,
          sameDigest,
          ...(parting === undefined ? {} : { parting }),
          expected: { signature: capsule.signature, digest: capsule.digest },
          ...execution,
        },
        null,
        2,
      ),
    );
  } else tellReplay({ path, capsule, protocol, execution, events, comparison, parting }, options, output);
  const isOutside = execution.verdict !== 'passed' && outsideModel(protocol, capsule.plan).length > 0;
  if (comparison.reproduces) return isOutside ? exitCodes.expected : exitCodes.broken;
  return execution.verdict === 'passed' ? exitCodes.expected : exitCodes.broken;
}

interface Replayed {
  readonly execution: Execution;
  /** All events of the run. */
  readonly events: readonly TraceEvent[];
}

/** What fails again as it did was found strictly, and is not run strictly again; what does not is looked at more closely. */
function runCapsule(protocol: Protocol, capsule: Capsule, options: RunOptions, output: Output): Replayed {
  const { plan, scenario } = capsule;
  const replayed = (strict: boolean, how: OneRunOptions): Replayed => {
    const events: TraceEvent[] = [];
    return { execution: runOnce(protocol, plan, scenario, { strict, events }, how, output), events };
  };
  const first = replayed(false, options);
  const { reproduces, sameDigest } = compare(capsule, first.execution);
  if ((reproduces && sameDigest) || first.execution.failure?.kind === 'hung') return first;
  return replayed(true, options.hangAfter === undefined ? {} : { hangAfter: options.hangAfter });
}

function refuseWhatCapsulesFix({ seed, bug, profile, option = [], set = [] }: RunOptions): void {
  const fixed = { seed, bug, profile, option: option[0], set: set[0] };
  const given = Object.entries(fixed).find(([, value]) => value !== undefined);
  if (given === undefined) return;
  throw new UsageError(
    `--${given[0]} has no place here: a capsule fixes everything its run depends on`,
    'to try something else, run its scenario: worldline run SCENARIO',
  );
}

interface Comparison {
  /** The same kind of failure of the same property. */
  readonly reproduces: boolean;
  readonly sameDigest: boolean;
  readonly sameVersion: boolean;
}

const compare = (capsule: Capsule, execution: Execution): Comparison => ({
  reproduces: signatureOf(execution) === capsule.signature,
  sameDigest: execution.digest === capsule.digest,
  sameVersion: capsule.version === VERSION,
});

/** Where the run parts from the recorded one, when it does and the capsule says enough. */
function partingFrom(
  { landmarks, plan }: Capsule,
  protocol: Protocol,
  { failure }: Execution,
  { sameDigest }: Comparison,
): Parting | undefined {
  if (sameDigest || landmarks === undefined || failure?.kind === 'hung') return undefined;
  return partingOf(protocol, plan, landmarks);
}

interface Told extends Replayed {
  readonly path: string;
  readonly capsule: Capsule;
  readonly protocol: Protocol;
  readonly comparison: Comparison;
  readonly parting: Parting | undefined;
}

function tellReplay(told: Told, options: RunOptions, output: Output): void {
  const { path, capsule, protocol, execution, events, comparison, parting } = told;
  const { print, style } = output;
  print(comparisonLine(path, capsule, execution, comparison, output));
  if (parting !== undefined) for (const line of partingLines(parting, capsule, protocol, events)) print(line);
  const beyond = outsideModel(protocol, capsule.plan);
  if (beyond.length > 0) print(outsideLine(protocol, beyond, style));
  for (const line of worldLines(capsule.plan, protocol.options)) print(line);
  if (execution.violation === undefined && execution.failure === undefined) {
    const { scenario, seed, plan } = capsule;
    const account = { ...execution, asExpected: true, scenario, seed, planned: plan.faults };
    for (const line of runLines(account, style)) print(line);
    return;
  }
  const commands = options.plain ? [] : [`npx worldline replay ${quoted(path)} --plain`];
  const account = accountOf(protocol, capsule.plan, execution, { seed: capsule.seed, commands, events });
  for (const line of failureLines(account, style)) print(line);
}

/** The first event that differs, as it is now: what it was then is not kept. */
function partingLines(
  { after, upTo }: Parting,
  { plan }: Capsule,
  protocol: Protocol,
  events: readonly TraceEvent[],
): string[] {
  const same = after === 0 ? '' : `, the first ${after} are the same`;
  if (upTo > after + 1) return [`  other events somewhere after event ${after}`];
  const rows = rowsOf(events, { teller: tellerOf(protocol.tell), lanes: lanesOf(plan.nodes), show: 'quiet' });
  const now = rows.findLast(({ event }) => event <= upTo);
  const told = events.some(({ event }) => event >= upTo) ? (now?.text ?? '') : 'the run is over before it';
  return [
    `  other events from event ${upTo} on${same}`,
    `  event ${upTo} is now: ${told.slice(0, PARTING_LENGTH_MAX)}`,
  ];
}

const PARTING_LENGTH_MAX = 200;

function comparisonLine(
  path: string,
  capsule: Capsule,
  execution: Execution,
  { reproduces, sameDigest, sameVersion }: Comparison,
  { style }: Output,
): string {
  const builds = sameVersion
    ? 'the protocol has changed since'
    : `a different build: written by ${capsule.version}, this is ${VERSION}`;
  if (reproduces && sameDigest) return `${style.bad('REPRODUCED')}  ${path}: bit for bit, digest ${execution.digest}`;
  if (reproduces) {
    return `${style.bad('REPRODUCED')}  ${path}: ${capsule.signature} again, by other events (digest ${execution.digest}, was ${capsule.digest}): ${builds}`;
  }
  if (execution.verdict === 'passed') {
    const why = sameDigest ? 'though the run is the same: the property has changed' : builds;
    return `${style.good('NO LONGER FAILS')}  ${path}: was ${capsule.signature}; ${why}`;
  }
  return `${style.bad('FAILS DIFFERENTLY')}  ${path}: was ${capsule.signature}, is ${signatureOf(execution) ?? execution.verdict}; ${builds}`;
}
