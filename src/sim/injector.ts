/** Makes faults happen: at their times, or at the events they wait for; counts what fired and what had to be skipped. */
import type { NodeSpec } from './config.ts';
import type { Core } from './core.ts';
import { type Effects, NOTE } from './effects.ts';
import { DELIVER, eventAt, FAULT_END, FAULT_START, type QueuedEvent, RESTART, TIMER } from './event.ts';
import type { Fault, Target, Trigger, UnsyncedWrites } from './faults.ts';
import type { Messages } from './messages.ts';
import type { SimNode, Strike } from './process.ts';
import type { Micros, NodeId, Tagged } from './protocol.ts';

/** What faults do to nodes. */
interface Processes {
  boot(node: SimNode): void;
  join(spec: NodeSpec): void;
  crash(node: SimNode, unsynced: UnsyncedWrites, lostEffects: number): void;
  pause(node: SimNode, duration: Micros): void;
  admin(node: SimNode, action: Tagged): void;
  setClockRate(node: SimNode, ppm: number): void;
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
  private readonly core: Core;
  private readonly messages: Messages;
  private readonly processes: Processes;
  private readonly faults: readonly Fault[];
  private waiting: Waiting[];
  private lastNoted = new Map<string, number>();
  private counts = new Map<string, { fired: number; skipped: number }>();

  constructor(core: Core, messages: Messages, processes: Processes, faults: readonly Fault[]) {
    this.core = core;
    this.messages = messages;
    this.processes = processes;
    this.faults = faults;
    this.waiting = faults.flatMap((fault, index) =>
      fault.when === undefined ? [] : [{ fault: index, when: fault.when, seen: 0 }],
    );
  }

  /** Puts the faults that are anchored at a time into the queue. */
  schedule(): void {
    this.faults.forEach(({ at, when }, index) => {
      if (when === undefined) this.core.queue.push(at ?? 0, eventAt(FAULT_START, -1, -1, undefined, index, 0, 0));
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

  /** Whether some fault waits for an event. */
  get isWatching(): boolean {
    return this.waiting.length > 0;
  }

  /** A fault's time has come. A crash or pause between effects then lies in ambush for a handler that is long enough. */
  start(index: number): void {
    const fault = this.faults[index] as Fault;
    this.core.begin(FAULT_START, -1, index, 0);
    const node =
      'effect' in fault && fault.effect !== undefined ? this.target(fault.node, undefined, fault) : undefined;
    if (node !== undefined && 'effect' in fault) node.ambush = { fault: index, boundary: fault.effect ?? 0 };
    else this.apply(index, undefined, 0);
  }

  /** A fault strikes between two effects of a handler, and cuts off this many. */
  strike(index: number, node: SimNode, lostEffects: number): void {
    this.apply(index, node, lostEffects);
  }

  private apply(index: number, struck: SimNode | undefined, lostEffects: number): void {
    const { core } = this;
    const fault = this.faults[index] as Fault;
    core.digest.number(index);
    const cause = struck === undefined ? undefined : core.event;
    const why = this.whyImpossible(fault, struck);
    this.count(fault.kind, why === undefined);
    core.tracer?.fault(index, fault, why === undefined ? 'start' : 'skipped', cause, why);
    if (why === undefined) this.effectuate(fault, index, struck, lostEffects);
  }

  private whyImpossible(fault: Fault, struck: SimNode | undefined): string | undefined {
    if (fault.kind === 'join')
      return this.core.indexes.has(fault.node) ? `there is a ${fault.node} already` : undefined;
    if (!('node' in fault)) return undefined;
    const node = this.target(fault.node, struck, fault);
    if (node === undefined)
      return typeof fault.node === 'string'
        ? `there is no ${fault.node}`
        : `no node has noted "${fault.node.noted}" yet`;
    const isUp = node.status === 'running';
    switch (fault.kind) {
      case 'crash':
      case 'pause':
        return isUp ? undefined : `${node.id} is down`;
      case 'restart':
        return isUp ? `${node.id} is running` : undefined;
      case 'admin':
        if (!isUp) return `${node.id} is down`;
        return node.isFree ? undefined : `${node.id} is busy or paused`;
      default:
        return undefined;
    }
  }

  private effectuate(fault: Fault, index: number, struck: SimNode | undefined, lostEffects: number): void {
    const { network } = this.messages;
    switch (fault.kind) {
      case 'partition': {
        const groups = fault.groups.map((group) => this.setOf(group));
        for (const from of groups) for (const to of groups) if (from !== to) network.cut({ id: index, from, to });
        this.until(index, fault.for, { kind: 'none' });
        return;
      }
      case 'cut':
        network.cut({ id: index, from: this.setOf(fault.from), to: this.setOf(fault.to) });
        this.until(index, fault.for, { kind: 'none' });
        return;
      case 'clog':
        network.clog({ id: index, from: this.setOf(fault.from), to: this.setOf(fault.to) });
        this.until(index, fault.for, { kind: 'none' });
        return;
      case 'noise':
        this.noise(fault, 1);
        this.until(index, fault.for, { kind: 'none' });
        return;
      case 'join':
        this.processes.join({ id: fault.node, role: fault.role, options: fault.options ?? {} });
        return;
      default:
        this.effectuateAt(this.target(fault.node, struck, fault) as SimNode, fault, index, lostEffects);
    }
  }

  private effectuateAt(
    node: SimNode,
    fault: Exclude<Extract<Fault, { readonly node: Target }>, { readonly kind: 'join' }>,
    index: number,
    lostEffects: number,
  ): void {
    const { core, messages, processes } = this;
    switch (fault.kind) {
      case 'isolate': {
        const alone = new Set([node.index]);
        const others = new Set(core.nodes.filter((other) => other !== node).map((other) => other.index));
        if (fault.direction !== 'inbound') messages.network.cut({ id: index, from: alone, to: others });
        if (fault.direction !== 'outbound') messages.network.cut({ id: index, from: others, to: alone });
        this.until(index, fault.for, { kind: 'none' });
        return;
      }
      case 'crash':
        processes.crash(node, fault.unsynced ?? 'none', lostEffects);
        if (fault.for !== undefined)
          core.queue.push(
            core.now + fault.for,
            eventAt(RESTART, node.index, 0, undefined, node.incarnation, core.event, core.now),
          );
        return;
      case 'restart':
        processes.boot(node);
        return;
      case 'pause':
        processes.pause(node, fault.for);
        return;
      case 'clock-step':
        node.clock.stepWall(fault.by);
        return;
      case 'clock-rate':
        this.until(index, fault.for, { kind: 'rate', node: node.index, ppm: node.clock.ratePpm });
        processes.setClockRate(node, fault.ppm);
        return;
      case 'slow-disk':
        node.disk.slow = fault.latency;
        this.until(index, fault.for, { kind: 'disk', node: node.index });
        return;
      case 'sync-error':
        node.disk.failing++;
        return;
      case 'admin':
        processes.admin(node, fault.action);
        return;
    }
  }

  end(index: number, undo: unknown): void {
    const { core, messages } = this;
    const fault = this.faults[index] as Fault;
    core.begin(FAULT_END, -1, index, 0);
    messages.network.release(index);
    if (fault.kind === 'clog') messages.releaseHeld();
    if (fault.kind === 'noise') this.noise(fault, -1);
    const todo = undo as Undo;
    if (todo.kind === 'rate') this.processes.setClockRate(core.nodes[todo.node] as SimNode, todo.ppm);
    if (todo.kind === 'disk') (core.nodes[todo.node] as SimNode).disk.slow = undefined;
    core.tracer?.fault(index, fault, 'end', undefined, undefined);
  }

  private until(index: number, duration: Micros | undefined, undo: Undo): void {
    const { core } = this;
    if (duration !== undefined)
      core.queue.push(core.now + duration, eventAt(FAULT_END, -1, -1, undo, index, core.event, core.now));
  }

  private noise(fault: Extract<Fault, { readonly kind: 'noise' }>, sign: 1 | -1): void {
    this.messages.network.lossPpm += sign * (fault.lossPpm ?? 0);
    this.messages.network.duplicationPpm += sign * (fault.duplicationPpm ?? 0);
  }

  /** `{ noted: X }` in a fault that waits for the note X means the node that is just writing it. */
  private target(target: Target, struck: SimNode | undefined, fault: Fault): SimNode | undefined {
    const { core } = this;
    if (typeof target === 'string') return core.nodes[core.indexes.get(target) ?? -1];
    if (struck !== undefined && fault.when?.note === target.noted) return struck;
    return core.nodes[this.lastNoted.get(target.noted) ?? -1];
  }

  private setOf(ids: readonly NodeId[]): ReadonlySet<number> {
    return new Set(ids.flatMap((id) => this.core.indexes.get(id) ?? []));
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
