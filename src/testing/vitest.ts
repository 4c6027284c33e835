/**
 * Matchers for vitest. Importing this file adds them to `expect`:
 *
 *     import 'worldline/vitest';
 *     await expect(counter).toSurvive({ runs: 200 });
 *     await expect(counter).toBeCaughtWith('ack-before-sync', { by: 'KEPT' });
 */
import { expect } from 'vitest';
import { withPlantedBug } from '../check/planted.ts';
import type { Protocol } from '../check/protocol.ts';
import type { Capsule } from '../explore/capsule.ts';
import { execute } from '../explore/execute.ts';
import { signatureOf } from '../explore/execution.ts';
import { assertNoViolation, type FuzzTestOptions, fuzz } from '../explore/fuzz-api.ts';
import type { FuzzReport } from '../explore/report.ts';

interface Matched {
  readonly pass: boolean;
  message(): string;
}

const matched = (pass: boolean, whenNot: string, when: string): Matched => ({
  pass,
  message: () => (pass ? when : whenNot),
});

/** What a report says against passing; undefined where it passed. */
function complaint(report: FuzzReport): string | undefined {
  try {
    assertNoViolation(report);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const signatures = (report: FuzzReport): string =>
  report.groups.map(({ signature }) => signature).join(', ') || `nothing (${report.verdict})`;

/** The matchers themselves, for `expect.extend` of another `expect`. */
export const matchers = {
  /** A campaign over the protocol finds nothing, and proves something. */
  async toSurvive(protocol: Protocol, options?: FuzzTestOptions): Promise<Matched> {
    const report = await fuzz(protocol, options);
    const against = complaint(report);
    return matched(
      against === undefined,
      against ?? '',
      `${protocol.name} survived ${report.runs} seeds from ${report.seed}`,
    );
  },

  /** The planted bug is found, where `by` is given by that property. */
  async toBeCaughtWith(
    protocol: Protocol,
    bug: string,
    options: FuzzTestOptions & { readonly by?: string } = {},
  ): Promise<Matched> {
    const { by, ...rest } = options;
    const report = await fuzz(protocol, { shrink: false, ...rest, bug });
    const found = report.groups.map(({ signature }) => signature.split(' ').at(-1));
    const pass = by === undefined ? found.length > 0 : found.includes(by);
    const wanted = by === undefined ? '' : ` by ${by}`;
    return matched(
      pass,
      `${bug} was not caught${wanted} in ${report.runs} seeds from ${report.seed}; found: ${signatures(report)}`,
      `${bug} was caught: ${signatures(report)}`,
    );
  },

  /** A report without violations or failures that proves something. */
  toHaveNoViolation(report: FuzzReport): Matched {
    const against = complaint(report);
    return matched(against === undefined, against ?? '', `${report.runs} seeds found no violation`);
  },

  /** A report in which the property was violated. */
  toViolate(report: FuzzReport, property: string): Matched {
    const pass = report.groups.some(({ signature }) => signature === `violated ${property}`);
    return matched(pass, `${property} was not violated; found: ${signatures(report)}`, `${property} was violated`);
  },

  /** A report in which a goal was reached in at least one seed. */
  toReachGoal(report: FuzzReport, goal: string): Matched {
    const reached = report.coverage.goals.find((one) => one.goal === goal)?.seeds ?? 0;
    return matched(
      reached > 0,
      `the goal ${goal} was reached in none of ${report.runs} seeds`,
      `${goal} was reached in ${reached} seeds`,
    );
  },

  /** A capsule (its JSON) that still fails in the same way, bit for bit, under `protocol`. */
  toReplay(capsule: Capsule, protocol: Protocol): Matched {
    const { bug } = capsule.plan;
    const planted = bug === undefined ? protocol : withPlantedBug(protocol, bug);
    if (planted === undefined) return matched(false, `${protocol.name} has no planted bug ${bug}`, '');
    const execution = execute(planted, capsule.plan, { strict: true });
    const now = signatureOf(execution) ?? 'nothing';
    if (now !== capsule.signature) return matched(false, `the capsule says ${capsule.signature}; now: ${now}`, '');
    const pass = execution.digest === capsule.digest;
    return matched(
      pass,
      `the same failure, but the digest is ${execution.digest} and was ${capsule.digest}`,
      'the capsule replays bit for bit',
    );
  },
};

expect.extend(matchers);

interface WorldlineMatchers<R> {
  /** On a protocol: a campaign finds nothing, and proves something. */
  toSurvive(options?: FuzzTestOptions): Promise<R>;
  /** On a protocol: the planted bug is found. */
  toBeCaughtWith(bug: string, options?: FuzzTestOptions & { readonly by?: string }): Promise<R>;
  /** On a report of `fuzz`. */
  toHaveNoViolation(): R;
  /** On a report of `fuzz`. */
  toViolate(property: string): R;
  /** On a report of `fuzz`. */
  toReachGoal(goal: string): R;
  /** On a capsule. */
  toReplay(protocol: Protocol): R;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: vitest's own signature.
  interface Matchers<T = any> extends WorldlineMatchers<T> {}
}
