/** From the validator's issues to problems that name the field, say what was expected and suggest the nearest spelling. */
import type * as z from 'zod';
import { nearest } from '../sim/nearest.ts';
import type { FieldPath, Problem } from './problem.ts';

type Issue = z.core.$ZodIssue;

interface SchemaNode {
  readonly description?: string;
  readonly properties?: { readonly [name: string]: SchemaNode };
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly type?: string | readonly string[];
}

/** `schema` is the JSON Schema of the whole file, `input` what the file says. */
export const problemsOf = (issues: readonly Issue[], schema: object, input: unknown): Problem[] =>
  issues.flatMap((issue) => problemOf(issue, schema as SchemaNode, input));

function problemOf(issue: Issue, schema: SchemaNode, input: unknown): Problem[] {
  const path = issue.path as FieldPath;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(path, key, schema, input));
  if (issue.code === 'invalid_union') return unionProblems(issue, schema, input);
  const value = valueAt(input, path);
  const expected = expectationAt(schema, path, input);
  if (value === undefined) return [{ path, sentence: 'is missing', ...(expected === undefined ? {} : { expected }) }];
  const hint = hintFor(issue, value);
  return [
    {
      path,
      sentence: sentenceFor(issue, value),
      ...(expected === undefined ? {} : { expected }),
      ...(hint === undefined ? {} : { hint }),
    },
  ];
}

function unknownField(path: FieldPath, key: string, schema: SchemaNode, input: unknown): Problem {
  const known = fieldsAt(schema, path, input);
  const similar = nearest(key, known);
  return {
    path: [...path, key],
    sentence: 'is not a field that is known here',
    expected: `one of ${known.join(', ')}`,
    ...(similar === undefined ? {} : { hint: `did you mean ${similar}?` }),
  };
}

function unionProblems(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  schema: SchemaNode,
  input: unknown,
): Problem[] {
  const path = issue.path as FieldPath;
  if (issue.errors.length === 0) return [wrongKind(path, schema, input)];
  // The alternative that went furthest is the one that was meant: `latency: { kind: uniform, min: 3 }`.
  const value = valueAt(input, path);
  const inside = issue.errors.filter((errors) => errors.some((error) => error.path.length > 0));
  const meant = typeof value === 'object' && value !== null ? inside[0] : issue.errors.find(isCustom);
  if (meant !== undefined) {
    return meant.flatMap((error) =>
      problemOf({ ...error, path: [...issue.path, ...error.path] } as Issue, schema, input),
    );
  }
  const expected = expectationAt(schema, path, input);
  if (value === undefined) return [{ path, sentence: 'is missing', ...(expected === undefined ? {} : { expected }) }];
  return [{ path, sentence: `${quote(value)} does not fit`, ...(expected === undefined ? {} : { expected }) }];
}

const isCustom = (errors: readonly Issue[]): boolean => errors.some((error) => error.code === 'custom');

/** A table whose `kind` is missing or unknown. */
function wrongKind(path: FieldPath, schema: SchemaNode, input: unknown): Problem {
  const parent = path.slice(0, -1);
  const kinds = alternatives(nodeAt(schema, parent, input)).flatMap((branch) => {
    const kind = branch.properties?.[String(path.at(-1))]?.const;
    return typeof kind === 'string' ? [kind] : [];
  });
  const value = valueAt(input, path);
  const similar = typeof value === 'string' ? nearest(value, kinds) : undefined;
  return {
    path,
    sentence: value === undefined ? 'is missing' : `${quote(value)} is not known here`,
    expected: `one of ${kinds.join(', ')}`,
    ...(similar === undefined ? {} : { hint: `did you mean ${similar}?` }),
  };
}

function sentenceFor(issue: Issue, value: unknown): string {
  if (issue.code === 'custom') return issue.message;
  if (issue.code === 'too_small') return `${quote(value)} is too small`;
  if (issue.code === 'too_big') return `${quote(value)} is too large`;
  if (issue.code === 'invalid_value') return `${quote(value)} is not known here`;
  return `${quote(value)} does not fit`;
}

function hintFor(issue: Issue, value: unknown): string | undefined {
  if (issue.code === 'custom') return issue.params?.hint as string | undefined;
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const similar = nearest(value, issue.values.map(String));
    return similar === undefined ? undefined : `did you mean ${similar}?`;
  }
  return undefined;
}

/** A value as it may stand in a message: short. */
export function quote(value: unknown): string {
  if (value === null) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function valueAt(input: unknown, path: FieldPath): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as { readonly [part: string | number]: unknown })[part];
  }
  return value;
}

const expectationAt = (schema: SchemaNode, path: FieldPath, input: unknown): string | undefined => {
  const node = nodeAt(schema, path, input);
  if (node?.description !== undefined) return node.description;
  const types = [node?.type ?? []].flat();
  return types.length === 0 ? undefined : types.map((type) => typeNames[type] ?? type).join(' or ');
};

const typeNames: { readonly [type: string]: string } = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a table',
  array: 'a list',
};

function fieldsAt(schema: SchemaNode, path: FieldPath, input: unknown): string[] {
  const value = valueAt(input, path);
  const branches = alternatives(nodeAt(schema, path, input)).filter((branch) => branch.properties !== undefined);
  const fitting = branches.filter((branch) => fitsKind(branch, value));
  return [
    ...new Set((fitting.length > 0 ? fitting : branches).flatMap((branch) => Object.keys(branch.properties ?? {}))),
  ];
}

/** Where a value sits in the schema: alternatives are chosen by the `kind` that the file gives. */
function nodeAt(schema: SchemaNode, path: FieldPath, input: unknown): SchemaNode | undefined {
  let nodes: readonly SchemaNode[] = [schema];
  let value = input;
  for (const part of path) {
    const open = nodes.flatMap(alternatives);
    const fitting = open.filter((node) => fitsKind(node, value));
    nodes = (fitting.length > 0 ? fitting : open).flatMap((node) => childOf(node, part));
    value = valueAt(value, [part]);
  }
  return nodes.find((node) => node.description !== undefined) ?? nodes[0];
}

const alternatives = (node: SchemaNode | undefined): readonly SchemaNode[] => {
  const branches = [...(node?.anyOf ?? []), ...(node?.oneOf ?? [])];
  if (node === undefined) return [];
  return branches.length === 0 ? [node] : branches.flatMap(alternatives);
};

function fitsKind(node: SchemaNode, value: unknown): boolean {
  return Object.entries(node.properties ?? {}).every(
    ([name, { const: fixed }]) => fixed === undefined || fixed === valueAt(value, [name]),
  );
}

function childOf(node: SchemaNode, part: string | number): readonly SchemaNode[] {
  if (typeof part === 'number') return node.items === undefined ? [] : [node.items];
  const named = node.properties?.[part];
  if (named !== undefined) return [named];
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
}
