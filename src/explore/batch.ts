/** A batch: consecutive seeds run one after the other, in this thread or in a worker. What it gives back is plain data. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import { isOutside, outside, outsideModel } from './budget.ts';
import { type Difference, firstDifference } from './difference.ts';
import { execute } from './execute.ts';
import { executeWatched } from './execute-watched.ts';
import { type Execution, signatureOf } from './execution.ts';
import { smallerOf } from './findings.ts';
import type { PlanSource } from './generate.ts';
import { watched } from './pool-watchdog.ts';
import type { Finding } from './report.ts';
import { type Seed, seedAt } from './seeds.ts';
import { addExecution, emptyTally, type Tally } from './tally.ts';

export interface BatchTask {
  readonly seed: Seed;
  /** Index of the first seed in the campaign, and how many. */
  readonly from: number;
  readonly count: number;
  /** From one index to the next. */
  readonly stride: number;
  /** Each seed is run a second time, strictly, at once, and compared event by event. */
  readonly repeatEach?: boolean;
  /** Not new seeds, but ones that passed: each is run twice once more, plainly and strictly, and the two must agree. */
  readonly repeatOnly?: boolean;
  /** With `repeatOnly`: the digest of the first run, where it is known. */
  readonly digest?: string;
  /** Go on after a finding. */
  readonly keepGoing: boolean;
  /** Time for a batch that hangs nowhere, ample. When it is over every seed of the batch is run again on its own, watched closely. */
  readonly timeoutMilliseconds: number;
}

export interface BatchResult {
  readonly from: number;
  /** Of the seeds that were run, in order. Fewer than asked for when the batch stopped at a finding. */
  readonly digests: readonly string[];
  readonly tally: Tally;
  readonly hits: readonly Hit[];
  /** Of each signature the first finding, and the smallest. */
  readonly findings: readonly Finding[];
}

/** A seed that did not pass. */
export interface Hit {
  readonly index: number;
  readonly signature: string;
}

/** Runs a batch. */
export function runBatch(protocol: Protocol, source: PlanSource, task: BatchTask): BatchResult {
  const quick = watched(() => runSeeds(protocol, source, task, execute), task.timeoutMilliseconds);
  if (quick.ended) return quick.value;
  const careful: Run = (of, plan, options = {}) => {
    const execution = executeWatched(of, plan, task.timeoutMilliseconds, options);
    // A machine with too much else to do may stop for as long: what hangs, hangs again.
    return execution.failure?.kind === 'hung' ? executeWatched(of, plan, task.timeoutMilliseconds, options) : execution;
  };
  return runSeeds(protocol, source, task, careful);
}

type Run = (protocol: Protocol, plan: Plan, options?: { readonly strict?: boolean }) => Execution;

function runSeeds(protocol: Protocol, source: PlanSource, task: BatchTask, run: Run): BatchResult {
  const digests: string[] = [];
  const tally = emptyTally();
  const hits: Hit[] = [];
  const findings: Finding[] = [];
  for (let done = 0; done < task.count; done++) {
    const index = task.from + done * task.stride;
    const seed = seedAt(task.seed, index);
    const { plan, downgraded } = source.draw(seed);
    const execution = run(protocol, plan);
    if (task.repeatOnly !== true) {
      digests.push(execution.digest);
      addExecution(tally, execution, downgraded);
    }
    const judged = judge(protocol, plan, seed, index, execution, run, tally, task);
    if (judged === undefined) continue;
    const finding = labelled(protocol, plan, judged);
    keepFinding(findings, finding);
    hits.push({ index, signature: finding.signature });
    if (!task.keepGoing && !isOutside(finding.signature)) break;
  }
  return { from: task.from, digests, tally, hits, findings };
}

/** What broke outside the model is no failure of the protocol, and is told apart. */
function labelled(protocol: Protocol, plan: Plan, finding: Finding): Finding {
  const beyond = finding.verdict === 'nondeterministic' ? [] : outsideModel(protocol, plan);
  return beyond.length === 0 ? finding : { ...finding, signature: outside(finding.signature), outsideModel: beyond };
}

/** Findings are large: of those that nobody will ask for nothing is kept but the hit. */
function keepFinding(findings: Finding[], finding: Finding): void {
  const alike = findings.filter(({ signature }) => signature === finding.signature);
  const [first, smallest = first] = alike;
  if (first === undefined || smallest === undefined) {
    findings.push(finding);
    return;
  }
  if (smallerOf(smallest, finding) === smallest) return;
  if (smallest !== first) findings.splice(findings.indexOf(smallest), 1);
  findings.push(finding);
}

/** A finding is only reported after a second, strict run has shown the same. */
function judge(
  protocol: Protocol,
  plan: Plan,
  seed: string,
  index: number,
  execution: Execution,
  run: Run,
  tally: Tally,
  { repeatEach = false, repeatOnly = false, digest = execution.digest }: BatchTask,
): Finding | undefined {
  const signature = signatureOf(execution);
  // What failed was judged when it was run first.
  if (repeatOnly && signature !== undefined && digest === execution.digest) return undefined;
  if (execution.failure?.kind === 'hung') return finding(seed, index, execution);
  if (signature === undefined && !repeatEach && !repeatOnly) return undefined;
  const again = run(protocol, plan, { strict: true });
  const isSame = again.digest === execution.digest && digest === execution.digest && signatureOf(again) === signature;
  const hidden = isSame && repeatEach ? firstDifference(protocol, plan) : undefined;
  if (isSame && hidden === undefined) {
    tally.rerunStrictly++;
    return signature === undefined ? undefined : finding(seed, index, execution);
  }
  // Strict mode knows more: hidden state and mutated messages are what makes runs differ.
  if (again.failure?.kind === 'strict') return finding(seed, index, again);
  const isStable = (strict: boolean, before: Execution): boolean =>
    run(protocol, plan, { strict }).digest === before.digest;
  // What came of it in the plain run, later, may be anything.
  if (again.failure !== undefined && isStable(false, execution) && isStable(true, again))
    return { ...finding(seed, index, again), strictOnly: true };
  const other = again.digest === execution.digest ? digest : again.digest;
  return differing(protocol, plan, seed, index, execution, other, hidden);
}

/** Two runs of one plan differ. */
function differing(
  protocol: Protocol,
  plan: Plan,
  seed: string,
  index: number,
  execution: Execution,
  otherDigest: string,
  known?: Difference,
): Finding {
  const difference = known ?? firstDifference(protocol, plan);
  return {
    seed,
    index,
    verdict: 'nondeterministic',
    signature: 'nondeterministic',
    execution,
    otherDigest,
    ...(difference === undefined ? {} : { difference }),
  };
}

function finding(seed: string, index: number, execution: Execution): Finding {
  const verdict = execution.violation === undefined ? 'failed' : 'violated';
  return { seed, index, verdict, signature: signatureOf(execution) as string, execution };
}
