/**
 * The state hash: equal for worlds that differ only in when things happened and will happen. Of nodes, disks, messages on their way,
 * armed timers, calls and faults to come. Not of true time, clock readings, the history and the random streams: what a search varies,
 * or decides itself. For search; never in the hot path.
 */
import type { Core } from './core.ts';
import { Digest } from './digest.ts';
import type { PendingSync } from './disk.ts';
import type { Effects } from './effects.ts';
import {
  CALL,
  CALM,
  DELIVER,
  FAULT_END,
  FAULT_START,
  FAULT_STEP,
  type FaultStep,
  LOOK,
  type QueuedEvent,
  RESTART,
  RESUME,
  SYNCED,
  TIMER,
  WORKED,
} from './event.ts';
import type { Kernel } from './kernel.ts';
import { byText, canonicalText } from './plain.ts';
import type { SimNode } from './process.ts';

export function stateHashOf({ core, messages, calls, injector }: Kernel): string {
  const toCome = core.queue
    .entries()
    .flatMap(({ payload }) =>
      payload.kind === DELIVER && messages.isPushedOut(payload) ? [] : (contentsOf(core, payload) ?? []),
    )
    .map(canonicalText)
    .sort(byText);
  const digest = new Digest();
  digest.string(
    canonicalText([
      core.nodes.map(nodeContents),
      toCome,
      messages.held.map((event) => contentsOf(core, event)),
      messages.network.contents(),
      calls.contents(),
      injector.contents(),
    ]),
  );
  return digest.toString();
}

function nodeContents(node: SimNode): unknown {
  const { suffix } = node;
  return [
    node.id,
    node.roleName,
    node.status,
    node.pauses,
    node.failedPart,
    node.syncToken !== 0,
    node.workToken !== 0,
    node.handlerCost,
    node.timerJitter,
    node.syncTraps ?? [],
    suffix === undefined ? 0 : effectsFrom(suffix.effects, suffix.next),
    node.strikes ?? [],
    node.ambushes ?? [],
    node.disk.contents(),
    node.clock.contents(),
    node.parts.map((part) => [
      part.state,
      part.timers
        .all()
        .map(({ id }) => id)
        .sort(byText),
    ]),
    node.inbox.slice(node.inboxHead).flatMap((event) => waiting(node, event)),
  ];
}

function effectsFrom({ count, kinds, parts, a, b, c }: Effects, next: number): unknown[] {
  const rest: unknown[] = [];
  for (let i = next; i < count; i++) rest.push([kinds[i], parts[i], a[i], b[i], c[i]]);
  return rest;
}

/** What waits in an inbox; nothing for a timer that was cancelled or set again meanwhile. */
function waiting({ parts, disk }: SimNode, { kind, from, part, payload, id }: QueuedEvent): unknown[] {
  if (kind === TIMER && parts[part]?.timers.withToken(id) === undefined) return [];
  if (kind !== SYNCED) return [[kind, from, part, payload]];
  const { tag, data, fails, known } = payload as PendingSync;
  return [[kind, part, tag, data, fails, fails ? disk.failuresSince(known) : 0]];
}

/** What an event of the queue will do; undefined where that is nothing, or is seen elsewhere (timers and syncs at their nodes). */
function contentsOf({ nodes }: Core, event: QueuedEvent): unknown {
  const { kind, node, part, from, id, payload } = event;
  switch (kind) {
    case DELIVER:
      return [kind, from, node, part, payload];
    case FAULT_START:
    case FAULT_END:
      return [kind, id];
    case CALL:
    case RESTART:
    case RESUME:
      return nodes[node]?.incarnation === id ? [kind, node, payload] : undefined;
    case FAULT_STEP: {
      const { step, node: place } = payload as FaultStep;
      return [kind, id, step, place];
    }
    case CALM:
      return [kind];
    case TIMER:
    case WORKED:
    case SYNCED:
    case LOOK:
      return undefined;
  }
}
