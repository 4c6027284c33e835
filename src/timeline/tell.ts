/** Messages, operations and notes in a few words: the protocol's own where it has them, else made from the data. */
import type { Telling } from '../check/protocol.ts';
import type { Json } from '../sim/plain.ts';

/** Tells a protocol's messages and operations. Never throws: a telling that does is ignored, a timeline must not break a run. */
export interface Teller {
  message(message: Json): string;
  /** A message in about ten characters, e.g. `RV t2`. */
  brief(message: Json): string;
  /** An operation that was called; with `result` where it has been answered. */
  operation(op: Json, result?: Json): string;
  /** What the node that wrote a note has done, e.g. `becomes leader of term 2`. */
  note(text: string, data: Json | undefined): string;
  /** The same where the node stands beside it: the note as it is where the protocol has no words for it. */
  caption(text: string, data: Json | undefined): string;
  /** An entry of a log on disk; undefined where the protocol does not tell it. */
  record(log: string, entry: unknown): string | undefined;
}

export const tellerOf = (telling: Telling | undefined): Teller => ({
  message: (message) => safely(() => telling?.message?.(message as never)) ?? tellTagged(message),
  brief: (message) =>
    safely(() => telling?.brief?.(message as never)) ??
    safely(() => telling?.message?.(message as never)) ??
    tellTagged(message),
  operation: (op, result) => {
    const told = safely(() => telling?.operation?.(op as never, result));
    if (told !== undefined) return told;
    return result === undefined ? tellTagged(op) : `${tellTagged(op)} = ${tellValue(result)}`;
  },
  note: (text, data) => safely(() => telling?.note?.(text, data as never)) ?? `notes "${tellNote(text, data)}"`,
  caption: (text, data) => clip(safely(() => telling?.note?.(text, data as never)) ?? tellNote(text, data)),
  record: (log, entry) => safely(() => telling?.record?.(log, entry as never)),
});

function safely(tell: () => string | undefined): string | undefined {
  try {
    return tell();
  } catch {
    return undefined;
  }
}

/** `{ type: 'Vote', term: 2, granted: true }` is told as `Vote term 2, granted`. */
function tellTagged(value: Json): string {
  if (!isRecord(value) || typeof value.type !== 'string') return tellValue(value);
  const fields = Object.entries(value).flatMap(([name, field]) => (name === 'type' ? [] : tellField(name, field)));
  return clip([value.type, fields.join(', ')].filter(Boolean).join(' '));
}

function tellField(name: string, value: Json): string[] {
  if (value === true) return [spaced(name)];
  if (value === false) return [`not ${spaced(name)}`];
  if (Array.isArray(value)) return [`${value.length} ${spaced(name)}`];
  return [`${spaced(name)} ${tellValue(value)}`];
}

/** Plain data in one short line. */
export function tellValue(value: Json): string {
  if (typeof value === 'string') return value;
  if (value === null) return '-';
  if (isRecord(value) && Object.keys(value).length === 1) {
    const [name, field] = Object.entries(value)[0] as [string, Json];
    return `${spaced(name)} ${tellValue(field)}`;
  }
  return clip(JSON.stringify(value));
}

/** `becameLeader` with `{ term: 2 }` is told as `became leader, term 2`. */
function tellNote(text: string, data: Json | undefined): string {
  if (data === undefined || data === null) return spaced(text);
  const details = isRecord(data)
    ? Object.entries(data).flatMap(([name, value]) => (value === false ? [] : tellField(name, value)))
    : [tellValue(data)];
  return clip([spaced(text), ...details].join(', '));
}

/** A record's fields, as `term 2, voted for n1`. */
export function tellRecord(value: Json): string {
  if (!isRecord(value)) return tellValue(value);
  const fields = Object.entries(value).map(([name, field]) => `${spaced(name)} ${tellValue(field)}`);
  return clip(fields.join(', '));
}

/** `electionTimeout` is `election timeout`. What already has blanks is left alone. */
export const spaced = (name: string): string =>
  name.includes(' ') ? name : name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();

const isRecord = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const LENGTH_MAX = 90;
const clip = (text: string): string => (text.length <= LENGTH_MAX ? text : `${text.slice(0, LENGTH_MAX - 3)}...`);

/** `n1`, `n1 and n2`, `n1, n2 and n3`. */
export function list(names: readonly string[]): string {
  if (names.length <= 1) return names[0] ?? 'nobody';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `1 write`, `2 writes`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
