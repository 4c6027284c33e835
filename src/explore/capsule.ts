/** A capsule: a failing run in one JSON file, with what is needed to replay it and to tell whether it still fails. */
import type { Plan } from '../scenario/plan.ts';
import type { FailureReport, ViolationReport } from './execution.ts';

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
  /** The command that replays this file. */
  readonly replay: string;
  readonly plan: Plan;
}
