/** Messages: from the effect that sends one to the moment it reaches its node, or does not. */
import type { Core, MessageKind } from './core.ts';
import { sample } from './distribution.ts';
import { SEND } from './effects.ts';
import { DELIVER, QueuedEvent } from './event.ts';
import type { Injector } from './injector.ts';
import { type Link, laneName, Network, type Quality } from './network.ts';
import type { Part, SimNode } from './process.ts';
import type { Micros, NodeId, Tagged } from './protocol.ts';
import { derive, scale } from './random.ts';
import type { DropReason } from './trace.ts';

/** Concerns that are derived from a message's one draw. Copies have their own. */
const LATENCY = 1;
const LOSS = 2;
const DUPLICATION = 3;
const COPY_LATENCY = 4;
const COPY_LOSS = 5;
const OVERFLOW = 6;

/** Marks drops in the digest. */
const DROP = 9;

export class Messages {
  readonly network: Network;
  private readonly core: Core;
  private readonly injector: () => Injector;
  /** Messages that wait at a clog, in the order they came. */
  held: QueuedEvent[] = [];
  private ids = 0;
  deliveries = 0;

  constructor(core: Core, injector: () => Injector) {
    this.core = core;
    this.injector = injector;
    this.network = new Network(core.spec);
  }

  private get sentNow(): Micros {
    return this.core.tracer === undefined ? 0 : this.core.now;
  }

  send(node: SimNode, part: Part, to: NodeId, target: number, message: Tagged): void {
    const { core, network } = this;
    core.digest.word((SEND << 24) ^ (part.index << 16) ^ target);
    const kind = core.kindOf(part, message.type);
    core.digest.sharedAt(kind.site, message as never);
    const link = network.link(node.index, target);
    const lane = network.lane(link, kind.index, kind.type, node.id, to);
    const ordinal = ++lane.count;
    const bits = network.draw(lane, ordinal);
    const id = ++this.ids;
    kind.counts.sent++;
    part.hooks.send[kind.index]?.(node.index, target, message, part.world);
    core.tracer?.send(node, part, to, id, `${laneName(lane)}#${ordinal}`, message);
    const event = new QueuedEvent(
      DELIVER,
      target,
      part.index,
      node.index,
      message,
      id,
      bits,
      core.event,
      this.sentNow,
      0,
      kind.index,
    );
    const override = lane.overrides?.get(ordinal);
    if (override !== undefined && 'drop' in override) {
      this.discard(event, 'override');
      return;
    }
    const quality = network.quality(node.index, target);
    let arrival =
      core.now +
      (override !== undefined && 'latency' in override
        ? override.latency
        : sample(quality.latency, derive(bits, LATENCY)));
    if (quality.fifo) {
      arrival = Math.max(arrival, link.lastArrival);
      link.lastArrival = arrival;
    }
    core.queue.push(arrival, event);
    if (network.isBounded) this.crowd(link, event, quality.capacity);
    if (quality.duplicationPpm > 0 && scale(derive(bits, DUPLICATION), 1_000_000) < quality.duplicationPpm)
      this.duplicate(node, part, to, event, link, quality);
  }

  private duplicate(
    node: SimNode,
    part: Part,
    to: NodeId,
    original: QueuedEvent,
    link: Link,
    { latency, fifo, capacity }: Quality,
  ): void {
    const { core } = this;
    const { node: target, from, payload, id, bits, cause, type } = original;
    const { copyLatency } = this.network;
    const draw = derive(bits, COPY_LATENCY);
    // Twice as long as a message would, so that it arrives among later ones.
    let arrival =
      core.now + (copyLatency === undefined || fifo ? 2 * sample(latency, draw) : sample(copyLatency, draw));
    if (fifo) {
      arrival = Math.max(arrival, link.lastArrival);
      link.lastArrival = arrival;
    }
    const copy = new QueuedEvent(DELIVER, target, part.index, from, payload, id, bits, cause, this.sentNow, 1, type);
    core.queue.push(arrival, copy);
    if (this.network.isBounded) this.crowd(link, copy, capacity);
    (core.kinds[type] as MessageKind).counts.duplicated++;
    this.injector().count('duplication', true);
    core.tracer?.duplicate(node, part, to, id);
  }

  /** One more message is under way; where that is one too many, one of them, drawn, will not arrive. */
  private crowd({ underWay }: Link, event: QueuedEvent, capacity: number | undefined): void {
    if (underWay === undefined) return;
    underWay.add(wayOf(event));
    if (capacity === undefined || underWay.size <= capacity) return;
    const victim = [...underWay][scale(derive(event.bits, OVERFLOW + event.copy), underWay.size)] as number;
    underWay.delete(victim);
    this.injector().count('overflow', true);
  }

  /** Whether a message under way will not arrive, because others have pushed it out. */
  isPushedOut(event: QueuedEvent): boolean {
    return this.network.isBounded && this.network.link(event.from, event.node).underWay?.has(wayOf(event)) === false;
  }

  /** A message of a bounded link leaves it; false when it was pushed out before. */
  private leave(event: QueuedEvent): boolean {
    return this.network.link(event.from, event.node).underWay?.delete(wayOf(event)) ?? true;
  }

  /**
   * A message has come to the end of its link: true when its node may have it. Loss and cuts are judged here and not at sending, so
   * that a partition also kills what is in flight.
   */
  arrives(event: QueuedEvent, node: SimNode): boolean {
    const { network } = this;
    if (network.isUntroubled && node.status === 'running') return true;
    if (network.isCut(event.from, event.node)) this.drop(event, 'cut');
    else if (network.isClogged(event.from, event.node)) this.held.push(event);
    else if (network.isBounded && !this.leave(event)) this.drop(event, 'overflow');
    else if (network.hasFilters && this.isFiltered(event)) this.drop(event, 'filtered');
    else if (this.isLost(event)) {
      this.injector().count('loss', true);
      this.drop(event, 'loss');
    } else if (node.status !== 'running') this.drop(event, 'dead');
    else return true;
    return false;
  }

  private isFiltered({ from, node, type }: QueuedEvent): boolean {
    const { type: name, messageType } = this.core.kinds[type] as MessageKind;
    return this.network.isFiltered(from, node, name, messageType);
  }

  private isLost({ bits, copy, from, node }: QueuedEvent): boolean {
    const { lossPpm } = this.network.quality(from, node);
    return lossPpm > 0 && scale(derive(bits, copy === 0 ? LOSS : COPY_LOSS), 1_000_000) < lossPpm;
  }

  /** An event of its own: a message is gone. */
  drop(event: QueuedEvent, reason: DropReason): void {
    if (this.network.isBounded) this.leave(event);
    this.core.begin(DROP, event.node, event.id ^ (event.copy << 31), event.cause);
    this.discard(event, reason);
  }

  private discard(event: QueuedEvent, reason: DropReason): void {
    const { core } = this;
    core.digest.string(reason);
    const { dropped } = (core.kinds[event.type] as MessageKind).counts;
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    core.tracer?.drop(event, reason);
  }

  /** The message's handler is about to run. */
  delivered(event: QueuedEvent, node: SimNode, part: Part): void {
    const { core } = this;
    this.deliveries++;
    (core.kinds[event.type] as MessageKind).counts.delivered++;
    part.hooks.deliver[event.type]?.(event.from, event.node, event.payload, part.world);
    core.tracer?.deliver(node, part, event);
  }

  /** Messages whose clog has ended go on, in the order they came; one that arrives at this very instant comes after them. */
  releaseHeld(): void {
    const { core, network } = this;
    const released = this.held.filter(({ from, node }) => !network.isClogged(from, node));
    if (released.length === 0) return;
    this.held = this.held.filter(({ from, node }) => network.isClogged(from, node));
    const links = new Set(released.map(linkOf));
    const arriving = core.queue.extract(
      (event, time) => event.kind === DELIVER && time <= core.now && links.has(linkOf(event)),
    );
    for (const event of [...released, ...arriving]) core.queue.push(core.now, event);
  }

  save(): MessagesSnapshot {
    return { network: this.network.save(), held: this.held.slice(), ids: this.ids, deliveries: this.deliveries };
  }

  load(snapshot: MessagesSnapshot): void {
    this.network.load(snapshot.network);
    this.held = snapshot.held.slice();
    this.ids = snapshot.ids;
    this.deliveries = snapshot.deliveries;
  }
}

/** Tells messages under way, and copies, from each other. */
const wayOf = ({ id, copy }: QueuedEvent): number => 2 * id + copy;

const linkOf = ({ from, node }: QueuedEvent): string => `${from}>${node}`;

export interface MessagesSnapshot {
  readonly network: ReturnType<Network['save']>;
  readonly held: readonly QueuedEvent[];
  readonly ids: number;
  readonly deliveries: number;
}
