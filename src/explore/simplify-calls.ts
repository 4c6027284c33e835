/** The same plan with fewer kinds of calls: on one key only, by one client less, without one kind of operation. */
import type { Plan } from '../scenario/plan.ts';
import type { Call } from '../sim/config.ts';

/** A field with more values than this tells calls apart, not kinds of calls. */
const KINDS_MAX = 12;

/** For every client, and every value of every text field of operations: only those calls, and all but those. */
export function* fewerKindsOfCalls(plan: Plan): Generator<Plan> {
  const { calls } = plan;
  for (const kindOf of distinctions(calls)) {
    const kinds = [...new Set(calls.map(kindOf))];
    if (kinds.length < 2 || kinds.length > KINDS_MAX) continue;
    for (const kind of kinds) {
      if (kind !== undefined) yield { ...plan, calls: calls.filter((call) => kindOf(call) === kind) };
    }
    if (kinds.length === 2) continue;
    for (const kind of kinds) yield { ...plan, calls: calls.filter((call) => kindOf(call) !== kind) };
  }
}

type Distinction = (call: Call) => string | undefined;

function distinctions(calls: readonly Call[]): readonly Distinction[] {
  const fields = new Set(calls.flatMap(({ op }) => Object.keys(op).filter((field) => typeof op[field] === 'string')));
  const byField = [...fields].map(
    (field): Distinction =>
      ({ op }) =>
        op[field] as string | undefined,
  );
  return [...byField, ({ client }) => client];
}
