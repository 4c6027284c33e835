/**
 * What clients ask for. Bank transfers with audits (is money lost or made?), lists that are appended to and registers that are read and
 * written (is there an order that explains all reads?). Accounts are a1, a2, ..., lists l1, ..., registers r1, ....
 */
import type { OperationSpec } from '../../sim/config.ts';
import type { Json } from '../../sim/plain.ts';
import type { Origin, Step } from './transactions.ts';

export type ClientOp =
  | { readonly type: 'transfer'; readonly from: string; readonly to: string; readonly amount: number }
  | { readonly type: 'audit' }
  | { readonly type: 'append'; readonly to: string; readonly also: string }
  | { readonly type: 'append-read'; readonly to: string; readonly read: string }
  | { readonly type: 'lists'; readonly one: string; readonly other: string }
  | { readonly type: 'put-get'; readonly put: string; readonly get: string }
  | { readonly type: 'registers'; readonly one: string; readonly other: string };

/** What a client is told: what each step saw. */
export interface ClientResult {
  readonly values: readonly Json[];
  /** Nothing was done: there was not enough money. */
  readonly overdrawn?: true;
}

const KEYS = 4;
const ZERO = '0'.charCodeAt(0);
/** So many are kept of each kind. */
const NAMES_MAX = 10_000;
const key = { kind: 'key', count: KEYS } as const;

export const operations: readonly OperationSpec[] = [
  { type: 'transfer', weight: 4, arguments: { from: key, to: key, amount: { kind: 'integer', min: 1, max: 60 } } },
  { type: 'audit', weight: 1 },
  { type: 'append', weight: 2, arguments: { to: key, also: key } },
  { type: 'append-read', weight: 2, arguments: { to: key, read: key } },
  { type: 'lists', weight: 1, arguments: { one: key, other: key } },
  { type: 'put-get', weight: 2, arguments: { put: key, get: key } },
  { type: 'registers', weight: 1, arguments: { one: key, other: key } },
];

/**
 * The same kind of name for k1, k2, ..., each made once, and as V8 keeps the names of properties: they are compared and looked up everywhere,
 * and what is the same string is so at once.
 */
function named(kind: string): (name: string) => string {
  const names: string[] = [];
  return (name) => {
    const number = numberOf(name);
    if (number === NO_NUMBER || number >= NAMES_MAX) return `${kind}${name.slice(1)}`;
    while (names.length <= number) names.push(asPropertyName(`${kind}${names.length}`));
    return names[number] as string;
  };
}

/** Calls that are written by hand may name keys as they like. */
function numberOf(name: string): number {
  let number = 0;
  for (let i = 1; i < name.length; i++) {
    const digit = name.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return NO_NUMBER;
    number = 10 * number + digit;
  }
  return name.length < 2 || name.charCodeAt(1) === ZERO ? NO_NUMBER : number;
}

const NO_NUMBER = -1;

function asPropertyName(text: string): string {
  const names: { [name: string]: null } = Object.create(null);
  names[text] = null;
  for (const name in names) return name;
  return text;
}

const account = named('a');
const list = named('l');
const register = named('r');

/** The accounts that hold all the money. */
export const accounts: readonly string[] = Array.from({ length: KEYS }, (_, i) => account(`k${i + 1}`));

const read = (name: string): Step => ({ f: 'read', key: name, value: null });

/** What a request appends and writes: itself. No two requests have one name, also where a call is made again. */
const mark = ({ process, sequence }: Origin): string => `${process}#${sequence}`;

/** Where both keys of an operation are one, it is done to one. */
export function stepsOf(op: ClientOp, origin: Origin): readonly Step[] {
  const value = mark(origin);
  switch (op.type) {
    case 'transfer': {
      const from = account(op.from);
      const to = account(op.from === op.to ? neighbour(op.from) : op.to);
      return [read(from), { f: 'add', key: from, value: -op.amount }, { f: 'add', key: to, value: op.amount }];
    }
    case 'audit':
      return accounts.map(read);
    case 'append': {
      const first: Step = { f: 'append', key: list(op.to), value };
      return op.to === op.also ? [first] : [first, { ...first, key: list(op.also) }];
    }
    case 'append-read':
      return [{ f: 'append', key: list(op.to), value }, read(list(op.read))];
    case 'lists':
      return reads(list(op.one), list(op.other));
    case 'put-get':
      return [read(register(op.get)), { f: 'write', key: register(op.put), value }];
    case 'registers':
      return reads(register(op.one), register(op.other));
  }
}

const neighbour = (name: string): string => `k${(Number(name.slice(1)) % KEYS) + 1}`;

const reads = (one: string, other: string): readonly Step[] => (one === other ? [read(one)] : [read(one), read(other)]);

/** In a few words, with what was answered. */
export function tellOperation(op: ClientOp, result: Json | undefined): string {
  const { values, overdrawn } = (result ?? {}) as Partial<ClientResult>;
  // Nobody says here which request it is.
  const steps = stepsOf(op, { process: 'own name', sequence: 0 });
  const words = steps.map((step, i) => tellStep(step, step.f === 'read' ? values?.[i] : undefined));
  return `${op.type}: ${words.join(', ')}${overdrawn ? ': not enough money' : ''}`;
}

export function tellStep({ f, key, value }: Step, seen: Json | undefined): string {
  switch (f) {
    case 'read':
      return seen === undefined ? `read ${key}` : `${key} is ${JSON.stringify(seen)}`;
    case 'write':
      return `${key} = ${tellValue(value)}`;
    case 'append':
      return `${key} append ${tellValue(value)}`;
    case 'add':
      return `${key} ${(value as number) < 0 ? '-' : '+'} ${Math.abs(value as number)}`;
  }
}

const tellValue = (value: Json): string => (value === 'own name#0' ? 'its own name' : String(value));
