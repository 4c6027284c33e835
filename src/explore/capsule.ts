/** A capsule: a failing run in one JSON file, with what is needed to replay it and to tell whether it still fails. */
import type { Plan } from '../scenario/plan.ts';
import { VERSION } from '../version.ts';
import { type Execution, type FailureReport, signatureOf, type ViolationReport } from './execution.ts';
import type { Landmarks } from './landmarks.ts';

export const CAPSULE_FORMAT = 'worldline-capsule/1';

export interface Capsule {
  readonly format: typeof CAPSULE_FORMAT;
  /** Version of worldline that wrote it. */
  readonly version: string;
  /** The scenario and the seed that it came from. */
  readonly scenario: string;
  readonly seed: string;
  readonly verdict: 'violated' | 'failed';
  /** Equal for equal failures, e.g. `violated ES`. */
  readonly signature: string;
  readonly violation?: ViolationReport;
  readonly failure?: FailureReport;
  /** Digest of the run of `plan`. */
  readonly digest: string;
  /** Events of that run. */
  readonly events: number;
  /** Digests from the middle of that run, to find where another one parts from it. */
  readonly landmarks?: Landmarks;
  readonly plan: Plan;
}

/** A file that is no capsule this build can replay. `hint` says what to do about it. */
export class CapsuleError extends Error {
  override readonly name = 'CapsuleError';
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** A capsule of a plan that fails, with what came out of its run. */
export function makeCapsule(
  plan: Plan,
  execution: Execution,
  about: { readonly scenario: string; readonly seed: string },
  landmarks?: Landmarks,
): Capsule {
  const { violation, failure, digest, statistics } = execution;
  const signature = signatureOf(execution);
  if (signature === undefined)
    throw new Error(`seed ${about.seed} did not fail: there is nothing to put into a capsule`);
  return {
    format: CAPSULE_FORMAT,
    version: VERSION,
    scenario: about.scenario,
    seed: about.seed,
    verdict: violation === undefined ? 'failed' : 'violated',
    signature,
    ...(violation === undefined ? {} : { violation }),
    ...(failure === undefined ? {} : { failure }),
    digest,
    events: statistics.events,
    ...(landmarks === undefined ? {} : { landmarks }),
    plan,
  };
}

/** The text of the file: short tables on a line each, so that a capsule in a repository reads and diffs well. */
export const capsuleText = (capsule: Capsule): string => `${written(capsule, '')}\n`;

const LINE_MAX = 120;

function written(value: unknown, indent: string): string {
  const short = JSON.stringify(value);
  if (typeof value !== 'object' || value === null || short.length + indent.length <= LINE_MAX) return short;
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => written(item, inner))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${JSON.stringify(key)}: ${written(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${lines.map((line) => inner + line).join(',\n')}\n${indent}${close}`;
}
