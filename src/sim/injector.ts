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
  pause(node: SimNode, duration: Micros, fault: number): void;
  admin(node: SimNode, action: Tagged): void;
  setClockRate(node: SimNode, ppm: number): void;
}

/** A fault that waits for an event. */
interface Waiting {
  readonly fault: number;
  readonly when: Trigger;
  seen: number;
}

/** A fault that sets something of a node for a while. Where several set the same, the last begun decides. */
interface Setting {
  readonly fault: number;
  readonly kind: 'clock-rate' | 'slow-disk';
  readonly node: number;
  readonly value: number;
}

export class Injector {
  private readonly core: Core;
  private readonly messages: Messages;
  private readonly processes: () => Processes;
  private readonly faults: readonly Fault[];
  private waiting: Waiting[];
  private settings: readonly Setting[] = [];
  private lastNoted = new Map<string, number>();
  private counts = new Map<string, { fired: number; skipped: number }>();

  constructor(core: Core, messages: Messages, processes: () => Processes, faults: readonly Fault[]) {
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
    if (node.ambushes !== undefined) springAmbushes(node, effects);
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
    this.core.begin(FAULT_START, -1, 0, 0);
    const node =
      'effect' in fault && fault.effect !== undefined ? this.target(fault.node, undefined, fault) : undefined;
    if (node === undefined || !('effect' in fault)) this.apply(index, undefined, 0);
    else node.ambushes = [...(node.ambushes ?? []), { fault: index, boundary: fault.effect ?? 0 }];
  }

  /** A fault strikes between two effects of a handler, and cuts off this many. */
  strike(index: number, node: SimNode, lostEffects: number): void {
    this.apply(index, node, lostEffects);
  }

  private apply(index: number, struck: SimNode | undefined, lostEffects: number): void {
    const { core } = this;
    const fault = this.faults[index] as Fault;
    // What it is and not its number: that would change with the faults before it, even if they never happen.
    core.digest.object(fault as never);
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
        network.partition(
          index,
          fault.groups.map((group) => this.setOf(group)),
        );
        this.until(index, fault.for);
        return;
      }
      case 'cut':
        network.cut({ id: index, from: this.setOf(fault.from), to: this.setOf(fault.to) });
        this.until(index, fault.for);
        return;
      case 'clog':
        network.clog({ id: index, from: this.setOf(fault.from), to: this.setOf(fault.to) });
        this.until(index, fault.for);
        return;
      case 'noise':
        this.noise(fault, 1);
        this.until(index, fault.for);
        return;
      case 'join':
        this.processes().join({ id: fault.node, role: fault.role, options: fault.options ?? {} });
        return;
      default:
        this.effectuateAt(this.target(fault.node, struck, fault) as SimNode, fault, index, struck, lostEffects);
    }
  }

  private effectuateAt(
    node: SimNode,
    fault: Exclude<Extract<Fault, { readonly node: Target }>, { readonly kind: 'join' }>,
    index: number,
    struck: SimNode | undefined,
    lostEffects: number,
  ): void {
    const { core, messages } = this;
    const processes = this.processes();
    switch (fault.kind) {
      case 'isolate': {
        const alone = new Set([node.index]);
        const others = new Set(core.nodes.filter((other) => other !== node).map((other) => other.index));
        if (fault.direction !== 'inbound') messages.network.cut({ id: index, from: alone, to: others, open: 'to' });
        if (fault.direction !== 'outbound') messages.network.cut({ id: index, from: others, to: alone, open: 'from' });
        this.until(index, fault.for);
        return;
      }
      case 'crash':
        processes.crash(node, fault.unsynced ?? 'none', node === struck ? lostEffects : 0);
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
        processes.pause(node, fault.for, index);
        return;
      case 'clock-step':
        node.clock.stepWall(fault.by);
        return;
      case 'clock-rate':
        this.set({ fault: index, kind: 'clock-rate', node: node.index, value: fault.ppm });
        this.until(index, fault.for);
        return;
      case 'slow-disk':
        this.set({ fault: index, kind: 'slow-disk', node: node.index, value: fault.latency });
        this.until(index, fault.for);
        return;
      case 'sync-error':
        node.disk.failing++;
        return;
      case 'admin':
        processes.admin(node, fault.action);
        return;
    }
  }

  private set(setting: Setting): void {
    this.settings = [...this.settings, setting];
    this.applySettings(setting);
  }

  private unset(index: number): void {
    const ended = this.settings.filter(({ fault }) => fault === index);
    this.settings = this.settings.filter(({ fault }) => fault !== index);
    for (const setting of ended) this.applySettings(setting);
  }

  /** Gives the node the value of the last fault in force, or its own. */
  private applySettings({ kind, node: place }: Setting): void {
    const node = this.core.nodes[place] as SimNode;
    const last = this.settings.findLast((setting) => setting.kind === kind && setting.node === place);
    if (kind === 'slow-disk') node.disk.slow = last?.value;
    else this.processes().setClockRate(node, last?.value ?? node.clock.ownRatePpm);
  }

  end(index: number): void {
    const { core, messages } = this;
    const fault = this.faults[index] as Fault;
    core.begin(FAULT_END, -1, 0, 0);
    core.digest.object(fault as never);
    messages.network.release(index);
    if (fault.kind === 'clog') messages.releaseHeld();
    if (fault.kind === 'noise') this.noise(fault, -1);
    this.unset(index);
    core.tracer?.fault(index, fault, 'end', undefined, undefined);
  }

  private until(index: number, duration: Micros | undefined): void {
    const { core } = this;
    if (duration !== undefined)
      core.queue.push(core.now + duration, eventAt(FAULT_END, -1, -1, undefined, index, core.event, core.now));
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

  /** What a state hash covers: what still waits, and what is in force. */
  contents(): unknown {
    return [this.waiting.map(({ fault, seen }) => [fault, seen]), this.settings, [...this.lastNoted]];
  }

  save(): InjectorSnapshot {
    return {
      waiting: this.waiting.map((waiting) => ({ ...waiting })),
      settings: this.settings,
      lastNoted: [...this.lastNoted],
      counts: [...this.counts].map(([kind, counts]) => [kind, { ...counts }]),
    };
  }

  load(snapshot: InjectorSnapshot): void {
    this.waiting = snapshot.waiting.map((waiting) => ({ ...waiting }));
    this.settings = snapshot.settings;
    this.lastNoted = new Map(snapshot.lastNoted);
    this.counts = new Map(snapshot.counts.map(([kind, counts]) => [kind, { ...counts }]));
  }
}

export interface InjectorSnapshot {
  readonly waiting: readonly Waiting[];
  readonly settings: readonly Setting[];
  readonly lastNoted: readonly (readonly [string, number])[];
  readonly counts: readonly (readonly [string, { readonly fired: number; readonly skipped: number }])[];
}

function springAmbushes(node: SimNode, effects: Effects): void {
  const ambushes = node.ambushes ?? [];
  for (const ambush of ambushes) if (effects.count > ambush.boundary) addStrike(node, ambush);
  const left = ambushes.filter(({ boundary }) => effects.count <= boundary);
  node.ambushes = left.length === 0 ? undefined : left;
}

function addStrike(node: SimNode, strike: Strike): void {
  if (node.strikes === undefined) node.strikes = [strike];
  else node.strikes.push(strike);
}
