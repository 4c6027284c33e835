/** YAML files that people write: their value, where each field of it stands, and what is wrong with the syntax. */
import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { FieldPath, Position, Problem } from './problem.ts';

/** Where a field stands in the file; the nearest enclosing field where it is missing. Nothing for modules. */
export type Locate = (path: FieldPath) => Position | undefined;

export type YamlReading =
  | { readonly ok: true; readonly value: unknown; readonly locate: Locate }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function readYaml(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    return { ok: false, problems: document.errors.map((error) => syntaxProblem(error, lines)) };
  return { ok: true, value: document.toJS(), locate: (path) => positionOf(document, path, lines) };
}

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
  MULTIPLE_DOCS: 'one document per file',
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
