/**
 * A lock that knows its holder and gives out fencing tokens: every grant carries a higher token than all before it.
 * Expiry is an operation of the service, recorded like any other (`{ type: 'expire', owner }`).
 */
import type { Json } from '../../sim/plain.ts';
import { type Call, type Model, ModelError, type StateMerger } from '../model.ts';

/** `key` names the lock when there are several; they are judged apart. */
export type LockInput =
  | { readonly type: 'acquire'; readonly owner: string; readonly key?: string }
  | {
      readonly type: 'release' | 'renew' | 'expire';
      readonly owner: string;
      readonly token?: number;
      readonly key?: string;
    }
  | { readonly type: 'query'; readonly key?: string };

/**
 * - acquire: `{ ok: true, token? }` granted, `{ ok: false }` refused because someone held it.
 * - release, renew, expire: `{ ok: true }` done, `{ ok: false }` refused because that owner (or token) did not hold it.
 * - query: `{ owner, token? }`, owner null when free.
 */
export interface LockOutput {
  readonly ok?: boolean;
  readonly token?: number;
  readonly owner?: string | null;
}

/** `token` is that of the last grant; when not `exact`, the last grant's answer is unknown and its token at least this. */
export interface LockState {
  readonly owner: string | null;
  readonly token: number;
  readonly exact: boolean;
}

/** Tokens are non-negative integers. */
export function lockModel(): Model<LockState, LockInput, LockOutput> {
  return {
    name: 'lock',
    initial: { owner: null, token: -1, exact: true },
    step: stepLock,
    key: ({ owner, token, exact }) => `${token}${exact ? '=' : '+'}${owner === null ? '' : `by ${owner}`}`,
    partition: (input) => input.key ?? 'lock',
    observes: (input, output) => output?.ok === false || (input.type === 'query' && output?.token === undefined),
    merge: mergeTokens,
    describe: describeLockCall,
    describeState: ({ owner, token, exact }) => {
      const last = token < 0 ? '' : `, last token ${exact ? '' : 'at least '}${token}`;
      return `${owner === null ? 'free' : `held by ${owner}`}${last}`;
    },
  };
}

function stepLock(state: LockState, input: LockInput, output: LockOutput | undefined): readonly LockState[] {
  switch (input.type) {
    case 'acquire':
      return acquire(state, input.owner, output);
    case 'release':
    case 'expire':
    case 'renew': {
      const held = state.owner === input.owner ? withToken(state, input.token) : undefined;
      // The token of an inexact state may be any from there on, so a refusal for a wrong token stays possible.
      const surelyHeld = held !== undefined && (input.token === undefined || state.exact);
      if (output?.ok === false) return surelyHeld ? [] : [state];
      if (held === undefined) return output === undefined ? [state] : [];
      return [input.type === 'renew' ? held : { ...held, owner: null }];
    }
    case 'query': {
      if (output?.owner !== undefined && output.owner !== state.owner) return [];
      const known = withToken(state, output?.token);
      return known === undefined ? [] : [known];
    }
    default:
      throw new ModelError(`lock: unknown operation type ${JSON.stringify((input as { type?: Json }).type)}`);
  }
}

function acquire(state: LockState, owner: string, output: LockOutput | undefined): readonly LockState[] {
  if (output?.ok === false) return state.owner === null ? [] : [state];
  if (state.owner !== null) return [];
  const token = output?.token;
  if (token === undefined) return [{ owner, token: state.token + 1, exact: false }];
  return token > state.token ? [{ owner, token, exact: true }] : [];
}

/** The state, knowing that the last grant had this token; undefined when it cannot have had it. */
function withToken(state: LockState, token: number | undefined): LockState | undefined {
  if (token === undefined) return state;
  if (state.exact) return state.token === token ? state : undefined;
  return token >= state.token ? { ...state, token, exact: true } : undefined;
}

/** Where no token is ever mentioned, all are the same. */
function mergeTokens(calls: readonly Call<LockInput, LockOutput>[]): StateMerger<LockState> | undefined {
  const mentioned = calls.some(
    ({ input, output }) => output?.token !== undefined || ('token' in input && input.token !== undefined),
  );
  if (mentioned) return undefined;
  return { representative: ({ owner }) => ({ owner, token: -1, exact: true }) };
}

function describeLockCall(input: LockInput, output: LockOutput | undefined): string {
  if (input.type === 'query') return output?.owner === undefined ? 'query' : `query: ${output.owner ?? 'free'}`;
  const token = output?.token ?? ('token' in input ? input.token : undefined);
  const suffix = `${token === undefined ? '' : ` token ${token}`}${output?.ok === false ? ' (refused)' : ''}`;
  return `${input.type} by ${input.owner}${suffix}`;
}
