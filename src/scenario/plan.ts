/** A plan: everything one run depends on, as JSON. One seed names one plan; a capsule holds a plan that failed. */
import type { RunSpec } from '../sim/config.ts';

export const PLAN_FORMAT = 'worldline-plan/1';

export interface Plan extends RunSpec {
  readonly format: typeof PLAN_FORMAT;
  /** Name of a built-in protocol, or path of a module, as the registry resolves it. */
  readonly protocol: string;
  /** Id of the planted bug that is switched on. */
  readonly bug?: string;
  /** Names of the properties to check; all of the protocol's when absent. */
  readonly properties?: readonly string[];
}
