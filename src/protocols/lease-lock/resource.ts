/** What the lock guards: it compares tokens and writes in one atomic step, and remembers the greatest across restarts. */
import type { NodeId, Role } from '../../sim/protocol.ts';
import type { Rules } from './rules.ts';
import type { FenceRecord, Register, ResourceContext, ResourceShape, ResourceState, Write } from './shape.ts';

export function createResource(rules: Rules): Role<ResourceShape> {
  return {
    boot: (context) => ({ fence: readFence(context) }),
    onMessage: {
      Register: (state, from, message, context) => onRegister(rules, state, from, message, context),
      Write: (state, from, message, context) => onWrite(rules, state, from, message, context),
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
