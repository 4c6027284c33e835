/**
 * The calm at the end of a run (config.ts, Calm): the core is healed all at once, and from then on nothing befalls it. Whether a
 * protocol gets going again is judged from here: observers are asked to look, every so often, until they have seen enough.
 */
import type { Calls } from './calls.ts';
import type { Calm } from './config.ts';
import type { Core } from './core.ts';
import { longest } from './distribution.ts';
import {
  CALL,
  CALM,
  DELIVER,
  eventAt,
  FAULT_END,
  FAULT_START,
  FAULT_STEP,
  LOOK,
  type QueuedEvent,
  RESTART,
  RESUME,
  SYNCED,
  WORKED,
} from './event.ts';
import type { Injector } from './injector.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Messages } from './messages.ts';
import type { SimNode } from './process.ts';

/** What faults have put into the queue, and calls that are replaced: after the calm has begun none of these may happen. */
const isOver = ({ kind }: QueuedEvent): boolean =>
  kind === FAULT_START ||
  kind === FAULT_STEP ||
  kind === FAULT_END ||
  kind === RESTART ||
  kind === RESUME ||
  kind === CALL;

export class Calming {
  private readonly core: Core;
  private readonly messages: Messages;
  private readonly injector: Injector;
  private readonly calls: Calls;
  private readonly lifecycle: Lifecycle;
  private readonly unpause: (node: SimNode) => void;

  constructor(
    core: Core,
    messages: Messages,
    injector: Injector,
    calls: Calls,
    lifecycle: Lifecycle,
    unpause: (node: SimNode) => void,
  ) {
    this.core = core;
    this.messages = messages;
    this.injector = injector;
    this.calls = calls;
    this.lifecycle = lifecycle;
    this.unpause = unpause;
  }

  /** Puts the beginning into the queue, where there is to be a calm. */
  schedule(): void {
    const { calm } = this.core.spec;
    if (calm !== undefined) this.core.queue.push(calm.at, eventAt(CALM, -1, -1, undefined, 0, 0));
  }

  begin(): void {
    const { core, messages, injector, calls } = this;
    const calm = core.spec.calm as Calm;
    core.begin(CALM, -1, 0, 0);
    core.digest.objectOnce(calm as never);
    core.tracer?.calm(calm.core);
    core.watches.look((path) => core.worldOf(path));
    core.queue.extract(isOver);
    const healed = new Set(calm.core.flatMap((id) => core.indexes.get(id) ?? []));
    const others = new Set(core.nodes.filter(({ index }) => !healed.has(index)).map(({ index }) => index));
    core.syncLatency = calm.syncLatency;
    injector.silence(healed);
    messages.network.heal(healed, others, calm, core.now);
    messages.releaseHeld();
    this.hurry(healed, calm);
    calls.calm(calm);
    for (const index of healed) if (!core.over) this.heal(core.nodes[index] as SimNode);
    this.lookAgain(calm);
  }

  /**
   * What is under way to members of the core from whom they hear, at their disks and in their handlers takes no longer than what is begun now:
   * a leader of before would be heard for as long as its slowest message takes.
   */
  private hurry(healed: ReadonlySet<number>, calm: Calm): void {
    const { queue, now, nodes } = this.core;
    const arrival = now + longest(calm.latency);
    const synced = now + longest(calm.syncLatency);
    const late = queue.extract(({ kind, from, node }, time) =>
      kind === DELIVER
        ? time > arrival && healed.has(node) && (healed.has(from) || calm.hearsOthers === true)
        : (kind === SYNCED || kind === WORKED) && time > synced && healed.has(node),
    );
    for (const event of late) queue.push(event.kind === DELIVER ? arrival : synced, event);
    for (const index of healed) (nodes[index] as SimNode).disk.heal(synced);
  }

  private heal(node: SimNode): void {
    if (node.status !== 'running') this.lifecycle.boot(node);
    else {
      this.unpause(node);
      if (node.status === 'running') this.calls.schedule(node);
    }
  }

  /** Observers look. */
  look(): void {
    const { core } = this;
    core.begin(LOOK, -1, 0, 0);
    core.watches.look((path) => core.worldOf(path));
    this.lookAgain(core.spec.calm as Calm);
  }

  private lookAgain({ every }: Calm): void {
    const { core } = this;
    core.queue.push(core.now + every, eventAt(LOOK, -1, -1, undefined, 0, core.event));
  }
}
