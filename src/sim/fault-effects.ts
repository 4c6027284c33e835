/** What each kind of fault does to links, processes, clocks and disks: how it starts, goes on, and ends. */
import type { NodeSpec } from './config.ts';
import type { Core } from './core.ts';
import { damage, flipBit, type Place, placeIn, repair } from './damage.ts';
import { hashString } from './digest.ts';
import { eventAt, FAULT_END, FAULT_STEP, type FaultStep, type QueuedEvent, RESTART, SYNCED } from './event.ts';
import type { DiskLoss, Fault } from './faults.ts';
import type { Messages } from './messages.ts';
import type { LinkSet } from './network.ts';
import { canonicalText } from './plain.ts';
import type { SimNode } from './process.ts';
import type { Micros, NodeId, Tagged } from './protocol.ts';
import { derive, scale } from './random.ts';

/** What faults do to nodes. */
export interface Processes {
  boot(node: SimNode): void;
  join(spec: NodeSpec): void;
  crash(node: SimNode, loss: DiskLoss, lostEffects: number): void;
  pause(node: SimNode, duration: Micros, fault: number): void;
  admin(node: SimNode, action: Tagged): void;
  setClockRate(node: SimNode, ppm: number): void;
}

/** A fault that sets something of a node for a while. Where several set the same, the last begun decides. */
interface Setting {
  readonly fault: number;
  readonly what: 'clock' | 'sync-latency' | 'full-disk' | 'handler-cost' | 'timer-jitter';
  readonly node: number;
  readonly value: number;
}

/** A place that a read error has made unreadable for a while. */
interface Unreadable {
  readonly fault: number;
  readonly node: number;
  readonly place: Place;
}

type OfKind<K extends Fault['kind']> = Extract<Fault, { readonly kind: K }>;
/** Faults at one node. */
type AtNode = Exclude<Extract<Fault, { readonly node: unknown }>, { readonly kind: 'join' }>;

export class FaultEffects {
  private readonly core: Core;
  private readonly messages: Messages;
  private readonly processes: () => Processes;
  private settings: readonly Setting[] = [];
  private unreadable: readonly Unreadable[] = [];

  constructor(core: Core, messages: Messages, processes: () => Processes) {
    this.core = core;
    this.messages = messages;
    this.processes = processes;
  }

  /** `node`: the one it is aimed at, where it is aimed at one. */
  start(fault: Fault, index: number, node: SimNode | undefined, lostEffects: number): void {
    if (node !== undefined) {
      this.startAt(node, fault as AtNode, index, lostEffects);
      return;
    }
    const { core } = this;
    switch (fault.kind) {
      case 'partition':
      case 'flapping':
        this.partition(fault.groups, index);
        if (fault.kind === 'flapping') this.stepLater(index, 1, -1, core.now + fault.for, fault.cut);
        this.until(index, fault.for);
        return;
      case 'partial':
        for (const pair of fault.pairs) this.partition([[pair[0]], [pair[1]]], index);
        this.until(index, fault.for);
        return;
      case 'cut':
        this.messages.network.cut(this.links(index, fault.from, fault.to));
        this.until(index, fault.for);
        return;
      case 'clog':
        this.messages.network.clog(this.links(index, fault.from, fault.to));
        this.until(index, fault.for);
        return;
      case 'swizzle-clog':
        this.swizzle(fault, index);
        this.until(index, fault.for);
        return;
      case 'filter':
        this.messages.network.filter(this.links(index, fault.from, fault.to), fault.messages);
        this.until(index, fault.for);
        return;
      case 'degrade':
        this.messages.network.degrade(this.links(index, fault.from, fault.to), fault);
        this.until(index, fault.for);
        return;
      case 'noise':
        this.noise(fault, 1);
        this.until(index, fault.for);
        return;
      case 'timer-jitter':
        for (const id of fault.nodes) {
          const place = core.indexes.get(id);
          if (place !== undefined) this.set({ fault: index, what: 'timer-jitter', node: place, value: fault.max });
        }
        this.until(index, fault.for);
        return;
      case 'outage':
        this.outage(fault);
        return;
      case 'join':
        this.processes().join({ id: fault.node, role: fault.role, options: fault.options ?? {} });
        return;
    }
  }

  private startAt(node: SimNode, fault: AtNode, index: number, lostEffects: number): void {
    const { core } = this;
    const processes = this.processes();
    switch (fault.kind) {
      case 'isolate':
        this.isolate(node, fault, index);
        this.until(index, fault.for);
        return;
      case 'crash':
        this.crash(node, fault, lostEffects, fault.for);
        if (fault.empty === true) node.disk.wipe();
        return;
      case 'crash-loop':
        this.crash(node, fault, lostEffects, fault.down);
        if (fault.times > 1) this.stepLater(index, 1, node.index, Number.POSITIVE_INFINITY, fault.down + fault.up);
        return;
      case 'restart':
        processes.boot(node);
        return;
      case 'pause':
        processes.pause(node, fault.for, index);
        return;
      case 'slow-node':
        this.set({ fault: index, what: 'handler-cost', node: node.index, value: fault.cost });
        this.until(index, fault.for);
        return;
      case 'clock-step':
        node.clock.stepWall(fault.by);
        return;
      case 'clock-rate':
        this.set({ fault: index, what: 'clock', node: node.index, value: fault.ppm });
        this.until(index, fault.for);
        return;
      case 'clock-drift':
        this.drift(node, fault, index, 0, fault.for === undefined ? Number.POSITIVE_INFINITY : core.now + fault.for);
        this.until(index, fault.for);
        return;
      case 'admin':
        processes.admin(node, fault.action);
        return;
      default:
        this.startAtDisk(node, fault, index);
    }
  }

  private startAtDisk(
    node: SimNode,
    fault: OfKind<
      | 'slow-disk'
      | 'disk-stall'
      | 'sync-error'
      | 'write-error'
      | 'full-disk'
      | 'read-error'
      | 'bit-flip'
      | 'misdirected-write'
    >,
    index: number,
  ): void {
    switch (fault.kind) {
      case 'slow-disk':
        this.set({ fault: index, what: 'sync-latency', node: node.index, value: fault.latency });
        this.until(index, fault.for);
        return;
      case 'full-disk':
        this.set({ fault: index, what: 'full-disk', node: node.index, value: 1 });
        this.until(index, fault.for);
        return;
      case 'disk-stall':
        this.stall(node, this.core.now + fault.for);
        this.until(index, fault.for);
        return;
      case 'sync-error':
        node.disk.failing++;
        return;
      case 'write-error':
        node.disk.failingWrites++;
        return;
      case 'misdirected-write':
        node.disk.misdirected++;
        return;
      case 'read-error':
      case 'bit-flip':
        this.damage(node, fault, index);
    }
  }

  /** A fault that does one thing after another does the next. */
  step(fault: Fault, index: number, { step, node: place, until }: FaultStep): void {
    const node = this.core.nodes[place];
    switch (fault.kind) {
      case 'flapping': {
        const isHealed = step % 2 === 1;
        if (isHealed) this.messages.network.release(index);
        else this.partition(fault.groups, index);
        this.core.tracer?.fault(index, fault, isHealed ? 'end' : 'start', undefined, undefined);
        this.stepLater(index, step + 1, -1, until, isHealed ? fault.healed : fault.cut);
        return;
      }
      case 'swizzle-clog':
        this.swizzleStep(fault, index, step, place);
        return;
      case 'crash-loop':
        if (node?.status === 'running') {
          this.tell(fault, index, `${node.id} crashes again`);
          this.crash(node, fault, 0, fault.down);
        }
        if (step + 1 < fault.times) this.stepLater(index, step + 1, place, until, fault.down + fault.up);
        return;
      case 'clock-drift':
        if (node !== undefined) this.drift(node, fault, index, step, until);
    }
  }

  end(fault: Fault, index: number): void {
    this.messages.network.release(index);
    if (fault.kind === 'clog') this.messages.releaseHeld();
    if (fault.kind === 'noise') this.noise(fault, -1);
    this.unset((setting) => setting.fault === index);
    this.readAgain((one) => one.fault === index);
  }

  /** What lasts for a while is over at these nodes. What a disk has lost it has lost. */
  heal(healed: ReadonlySet<number>): void {
    this.unset(({ node }) => healed.has(node));
    this.readAgain(({ node }) => healed.has(node));
  }

  private readAgain(matches: (one: Unreadable) => boolean): void {
    for (const { node, place } of this.unreadable.filter(matches)) {
      const { disk } = this.core.nodes[node] as SimNode;
      for (const image of [disk.cached, disk.durable]) repair(image, place, 'read');
    }
    this.unreadable = this.unreadable.filter((one) => !matches(one));
  }

  private until(index: number, duration: Micros | undefined): void {
    const { core } = this;
    if (duration !== undefined)
      core.queue.push(core.now + duration, eventAt(FAULT_END, -1, -1, undefined, index, core.event));
  }

  /** Not after the fault is over. */
  private stepLater(index: number, step: number, node: number, until: Micros, delay: Micros): void {
    const { core } = this;
    const time = core.now + delay;
    if (time < until) core.queue.push(time, eventAt(FAULT_STEP, -1, -1, { step, node, until }, index, core.event));
  }

  private tell(fault: Fault, index: number, what: string): void {
    this.core.tracer?.fault(index, fault, 'step', undefined, what);
  }

  // --- Links ---------------------------------------------------------------------------------------------------------------------

  private partition(groups: readonly (readonly NodeId[])[], index: number): void {
    this.messages.network.partition(
      index,
      groups.map((group) => this.setOf(group)),
    );
  }

  private isolate(node: SimNode, { direction, from }: OfKind<'isolate'>, index: number): void {
    const { core } = this;
    const { network } = this.messages;
    const alone = new Set([node.index]);
    const isOther = from === undefined ? new Set(core.nodes.map((other) => other.index)) : new Set(this.setOf(from));
    isOther.delete(node.index);
    const open = (side: 'from' | 'to'): { readonly open?: 'from' | 'to' } => (from === undefined ? { open: side } : {});
    if (direction !== 'inbound') network.cut({ id: index, from: alone, to: isOther, ...open('to') });
    if (direction !== 'outbound') network.cut({ id: index, from: isOther, to: alone, ...open('from') });
  }

  /** Without a list: all nodes, also those who join later. */
  private links(id: number, from: readonly NodeId[] | undefined, to: readonly NodeId[] | undefined): LinkSet {
    const all = new Set(this.core.nodes.map((node) => node.index));
    const open = from !== undefined ? (to !== undefined ? undefined : 'to') : to !== undefined ? 'from' : 'both';
    return {
      id,
      from: from === undefined ? all : this.setOf(from),
      to: to === undefined ? all : this.setOf(to),
      ...(open === undefined ? {} : { open }),
    };
  }

  private setOf(ids: readonly NodeId[]): ReadonlySet<number> {
    return new Set(ids.flatMap((id) => this.core.indexes.get(id) ?? []));
  }

  private noise(fault: OfKind<'noise'>, sign: 1 | -1): void {
    this.messages.network.lossPpm += sign * (fault.lossPpm ?? 0);
    this.messages.network.duplicationPpm += sign * (fault.duplicationPpm ?? 0);
  }

  /** Steps are even where a node is clogged and odd where it is released; all are drawn and put into the queue at once. */
  private swizzle(fault: OfKind<'swizzle-clog'>, index: number): void {
    const { core } = this;
    const luck = hashString(`${core.spec.seed}/swizzle/${canonicalText(fault)}`);
    const half = Math.floor(fault.for / 2);
    fault.nodes.forEach((id, i) => {
      const node = core.indexes.get(id);
      if (node === undefined || (derive(luck, 3 * i + 1) & 1) === 0) return;
      const clogged = scale(derive(luck, 3 * i + 2), half);
      const released = half + scale(derive(luck, 3 * i + 3), Math.max(1, fault.for - half));
      this.stepLater(index, 2 * i, node, core.now + fault.for, clogged);
      this.stepLater(index, 2 * i + 1, node, core.now + fault.for, released);
    });
  }

  private swizzleStep(fault: OfKind<'swizzle-clog'>, index: number, step: number, place: number): void {
    const { core } = this;
    const { network } = this.messages;
    const name = core.names[place] as NodeId;
    if (step % 2 === 0) {
      const others = new Set(core.nodes.map((node) => node.index).filter((other) => other !== place));
      network.clog({ id: index, part: place, from: others, to: new Set([place]), open: 'from' });
      this.tell(fault, index, `messages to ${name} are held back`);
      return;
    }
    network.release(index, place);
    this.tell(fault, index, `messages to ${name} are let go`);
    this.messages.releaseHeld();
  }

  // --- Processes and clocks ------------------------------------------------------------------------------------------------------

  private crash(node: SimNode, loss: DiskLoss, lostEffects: number, down: Micros | undefined): void {
    const { core } = this;
    this.processes().crash(node, loss, lostEffects);
    if (down !== undefined)
      core.queue.push(core.now + down, eventAt(RESTART, node.index, 0, undefined, node.incarnation, core.event));
  }

  private outage(fault: OfKind<'outage'>): void {
    for (const place of this.setOf(fault.nodes)) {
      const node = this.core.nodes[place] as SimNode;
      if (node.status === 'running' && !this.core.over) this.crash(node, fault, 0, fault.for);
    }
  }

  /** A new rate, and the time for the next. Drawn by node and step, not from a stream: one drift more does not change the others. */
  private drift(node: SimNode, fault: OfKind<'clock-drift'>, index: number, step: number, until: Micros): void {
    const luck = hashString(`${this.core.spec.seed}/drift/${node.id}/${canonicalText(fault)}`);
    const ppm = scale(derive(luck, step), 2 * fault.ppm + 1) - fault.ppm;
    this.settings = this.settings.filter((setting) => setting.fault !== index);
    this.set({ fault: index, what: 'clock', node: node.index, value: ppm });
    if (step > 0) this.tell(fault, index, `the clock of ${node.id} now runs ${ppm} ppm off`);
    this.stepLater(index, step + 1, node.index, until, fault.every);
  }

  private set(setting: Setting): void {
    this.settings = [...this.settings, setting];
    this.applySettings(setting);
  }

  private unset(matches: (setting: Setting) => boolean): void {
    const ended = this.settings.filter(matches);
    this.settings = this.settings.filter((setting) => !matches(setting));
    for (const setting of ended) this.applySettings(setting);
  }

  /** Gives the node the value of the last fault in force, or its own. */
  private applySettings({ what, node: place }: Setting): void {
    const node = this.core.nodes[place] as SimNode;
    const value = this.settings.findLast((setting) => setting.what === what && setting.node === place)?.value;
    switch (what) {
      case 'sync-latency':
        node.disk.slow = value;
        return;
      case 'full-disk':
        node.disk.isFull = value !== undefined;
        return;
      case 'handler-cost':
        node.handlerCost = value ?? 0;
        return;
      case 'timer-jitter':
        node.timerJitter = value ?? 0;
        return;
      case 'clock':
        this.processes().setClockRate(node, value ?? node.clock.ownRatePpm);
    }
  }

  // --- Disks ---------------------------------------------------------------------------------------------------------------------

  /** Syncs under way end when the stall is over, in their order; those that begin meanwhile come after them. */
  private stall(node: SimNode, until: Micros): void {
    const { core } = this;
    node.disk.stall(until);
    const isStalled = (event: QueuedEvent, time: Micros): boolean =>
      event.kind === SYNCED && event.node === node.index && time < until;
    for (const event of core.queue.extract(isStalled)) core.queue.push(until, event);
  }

  private damage(node: SimNode, fault: OfKind<'read-error' | 'bit-flip'>, index: number): void {
    const { core } = this;
    const { disk } = node;
    const luck = hashString(`${core.spec.seed}/damage/${node.id}/${disk.damages++}`);
    const place = placeIn(disk.durable, fault.target, derive(luck, 1)) as Place;
    const images = disk.isDirty(place) ? [disk.durable] : [disk.durable, disk.cached];
    core.digest.string(place.name);
    if (fault.kind === 'bit-flip' && fault.silent === true) {
      for (const image of images) flipBit(image, place, derive(luck, 2));
      core.tracer?.diskError(node, 'silent', place.name);
      return;
    }
    const error = fault.kind === 'bit-flip' ? 'corrupt' : 'read';
    for (const image of images) damage(image, place, error);
    core.tracer?.diskError(node, error, place.name);
    if (fault.kind === 'read-error' && fault.for !== undefined) {
      this.unreadable = [...this.unreadable, { fault: index, node: node.index, place }];
      this.until(index, fault.for);
    }
  }

  // --- Snapshots -----------------------------------------------------------------------------------------------------------------

  /** What a state hash covers: what is in force. */
  contents(): unknown {
    return [this.settings, this.unreadable];
  }

  save(): FaultEffectsSnapshot {
    return { settings: this.settings, unreadable: this.unreadable };
  }

  load(snapshot: FaultEffectsSnapshot): void {
    this.settings = snapshot.settings;
    this.unreadable = snapshot.unreadable;
  }
}

export interface FaultEffectsSnapshot {
  readonly settings: readonly Setting[];
  readonly unreadable: readonly Unreadable[];
}
