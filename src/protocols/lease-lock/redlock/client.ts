/** A client: takes the lock on most stores, writes step by step while it is valid, asks for more time, gives the lock back. */
import type { Micros, NodeId, Request, Role } from '../../../sim/protocol.ts';
import { leasePanels } from '../holder.ts';
import type { Work } from '../shape.ts';
import { quorumOf, type Rules } from './rules.ts';
import type { ClientContext, ClientShape, ClientState, Deleted, Extended, ToStore, Vote, Written } from './shape.ts';

/** A Delete that too few stores have answered is repeated so often; then the keys run out by themselves. */
const RELEASES_MAX = 3;
/** Part of the ttl that must be left before a write, where the lock is trusted with writes: the time that the write may take. */
const WRITE_MARGIN_DIVISOR = 8;

export function createClient(rules: Rules): Role<ClientShape> {
  return {
    boot: () => idle(),
    onRequest: { work: (state, request, context) => onWork(rules, state, request, context) },
    onMessage: {
      Vote: (state, from, message, context) => onVote(rules, state, from, message, context),
      Extended: (state, from, message, context) => onExtended(rules, state, from, message, context),
      Deleted: (state, from, message, context) => onDeleted(state, from, message, context),
      Written: (state, _from, message, context) => onWritten(rules, state, message, context),
    },
    onTimer: {
      timeout: (state, _key, context) => onTimeout(rules, state, context),
      backoff: (state, _key, context) => attempt(rules, state, state.request as Request, context),
      extend: (state, _key, context) => onExtendTimer(rules, state, context),
      step: (state, _key, context) => step(rules, state, context),
      rewrite: (state, _key, context) => step(rules, state, context),
      release: (state, _key, context) => onReleaseTimer(state, context),
    },
    view: ({ phase, request, value, written, yes, validUntil }) => ({
      role: phase,
      label: request === null ? 'idle' : `${phase} ${value} ${phase === 'asking' ? `${yes.length} yes` : written}`,
      panels: leasePanels(rules, phase, value, validUntil),
    }),
  };
}

const idle = (): ClientState => ({
  phase: 'idle',
  request: null,
  attempt: 0,
  value: '',
  sentAt: 0,
  askedAt: 0,
  yes: [],
  no: [],
  validUntil: 0,
  leaseAskedAt: 0,
  round: 0,
  written: 0,
  deleted: [],
  releases: 0,
});

const storesOf = ({ directory }: ClientContext): readonly NodeId[] => directory.withRole('store');

function tell(stores: readonly NodeId[], message: ToStore, context: ClientContext): void {
  for (const store of stores) context.send(store, message);
}

/** How much must be left of a lock to begin a step. */
const neededFor = ({ options }: ClientContext): Micros =>
  options.trustedWith === 'writes' ? Math.ceil(options.ttl / WRITE_MARGIN_DIVISOR) : 0;

function onWork(rules: Rules, state: ClientState, request: Request<Work>, context: ClientContext): void {
  Object.assign(state, idle(), { request });
  attempt(rules, state, request, context);
}

/** Redis, steps 1 and 2: the time is taken before anything is sent, and a store that does not answer is not waited for. */
function attempt(rules: Rules, state: ClientState, { id }: Request, context: ClientContext): void {
  state.attempt++;
  state.phase = 'asking';
  state.value = rules.valueFor(id, state.attempt);
  beginRound(rules, state, context);
  tell(storesOf(context), { type: 'SetIfAbsent', value: state.value }, context);
  context.setTimer('timeout', context.options.storeTimeout);
}

function beginRound(rules: Rules, state: ClientState, context: ClientContext): void {
  state.sentAt = rules.holderClock(context);
  state.askedAt = context.now;
  state.yes = [];
  state.no = [];
}

function onVote(rules: Rules, state: ClientState, from: NodeId, { value, ok }: Vote, context: ClientContext): void {
  if (value !== state.value || state.phase === 'waiting') {
    // A yes to an attempt that is over, maybe of an earlier life: the key may have been set after it was to be deleted.
    if (ok) tell([from], { type: 'Delete', value }, context);
    return;
  }
  if (state.phase !== 'asking' || state.yes.includes(from) || state.no.includes(from)) return;
  (ok ? state.yes : state.no).push(from);
  settle(rules, state, context);
}

function onTimeout(rules: Rules, state: ClientState, context: ClientContext): void {
  if (state.phase !== 'asking') return;
  state.no = storesOf(context).filter((store) => !state.yes.includes(store));
  settle(rules, state, context);
}

function settle(rules: Rules, state: ClientState, context: ClientContext): void {
  const now = rules.holderClock(context);
  const validUntil = rules.validUntil(state.sentAt, now, context.options);
  const { yes, no } = state;
  switch (rules.outcome(yes.length, no.length, storesOf(context).length, validUntil - now, neededFor(context))) {
    case 'won':
      win(state, validUntil, validUntil - now, context);
      return;
    case 'lost':
      fail(rules, state, state.request as Request, context);
      return;
    case 'open':
  }
}

/** What the lock is for begins at once: its validity has just been looked at. */
function win(state: ClientState, validUntil: Micros, left: Micros, context: ClientContext): void {
  const { id } = state.request as Request;
  state.phase = 'working';
  state.validUntil = validUntil;
  state.leaseAskedAt = state.askedAt;
  context.note('believes', { id, left, at: context.now });
  context.cancelTimer('timeout');
  setExtendTimer(left, context);
  write(state, context);
}

/** The note comes last: whoever watches may count on it that the stores were told. */
function takeBack(stores: readonly NodeId[], { value }: ClientState, context: ClientContext): void {
  tell(stores, { type: 'Delete', value }, context);
  context.note('tookBack', { value });
}

/** Redis, step 5. */
function fail(rules: Rules, state: ClientState, request: Request, context: ClientContext): void {
  const { value, yes } = state;
  const { retryDelay, retryJitter, acquireAttempts } = context.options;
  context.cancelTimer('timeout');
  context.note('attemptFailed', { id: request.id, value, yes: yes.length });
  takeBack(rules.toTakeBack(storesOf(context), yes), state, context);
  if (state.attempt < acquireAttempts) {
    state.phase = 'waiting';
    context.setTimer('backoff', retryDelay + context.random.below(retryJitter + 1));
    return;
  }
  context.note('gaveUp', { id: request.id });
  end(state, context);
  context.refuse(request, 'the lock was not to be had');
}

/** The lock is looked at before each step. Nothing guards what happens between the look and the write. */
function step(rules: Rules, state: ClientState, context: ClientContext): void {
  if (state.phase !== 'working') return;
  if (rules.isValid(rules.holderClock(context), state.validUntil - neededFor(context))) write(state, context);
  else lose(state, context);
}

function write({ request, written, leaseAskedAt }: ClientState, context: ClientContext): void {
  const { id } = request as Request;
  context.note('guardedStep', { id, at: context.now, age: context.now - leaseAskedAt });
  context.send(context.directory.withRole('resource')[0] as NodeId, { type: 'Write', id, step: written + 1 });
  context.setTimer('rewrite', context.options.writeRetryInterval);
}

function onWritten(rules: Rules, state: ClientState, { id, step: done }: Written, context: ClientContext): void {
  const { request } = state;
  if (state.phase !== 'working' || request?.id !== id || done !== state.written + 1) return;
  state.written = done;
  context.cancelTimer('rewrite');
  if (done < request.op.writes) context.setTimer('step', context.options.stepInterval);
  else release(rules, state, request, context);
}

/** The extension that may be under way dies with the release. */
function release(rules: Rules, state: ClientState, { id }: Request, context: ClientContext): void {
  state.phase = 'releasing';
  if (!rules.mayExtend(state.phase, state.round, context.options)) context.cancelTimer('extend');
  context.note('released', { id });
  sendDeletes(state, context);
}

function sendDeletes(state: ClientState, context: ClientContext): void {
  const left = storesOf(context).filter((store) => !state.deleted.includes(store));
  state.releases++;
  takeBack(left, state, context);
  context.setTimer('release', context.options.storeTimeout);
}

function onDeleted(state: ClientState, from: NodeId, { value }: Deleted, context: ClientContext): void {
  if (state.phase !== 'releasing' || value !== state.value || state.deleted.includes(from)) return;
  state.deleted.push(from);
  if (state.deleted.length === storesOf(context).length) finish(state, false, context);
}

function onReleaseTimer(state: ClientState, context: ClientContext): void {
  if (state.phase !== 'releasing') return;
  if (state.releases < RELEASES_MAX) sendDeletes(state, context);
  else finish(state, false, context);
}

/** The holder stops at once, and takes back what it may still have. */
function lose(state: ClientState, context: ClientContext): void {
  const { id } = state.request as Request;
  context.note('lost', { id });
  takeBack(storesOf(context), state, context);
  finish(state, true, context);
}

function finish(state: ClientState, lost: boolean, context: ClientContext): void {
  const request = state.request as Request;
  const { written } = state;
  end(state, context);
  context.reply(request, { written, lost });
}

function end(state: ClientState, context: ClientContext): void {
  Object.assign(state, idle());
  for (const timer of ['timeout', 'backoff', 'extend', 'step', 'rewrite', 'release'] as const) {
    context.cancelTimer(timer);
  }
}

function setExtendTimer(left: Micros, context: ClientContext): void {
  context.setTimer('extend', Math.max(1, left - context.options.extendBefore));
}

/** Asks all stores for more time, and again when too few have given it. */
function onExtendTimer(rules: Rules, state: ClientState, context: ClientContext): void {
  const { phase, value, round } = state;
  if (!rules.mayExtend(phase, round, context.options)) return;
  state.round++;
  beginRound(rules, state, context);
  tell(storesOf(context), { type: 'Extend', value, round: state.round }, context);
  context.setTimer('extend', context.options.storeTimeout);
}

/** Redis, "Making the algorithm more reliable: extending the lock": by a quorum, within the validity time. */
function onExtended(
  rules: Rules,
  state: ClientState,
  from: NodeId,
  { value, round, ok }: Extended,
  context: ClientContext,
): void {
  if (state.phase !== 'working' || value !== state.value || round !== state.round) return;
  if (!ok || state.yes.includes(from)) return;
  state.yes.push(from);
  const now = rules.holderClock(context);
  if (state.yes.length !== quorumOf(storesOf(context).length) || !rules.isValid(now, state.validUntil)) return;
  state.validUntil = rules.validUntil(state.sentAt, now, context.options);
  state.leaseAskedAt = state.askedAt;
  const left = state.validUntil - now;
  context.note('renewed', { id: (state.request as Request).id, left });
  setExtendTimer(left, context);
}
