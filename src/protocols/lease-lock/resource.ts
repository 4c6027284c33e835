/** What the lock guards: it compares tokens and writes in one atomic step, and remembers the greatest across restarts. */
import type { NodeId, Role } from '../../sim/protocol.ts';
import { isGuardedByDelay } from './guard.ts';
import type { Rules } from './rules.ts';
import type {
  DoneRecord,
  FenceRecord,
  Register,
  ResourceContext,
  ResourceShape,
  ResourceState,
  Write,
} from './shape.ts';

export function createResource(rules: Rules): Role<ResourceShape> {
  return {
    boot: (context) => ({
      fence: readFence(context),
      ...(isGuardedByDelay(context.options) ? { done: readDone(context) } : {}),
    }),
    onMessage: {
      Register: (state, from, message, context) => {
        if (state.done === undefined) onRegister(rules, state, from, message, context);
        else context.send(from, { type: 'Registered', id: message.id, ok: true });
      },
      Write: (state, from, message, context) => {
        if (state.done === undefined) onWrite(rules, state, from, message, context);
        else onTrustedWrite(state, state.done, from, message, context);
      },
    },
    view: ({ fence: { token, step } }) => ({
      role: 'resource',
      epoch: token,
      label: token === 0 ? 'untouched' : `#${token} write ${step}`,
    }),
  };
}

const UNTOUCHED: FenceRecord = { token: 0, id: 0, step: 0 };

function readFence(context: ResourceContext): FenceRecord {
  const stored = context.disk.read('fence');
  return (stored.ok ? stored.value : undefined) ?? UNTOUCHED;
}

/** A new holder makes itself known before it relies on the resource: from then on its predecessors are shut out. */
function onRegister(
  rules: Rules,
  state: ResourceState,
  from: NodeId,
  { token, id }: Register,
  context: ResourceContext,
): void {
  const ok = rules.mayRegister(token, state.fence);
  if (ok && token !== state.fence.token) {
    keep(rules, state, { token, id, step: 0 }, context);
    context.note('registered', { token, id });
  }
  if (!ok) context.note('refused', { token, id });
  context.send(from, { type: 'Registered', id, ok });
}

/** Writes under one token come one after the other; one that is repeated is answered again and not done again. */
function onWrite(
  rules: Rules,
  state: ResourceState,
  from: NodeId,
  { token, id, step }: Write,
  context: ResourceContext,
): void {
  const { fence } = state;
  if (token === fence.token && id === fence.id && step <= fence.step) {
    context.send(from, { type: 'Written', id, step, ok: true });
    return;
  }
  const ok = rules.mayWrite(token, fence);
  if (ok) {
    keep(rules, state, { token, id, step }, context);
    context.note('wrote', { token, id, step });
  } else context.note('refused', { token, id });
  context.send(from, { type: 'Written', id, step, ok });
}

function keep(rules: Rules, state: ResourceState, fence: FenceRecord, context: ResourceContext): void {
  state.fence = fence;
  if (!rules.isFenceDurable()) return;
  context.disk.put('fence', fence);
  context.disk.sync();
}

// ---- Without tokens --------------------------------------------------------------------------------------------------------------

function readDone(context: ResourceContext): DoneRecord {
  const stored = context.disk.read('done');
  return (stored.ok ? stored.value : undefined) ?? {};
}

/** There is nothing to compare: whoever writes, writes. What a client repeats, or has given up since, is known as over one connection. */
function onTrustedWrite(
  state: ResourceState,
  done: DoneRecord,
  from: NodeId,
  { token, id, step }: Write,
  context: ResourceContext,
): void {
  const last = done[from];
  if (last !== undefined && (id < last.id || (id === last.id && step <= last.step))) {
    const ok = id === last.id;
    if (!ok) context.note('refused', { token, id });
    context.send(from, { type: 'Written', id, step, ok });
    return;
  }
  state.done = Object.assign({ ...done }, { [from]: { id, step } });
  context.disk.put('done', state.done);
  context.disk.sync();
  context.note('wrote', { token, id, step });
  context.send(from, { type: 'Written', id, step, ok: true });
}
