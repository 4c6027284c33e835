/** From the text of a scenario file to a `Scenario`, or to all that is wrong with it. Pure: reading files is in load-file.ts. */
import { problemsOf } from './issues.ts';
import { inFileOrder, type Problem, placed } from './problem.ts';
import type { Scenario } from './scenario.ts';
import { scenarioJsonSchema, scenarioSchema } from './schema.ts';
import type { BareNumbers } from './schema-parts.ts';
import { type Locate, readYaml } from './yaml.ts';

export type Loading =
  | { readonly ok: true; readonly scenario: Scenario; readonly locate: Locate }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** `name` is what the scenario is called when the file does not say: the file's own name. */
export function loadScenario(text: string, name: string): Loading {
  const reading = readYaml(text);
  return reading.ok ? validate(reading.value, name, 'refused', reading.locate) : reading;
}

/** A scenario that a module exports. */
export const scenarioOfValue = (value: unknown, name: string): Loading =>
  validate(value, name, 'micros', () => undefined);

/** A scenario put together from text values, as a file has them. */
export const loadScenarioValue = (value: object, name: string): Loading =>
  validate(value, name, 'refused', () => undefined);

function validate(value: unknown, name: string, numbers: BareNumbers, locate: Locate): Loading {
  if (value === null || value === undefined) {
    const expected = 'at least a line such as `protocol: raft`';
    return { ok: false, problems: [{ path: [], sentence: 'The scenario is empty.', expected }] };
  }
  const parsed = scenarioSchema(numbers).safeParse(value);
  if (parsed.success) return { ok: true, scenario: { ...parsed.data, name: parsed.data.name ?? name }, locate };
  const problems = problemsOf(parsed.error.issues, scenarioJsonSchema(), value);
  return { ok: false, problems: inFileOrder(placed(problems, locate)) };
}
