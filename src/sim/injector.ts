/** Makes faults happen: at their times, or at the events they wait for; counts what fired and what had to be skipped. */
import type { NodeSpec } from './config.ts';
import { type Effects, NOTE } from './effects.ts';
import { DELIVER, FAULT_END, FAULT_START, QueuedEvent, RESTART, TIMER } from './event.ts';
import type { Fault, Target, Trigger, UnsyncedWrites } from './faults.ts';
import type { Network } from './network.ts';
import type { SimNode, Strike } from './process.ts';
import type { Micros, NodeId, Tagged } from './protocol.ts';
import type { EventQueue } from './queue.ts';
import type { TraceSink } from './trace.ts';

/** What faults need of the simulation. */
interface Injected {
  readonly now: Micros;
  readonly event: number;
  readonly nodes: readonly SimNode[];
  readonly network: Network;
  readonly queue: EventQueue<QueuedEvent>;
  readonly sink: TraceSink | undefined;
  begin(kind: number, node: number, detail: number, cause: number): void;
  indexOf(id: NodeId): number | undefined;
  addNode(spec: NodeSpec): SimNode;
  bootNode(node: SimNode): void;
  restart(index: number, cause: number): void;
  crash(node: SimNode, unsynced: UnsyncedWrites, lostEffects: number): void;
  pause(node: SimNode, duration: Micros): void;
  admin(node: SimNode, action: Tagged): void;
  retime(node: SimNode): void;
  releaseHeld(): void;
}

/** A fault that waits for an event. */
interface Waiting {
  readonly fault: number;
  readonly when: Trigger;
  seen: number;
}

/** What the end of a fault has to put back. */
type Undo =
  | { readonly kind: 'none' }
  | { readonly kind: 'rate'; readonly node: number; readonly ppm: number }
  | { readonly kind: 'disk'; readonly node: number };

export class Injector {
  private readonly world: Injected;
  private readonly faults: readonly Fault[];
  private waiting: Waiting[];
  private lastNoted = new Map<string, number>();
  private counts = new Map<string, { fired: number; skipped: number }>();

  constructor(world: Injected, faults: readonly Fault[]) {
    this.world = world;
    this.faults = faults;
    this.waiting = faults.flatMap((fault, index) =>
      fault.when === undefined ? [] : [{ fault: index, when: fault.when, seen: 0 }],
    );
  }

  /** Puts the faults that are anchored at a time into the queue. */
  schedule(): void {
    this.faults.forEach(({ at, when }, index) => {
      if (when === undefined)
        this.world.queue.push(at ?? 0, new QueuedEvent(FAULT_START, -1, -1, -1, undefined, index, 0, 0, 0, 0));
    });
  }

  /** A handler has run: arms the faults that wait for its event or its notes at one of its boundaries. */
  arm(node: SimNode, kind: number, event: QueuedEvent, name: string | undefined, effects: Effects): void {
    if (node.ambush !== undefined && effects.count > node.ambush.boundary) {
      addStrike(node, node.ambush);
      node.ambush = undefined;
    }
    if (this.waiting.length === 0) return;
    const happened = this.waiting.filter((waiting) => this.matches(waiting, node, kind, event, name, effects));
    if (happened.length === 0) return;
    this.waiting = this.waiting.filter((waiting) => !happened.includes(waiting));
    for (const { fault: index } of happened) {
      const fault = this.faults[index] as Fault;
      const boundary = 'effect' in fault && fault.effect !== undefined ? fault.effect : effects.count;
      addStrike(node, { fault: index, boundary });
    }
  }

  private matches(
    waiting: Waiting,
    node: SimNode,
    kind: number,
    event: QueuedEvent,
    name: string | undefined,
    effects: Effects,
  ): boolean {
    const { when } = waiting;
    if (when.node !== undefined && when.node !== node.id) return false;
    let times = 0;
    if (when.message !== undefined) times = kind === DELIVER && (event.payload as Tagged).type === when.message ? 1 : 0;
    else if (when.timer !== undefined) times = kind === TIMER && name === when.timer ? 1 : 0;
    else for (let i = 0; i < effects.count; i++) if (effects.kinds[i] === NOTE && effects.a[i] === when.note) times++;
    waiting.seen += times;
    return times > 0 && waiting.seen >= (when.nth ?? 1);
  }

  noted(text: string, node: SimNode): void {
    this.lastNoted.set(text, node.index);
  }

  /** Applies a fault now. `struck`: the node whose handler it interrupts, with the number of effects it cuts off. */
  start(index: number, struck: SimNode | undefined, lostEffects = 0): void {
    const fault = this.faults[index] as Fault;
    const { world } = this;
    const event = world.event;
    if (struck === undefined) world.begin(FAULT_START, -1, index, 0);
    // A crash or pause between effects, anchored at a time: waits for the next handler that is long enough.
    if (struck === undefined && 'effect' in fault && fault.effect !== undefined && fault.when === undefined) {
      const node = this.target(fault.node);
      if (node !== undefined) {
        node.ambush = { fault: index, boundary: fault.effect };
        return;
      }
    }
    const why = this.apply(fault, index, struck, lostEffects);
    this.count(fault.kind, why === undefined);
    world.sink?.({
      kind: 'fault',
      event: world.event,
      at: world.now,
      ...(struck === undefined ? {} : { cause: event }),
      id: index,
      fault,
      phase: why === undefined ? 'start' : 'skipped',
      ...(why === undefined ? {} : { why }),
    });
  }

  /** Applies; answers why not, where it cannot. */
  private apply(fault: Fault, index: number, struck: SimNode | undefined, lostEffects: number): string | undefined {
    const { world } = this;
    switch (fault.kind) {
      case 'partition': {
        const groups = fault.groups.map((group) => this.setOf(group));
        for (const from of groups) for (const to of groups) if (from !== to) world.network.cut({ id: index, from, to });
        return this.until(index, fault.for, { kind: 'none' });
      }
      case 'cut':
        world.network.cut({ id: index, from: this.setOf(fault.from), to: this.setOf(fault.to) });
        return this.until(index, fault.for, { kind: 'none' });
      case 'clog':
        world.network.clog({ id: index, from: this.setOf(fault.from), to: this.setOf(fault.to) });
        return this.until(index, fault.for, { kind: 'none' });
      case 'noise':
        this.noise(fault, 1);
        return this.until(index, fault.for, { kind: 'none' });
      case 'join':
        if (world.indexOf(fault.node) !== undefined) return `there is a ${fault.node} already`;
        world.bootNode(world.addNode({ id: fault.node, role: fault.role, options: fault.options ?? {} }));
        return undefined;
    }
    const node = this.target(fault.node);
    if (node === undefined)
      return typeof fault.node === 'string'
        ? `there is no ${fault.node}`
        : `no node has noted "${fault.node.noted}" yet`;
    return this.applyAt(node, fault, index, struck, lostEffects);
  }

  private applyAt(
    node: SimNode,
    fault: Extract<Fault, { readonly node: Target }>,
    index: number,
    struck: SimNode | undefined,
    lostEffects: number,
  ): string | undefined {
    const { world } = this;
    const down = node.status === 'running' ? undefined : `${node.id} is down`;
    switch (fault.kind) {
      case 'isolate': {
        const alone = new Set([node.index]);
        const others = new Set(
          world.nodes.filter(({ index: other }) => other !== node.index).map(({ index: other }) => other),
        );
        if (fault.direction !== 'inbound') world.network.cut({ id: index, from: alone, to: others });
        if (fault.direction !== 'outbound') world.network.cut({ id: index, from: others, to: alone });
        return this.until(index, fault.for, { kind: 'none' });
      }
      case 'crash':
        if (down !== undefined) return down;
        world.crash(node, fault.unsynced ?? 'none', node === struck ? lostEffects : 0);
        if (fault.for !== undefined) this.later(RESTART, node, fault.for);
        return undefined;
      case 'restart':
        if (down === undefined) return `${node.id} is running`;
        world.restart(node.index, world.event);
        return undefined;
      case 'pause':
        if (down !== undefined) return down;
        world.pause(node, fault.for);
        return undefined;
      case 'clock-step':
        node.clock.stepWall(fault.by);
        return undefined;
      case 'clock-rate': {
        const before = node.clock.ratePpm;
        this.setRate(node, fault.ppm);
        return this.until(index, fault.for, { kind: 'rate', node: node.index, ppm: before });
      }
      case 'slow-disk':
        node.disk.slow = fault.latency;
        return this.until(index, fault.for, { kind: 'disk', node: node.index });
      case 'sync-error':
        node.disk.failing++;
        return undefined;
      case 'admin':
        if (down !== undefined) return down;
        if (!node.isFree) return `${node.id} is busy`;
        world.admin(node, fault.action);
        return undefined;
      case 'join':
        throw new Error('kernel: join has no target');
    }
  }

  end(index: number, undo: unknown): void {
    const fault = this.faults[index] as Fault;
    const { world } = this;
    world.begin(FAULT_END, -1, index, 0);
    world.network.release(index);
    if (fault.kind === 'clog') world.releaseHeld();
    if (fault.kind === 'noise') this.noise(fault, -1);
    const todo = undo as Undo;
    if (todo.kind === 'rate') this.setRate(world.nodes[todo.node] as SimNode, todo.ppm);
    if (todo.kind === 'disk') (world.nodes[todo.node] as SimNode).disk.slow = undefined;
    world.sink?.({ kind: 'fault', event: world.event, at: world.now, id: index, fault, phase: 'end' });
  }

  private until(index: number, duration: Micros | undefined, undo: Undo): undefined {
    const { queue, now, event } = this.world;
    if (duration !== undefined)
      queue.push(now + duration, new QueuedEvent(FAULT_END, -1, -1, -1, undo, index, 0, event, now, 0));
    return undefined;
  }

  private later(kind: typeof RESTART, node: SimNode, delay: Micros): void {
    const { queue, now, event } = this.world;
    queue.push(now + delay, new QueuedEvent(kind, node.index, 0, -1, undefined, node.incarnation, 0, event, now, 0));
  }

  private noise(fault: Extract<Fault, { readonly kind: 'noise' }>, sign: 1 | -1): void {
    this.world.network.lossPpm += sign * (fault.lossPpm ?? 0);
    this.world.network.duplicationPpm += sign * (fault.duplicationPpm ?? 0);
  }

  private setRate(node: SimNode, ppm: number): void {
    node.clock.setRate(ppm, this.world.now);
    this.world.retime(node);
  }

  private target(target: Target): SimNode | undefined {
    const index = typeof target === 'string' ? this.world.indexOf(target) : this.lastNoted.get(target.noted);
    return index === undefined ? undefined : this.world.nodes[index];
  }

  private setOf(ids: readonly NodeId[]): ReadonlySet<number> {
    return new Set(ids.flatMap((id) => this.world.indexOf(id) ?? []));
  }

  count(kind: string, fired: boolean): void {
    let counts = this.counts.get(kind);
    if (counts === undefined) {
      counts = { fired: 0, skipped: 0 };
      this.counts.set(kind, counts);
    }
    if (fired) counts.fired++;
    else counts.skipped++;
  }

  statistics(): { [kind: string]: { readonly fired: number; readonly skipped: number } } {
    return Object.fromEntries([...this.counts].map(([kind, counts]) => [kind, { ...counts }]));
  }

  save(): InjectorSnapshot {
    return {
      waiting: this.waiting.map((waiting) => ({ ...waiting })),
      lastNoted: [...this.lastNoted],
      counts: [...this.counts].map(([kind, counts]) => [kind, { ...counts }]),
    };
  }

  load(snapshot: InjectorSnapshot): void {
    this.waiting = snapshot.waiting.map((waiting) => ({ ...waiting }));
    this.lastNoted = new Map(snapshot.lastNoted);
    this.counts = new Map(snapshot.counts.map(([kind, counts]) => [kind, { ...counts }]));
  }
}

export interface InjectorSnapshot {
  readonly waiting: readonly Waiting[];
  readonly lastNoted: readonly (readonly [string, number])[];
  readonly counts: readonly (readonly [string, { readonly fired: number; readonly skipped: number }])[];
}

function addStrike(node: SimNode, strike: Strike): void {
  if (node.strikes === undefined) node.strikes = [strike];
  else node.strikes.push(strike);
}
