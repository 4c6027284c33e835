/** One of several stores that know nothing of each other: a key, a value, a time to live. Everything is in memory. */
import type { NodeId, Panel, Role } from '../../../sim/protocol.ts';
import { clockNamed } from '../rules.ts';
import type { Rules } from './rules.ts';
import type {
  Delete,
  Extend,
  Key,
  RedlockOptions,
  SetIfAbsent,
  StoreContext,
  StoreShape,
  StoreState,
} from './shape.ts';

export function createStore(rules: Rules): Role<StoreShape> {
  return {
    boot,
    onMessage: {
      SetIfAbsent: (state, from, message, context) => onSet(rules, state, from, message, context),
      Extend: (state, from, message, context) => onExtend(rules, state, from, message, context),
      Delete: (state, from, message, context) => onDelete(rules, state, from, message, context),
    },
    view: ({ key }, options) => ({
      role: key === null ? 'free' : 'locked',
      label: key === null ? 'free' : key.value,
      panels: key === null ? [] : [leaseOf(rules, key, options)],
    }),
  };
}

/** A store knows an acquisition, not who has made it. */
const leaseOf = (rules: Rules, { value, expiresAt }: Key, options: RedlockOptions): Panel => ({
  kind: 'lease',
  title: value,
  holder: value,
  until: expiresAt,
  clock: clockNamed((clocks) => rules.storeClock(clocks, options)),
});

/** All that is on disk is that there was a life before this one. */
function boot(context: StoreContext): StoreState {
  const stored = context.disk.read('started');
  const isRestarted = !stored.ok || stored.value === true;
  if (isRestarted) context.note('forgot');
  else {
    context.disk.put('started', true);
    context.disk.sync();
  }
  return { key: null, isRestarted };
}

const mayVote = (rules: Rules, { isRestarted }: StoreState, { now, options }: StoreContext): boolean =>
  rules.mayVote(now, isRestarted, options);

/** Asking again for a key that one has is answered with yes, and does not prolong it: the message may be a copy. */
function onSet(rules: Rules, state: StoreState, from: NodeId, { value }: SetIfAbsent, context: StoreContext): void {
  if (!mayVote(rules, state, context)) return;
  dropExpired(rules, state, context);
  if (state.key === null) {
    state.key = { value, expiresAt: rules.storeClock(context, context.options) + context.options.ttl };
    context.note('set', { value });
  } else if (state.key.value !== value) context.note('refused', { value, has: state.key.value });
  context.send(from, { type: 'Vote', value, ok: state.key.value === value });
}

function onExtend(
  rules: Rules,
  state: StoreState,
  from: NodeId,
  { value, round }: Extend,
  context: StoreContext,
): void {
  if (!mayVote(rules, state, context)) return;
  dropExpired(rules, state, context);
  const ok = state.key?.value === value;
  if (state.key !== null && ok) {
    state.key.expiresAt = rules.storeClock(context, context.options) + context.options.ttl;
    context.note('extended', { value });
  }
  context.send(from, { type: 'Extended', value, round, ok });
}

/** Answered in any case: what is not there need not be deleted. */
function onDelete(rules: Rules, state: StoreState, from: NodeId, { value }: Delete, context: StoreContext): void {
  dropExpired(rules, state, context);
  const { key } = state;
  if (key !== null && rules.mayDelete(key, value)) {
    state.key = null;
    context.note('deleted', { value: key.value, named: value });
  }
  context.send(from, { type: 'Deleted', value });
}

/** Looked at whenever the key is asked for. */
function dropExpired(rules: Rules, state: StoreState, context: StoreContext): void {
  const { key } = state;
  if (key === null || !rules.isExpired(key.expiresAt, rules.storeClock(context, context.options))) return;
  state.key = null;
  context.note('expired', { value: key.value });
}
