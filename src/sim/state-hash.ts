/** The state hash: equal for worlds with equal futures, whatever the true time. For search; never in the hot path. */
import type { Core } from './core.ts';
import { Digest } from './digest.ts';
import { DELIVER } from './event.ts';
import type { Messages } from './messages.ts';
import { byText, canonicalText } from './plain.ts';

export function stateHashOf(core: Core, messages: Messages): string {
  const inFlight = core.queue
    .entries()
    .filter(({ payload }) => payload.kind === DELIVER)
    .map(({ payload: { from, node, part, payload } }) => canonicalText([from, node, part, payload]))
    .sort(byText);
  const nodes = core.nodes.map((node) => [
    node.id,
    node.status,
    node.pauses,
    node.suffix === undefined ? 0 : node.suffix.effects.count - node.suffix.next,
    node.disk.contents(),
    node.parts.map((part) => [part.state, [...part.timers.keys()].sort(byText)]),
    node.inbox.slice(node.inboxHead).map(({ kind, from, payload }) => [kind, from, payload]),
  ]);
  const held = messages.held.map(({ from, node, payload }) => [from, node, payload]);
  const digest = new Digest();
  digest.string(canonicalText([nodes, inFlight, held, messages.network.contents()]));
  return digest.toString();
}
