/** From the text of a scenario file to a `Scenario`, or to all that is wrong with it. Pure: reading files is in load-file.ts. */
import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { problemsOf } from './issues.ts';
import { type FieldPath, inFileOrder, type Position, type Problem } from './problem.ts';
import type { Scenario } from './scenario.ts';
import { scenarioJsonSchema, scenarioSchema } from './schema.ts';
import type { BareNumbers } from './schema-parts.ts';

export type Loading =
  | { readonly ok: true; readonly scenario: Scenario; readonly locate: Locate }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Where a field stands in the file; the nearest enclosing field where it is missing. Nothing for modules. */
export type Locate = (path: FieldPath) => Position | undefined;

/** `name` is what the scenario is called when the file does not say: the file's own name. */
export function loadScenario(text: string, name: string): Loading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    return { ok: false, problems: document.errors.map((error) => syntaxProblem(error, lines)) };
  const locate: Locate = (path) => positionOf(document, path, lines);
  return validate(document.toJS(), name, 'refused', locate);
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

/** Gives problems their positions. */
export const placed = (problems: readonly Problem[], locate: Locate): Problem[] =>
  problems.map((problem) => {
    const position = locate(problem.path);
    return position === undefined ? problem : { ...problem, position };
  });

interface SyntaxError {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

function syntaxProblem(error: SyntaxError, lines: LineCounter): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  const hint = syntaxHints[error.code];
  return {
    path: [],
    sentence: `This is not valid YAML: ${error.message}`,
    ...(hint === undefined ? {} : { hint }),
    position: { line, column: col },
  };
}

const syntaxHints: { readonly [code: string]: string } = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'fields of one table begin in the same column',
  DUPLICATE_KEY: 'a field may be given once; put both values under it',
  MISSING_CHAR: 'is a bracket, a quote or a colon missing?',
  MULTIPLE_DOCS: 'one scenario per file',
};

function positionOf(document: Document.Parsed, path: FieldPath, lines: LineCounter): Position | undefined {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset === undefined) continue;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  }
  return undefined;
}

/** A field is found at its key, an item of a list where it begins. */
function offsetOf(document: Document.Parsed, path: FieldPath): number | undefined {
  const last = path.at(-1);
  if (last === undefined) return isNode(document.contents) ? document.contents.range?.[0] : undefined;
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isSeq(parent)) {
    const item = parent.items[Number(last)];
    return isNode(item) ? item.range?.[0] : undefined;
  }
  if (!isMap(parent)) return undefined;
  for (const pair of parent.items) {
    if (isPair(pair) && isScalar(pair.key) && String(pair.key.value) === String(last)) return pair.key.range?.[0];
  }
  return undefined;
}
