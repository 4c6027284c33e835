/** Makes faults happen: at their times, or at the events they wait for; counts what fired and what had to be skipped. */
import type { Core } from './core.ts';
import { placeIn } from './damage.ts';
import { type Effects, NOTE, SEND } from './effects.ts';
import {
  DELIVER,
  eventAt,
  FAULT_END,
  FAULT_START,
  FAULT_STEP,
  type FaultStep,
  type QueuedEvent,
  TIMER,
} from './event.ts';
import { FaultEffects, type FaultEffectsSnapshot, type Processes } from './fault-effects.ts';
import type { Fault, Target, Trigger } from './faults.ts';
import type { Messages } from './messages.ts';
import type { SimNode, Strike } from './process.ts';
import type { Micros, NodeId, Tagged } from './protocol.ts';

/**
 * A fault that waits for an event: its trigger in one shape, since triggers of all makes are looked at after every handler.
 */
interface Waiting {
  readonly fault: number;
  readonly node: NodeId | undefined;
  readonly message: string | undefined;
  readonly timer: string | undefined;
  readonly note: string | undefined;
  /** Events before this time do not count. */
  readonly from: Micros;
  readonly nth: number;
  seen: number;
}

const waitingFor = (fault: number, { node, message, timer, note, nth = 1 }: Trigger, from: Micros = 0): Waiting => ({
  fault,
  node,
  message,
  timer,
  note,
  from,
  nth,
  seen: 0,
});

type Aimed = Extract<Fault, { readonly node: Target }>;

/** Of a fault that waits for a node which tells several others: it strikes when the handler is over. */
const WHEN_TOLD = Number.NEGATIVE_INFINITY;

/**
 * After how many effects of a handler a fault strikes that lies in ambush for one; below 0: after how many sends, of a handler that sends to
 * several nodes. Undefined: it lies in no ambush.
 */
function boundaryOf(fault: Fault): number | undefined {
  const { effect } = fault as { readonly effect?: number };
  if (fault.kind === 'crash' && fault.during === 'sends') return -Math.max(1, effect ?? 1);
  const isForTellers = 'node' in fault && typeof fault.node === 'object' && 'telling' in fault.node;
  return isForTellers ? WHEN_TOLD : effect;
}

export class Injector {
  private readonly core: Core;
  private readonly effects: FaultEffects;
  private readonly faults: readonly Fault[];
  private waiting: readonly Waiting[] = [];
  /** Those that wait, by what for: an event that nobody waits for costs nothing. */
  private readonly waitingFor: { readonly [what in 'message' | 'timer' | 'note']: Waiting[] } = {
    message: [],
    timer: [],
    note: [],
  };
  private lastNoted = new Map<string, number>();
  private counts = new Map<string, { fired: number; skipped: number }>();

  constructor(core: Core, messages: Messages, processes: () => Processes, faults: readonly Fault[]) {
    this.core = core;
    this.effects = new FaultEffects(core, messages, processes);
    this.faults = faults;
    this.wait(
      faults.flatMap((fault, index) => (fault.when === undefined ? [] : [waitingFor(index, fault.when, fault.at)])),
    );
  }

  /** Puts the faults that are anchored at a time into the queue. */
  schedule(): void {
    this.faults.forEach(({ at, when }, index) => {
      if (when === undefined) this.core.queue.push(at ?? 0, eventAt(FAULT_START, -1, -1, undefined, index, 0));
    });
  }

  /** A handler has run: arms the faults that wait for its event or its notes at one of its boundaries. */
  arm(node: SimNode, kind: number, event: QueuedEvent, name: string | undefined, effects: Effects): void {
    if (node.ambushes !== undefined) springAmbushes(node, effects, this.core.nodes);
    if (this.waiting.length === 0) return;
    const happened = this.happenedTo(node, kind, event, name, effects);
    if (happened === undefined) return;
    this.wait(this.waiting.filter((waiting) => !happened.includes(waiting)));
    for (const { fault: index } of happened) {
      const fault = this.faults[index] as Fault;
      const boundary = boundaryOf(fault) ?? effects.count;
      if (boundary < 0) this.lieInWait({ fault: index, boundary }, fault as Aimed, node);
      else addStrike(node, { fault: index, boundary });
    }
  }

  /** Those whose event was this one, in the order of the faults. */
  private happenedTo(
    node: SimNode,
    kind: number,
    event: QueuedEvent,
    name: string | undefined,
    effects: Effects,
  ): readonly Waiting[] | undefined {
    const { message, timer, note } = this.waitingFor;
    let happened: Waiting[] | undefined;
    if (kind === DELIVER && message.length > 0) {
      const { type } = event.payload as Tagged;
      for (const waiting of message) if (waiting.message === type) happened = this.see(waiting, node, happened);
    } else if (kind === TIMER)
      for (const waiting of timer) if (waiting.timer === name) happened = this.see(waiting, node, happened);
    if (note.length > 0)
      for (let i = 0; i < effects.count; i++)
        if (effects.kinds[i] === NOTE)
          for (const waiting of note) if (waiting.note === effects.a[i]) happened = this.see(waiting, node, happened);
    return happened?.sort((left, right) => left.fault - right.fault);
  }

  /** Counts an event, if it counts, and adds who has waited for it to those whose event has happened. */
  private see(waiting: Waiting, node: SimNode, happened: Waiting[] | undefined): Waiting[] | undefined {
    if (this.core.now < waiting.from || (waiting.node !== undefined && waiting.node !== node.id)) return happened;
    waiting.seen++;
    if (waiting.seen < waiting.nth || happened?.includes(waiting)) return happened;
    return happened === undefined ? [waiting] : [...happened, waiting];
  }

  private wait(waiting: readonly Waiting[]): void {
    this.waiting = waiting;
    const { message, timer, note } = this.waitingFor;
    for (const list of [message, timer, note]) list.length = 0;
    for (const one of waiting) (one.message !== undefined ? message : one.timer !== undefined ? timer : note).push(one);
  }

  noted(text: string, node: SimNode): void {
    this.lastNoted.set(text, node.index);
  }

  /** Whether some fault waits for an event. */
  get isWatching(): boolean {
    return this.waiting.length > 0;
  }

  /** A fault's time has come. */
  start(index: number): void {
    const fault = this.faults[index] as Fault;
    this.core.begin(FAULT_START, -1, 0, 0);
    const boundary = boundaryOf(fault);
    if (boundary === undefined) this.apply(index, undefined, 0);
    else this.lieInWait({ fault: index, boundary }, fault as Aimed, undefined);
  }

  /** At one node, or wherever somebody tells several others. */
  private lieInWait(ambush: Strike, fault: Aimed, struck: SimNode | undefined): void {
    const { node: wanted } = fault;
    if (typeof wanted === 'object' && 'telling' in wanted) {
      for (const node of this.core.nodes) addAmbush(node, ambush);
      return;
    }
    const node = this.target(wanted, struck, fault);
    if (node === undefined) this.apply(ambush.fault, undefined, 0);
    else addAmbush(node, ambush);
  }

  /** A fault strikes between two effects of a handler, and cuts off this many. */
  strike(index: number, node: SimNode, lostEffects: number): void {
    this.apply(index, node, lostEffects);
  }

  private apply(index: number, struck: SimNode | undefined, lostEffects: number): void {
    const fault = this.faults[index] as Fault;
    const node = 'node' in fault && fault.kind !== 'join' ? this.target(fault.node, struck, fault) : undefined;
    if (fault.kind === 'crash' && fault.during === 'sync' && node !== undefined)
      node.syncTraps = [...(node.syncTraps ?? []), index];
    else this.happen(index, fault, node, struck, lostEffects);
  }

  private happen(
    index: number,
    fault: Fault,
    node: SimNode | undefined,
    struck: SimNode | undefined,
    lostEffects: number,
  ): void {
    const { core } = this;
    // What it is and not its number: that would change with the faults before it, even if they never happen.
    core.digest.objectOnce(fault as never);
    const cause = struck === undefined ? undefined : core.event;
    const why = this.whyImpossible(fault, node);
    this.count(fault.kind, why === undefined);
    core.tracer?.fault(index, fault, why === undefined ? 'start' : 'skipped', cause, why);
    if (why === undefined) this.effects.start(fault, index, node, node === struck ? lostEffects : 0);
  }

  /** A sync has begun at a node where crashes wait for that: they strike halfway. */
  springSyncTraps(node: SimNode, done: Micros): void {
    const { core } = this;
    for (const index of node.syncTraps ?? []) {
      const halfway = core.now + Math.floor((done - core.now) / 2);
      const step: FaultStep = { step: 0, node: node.index, until: done };
      core.queue.push(halfway, eventAt(FAULT_STEP, -1, -1, step, index, core.event));
    }
    node.syncTraps = undefined;
  }

  /** The next part of a fault that does one thing after another; or a trap that was sprung. */
  step({ id, payload, cause }: QueuedEvent): void {
    const { core } = this;
    const fault = this.faults[id] as Fault;
    const step = payload as FaultStep;
    core.begin(FAULT_STEP, -1, step.step, cause);
    if (fault.kind === 'crash') this.happen(id, fault, core.nodes[step.node], undefined, 0);
    else this.effects.step(fault, id, step);
  }

  /** Nothing goes wrong from now on: no fault begins, and what those in force have set at the healed nodes is taken back. */
  silence(healed: ReadonlySet<number>): void {
    this.wait([]);
    this.effects.heal(healed);
    for (const node of this.core.nodes) {
      node.strikes = undefined;
      node.ambushes = undefined;
      node.syncTraps = undefined;
    }
  }

  end(index: number): void {
    const { core } = this;
    const fault = this.faults[index] as Fault;
    core.begin(FAULT_END, -1, 0, 0);
    core.digest.objectOnce(fault as never);
    this.effects.end(fault, index);
    core.tracer?.fault(index, fault, 'end', undefined, undefined);
  }

  private whyImpossible(fault: Fault, node: SimNode | undefined): string | undefined {
    const { core } = this;
    if (fault.kind === 'join') return core.indexes.has(fault.node) ? `there is a ${fault.node} already` : undefined;
    if (fault.kind === 'outage') return fault.nodes.some((id) => this.isUp(id)) ? undefined : 'all of them are down';
    if (!('node' in fault)) return undefined;
    if (node === undefined)
      return typeof fault.node === 'string'
        ? `there is no ${fault.node}`
        : `no node has ${'noted' in fault.node ? `noted "${fault.node.noted}" yet` : 'told several others'}`;
    const isUp = node.status === 'running';
    switch (fault.kind) {
      case 'crash':
        if (fault.empty === true && !this.isDamageable(node)) return `${node.id} is not in the fault atlas`;
        return isUp ? undefined : `${node.id} is down`;
      case 'crash-loop':
      case 'pause':
        return isUp ? undefined : `${node.id} is down`;
      case 'restart':
        return isUp ? `${node.id} is running` : undefined;
      case 'admin':
        if (!isUp) return `${node.id} is down`;
        return node.isFree ? undefined : `${node.id} is busy or paused`;
      case 'misdirected-write':
        return this.isDamageable(node) ? undefined : `${node.id} is not in the fault atlas`;
      case 'read-error':
      case 'bit-flip':
        if (!this.isDamageable(node)) return `${node.id} is not in the fault atlas`;
        if (placeIn(node.disk.durable, fault.target, 0) !== undefined) return undefined;
        return fault.target === undefined
          ? `${node.id} has nothing on its disk yet`
          : `${node.id} has no ${fault.target} on its disk`;
      default:
        return undefined;
    }
  }

  private isUp(id: NodeId): boolean {
    const { nodes, indexes } = this.core;
    return nodes[indexes.get(id) ?? -1]?.status === 'running';
  }

  private isDamageable({ id }: SimNode): boolean {
    return this.core.spec.disk.damageable?.includes(id) ?? true;
  }

  /** `{ noted: X }` in a fault that waits for the note X means the node that is just writing it. */
  private target(target: Target, struck: SimNode | undefined, fault: Fault): SimNode | undefined {
    const { core } = this;
    if (typeof target === 'string') return core.nodes[core.indexes.get(target) ?? -1];
    if ('telling' in target) return struck;
    if (struck !== undefined && fault.when?.note === target.noted) return struck;
    return core.nodes[this.lastNoted.get(target.noted) ?? -1];
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
    return [this.waiting.map(({ fault, seen }) => [fault, seen]), this.effects.contents(), [...this.lastNoted]];
  }

  save(): InjectorSnapshot {
    return {
      waiting: this.waiting.map((waiting) => ({ ...waiting })),
      effects: this.effects.save(),
      lastNoted: [...this.lastNoted],
      counts: [...this.counts].map(([kind, counts]) => [kind, { ...counts }]),
    };
  }

  load(snapshot: InjectorSnapshot): void {
    this.wait(snapshot.waiting.map((waiting) => ({ ...waiting })));
    this.effects.load(snapshot.effects);
    this.lastNoted = new Map(snapshot.lastNoted);
    this.counts = new Map(snapshot.counts.map(([kind, counts]) => [kind, { ...counts }]));
  }
}

export interface InjectorSnapshot {
  readonly waiting: readonly Waiting[];
  readonly effects: FaultEffectsSnapshot;
  readonly lastNoted: readonly (readonly [string, number])[];
  readonly counts: readonly (readonly [string, { readonly fired: number; readonly skipped: number }])[];
}

function addAmbush(node: SimNode, ambush: Strike): void {
  node.ambushes = [...(node.ambushes ?? []), ambush];
}

function springAmbushes(node: SimNode, effects: Effects, all: readonly SimNode[]): void {
  for (const { fault, boundary: wanted } of node.ambushes ?? []) {
    const boundary = wanted < 0 ? amidSends(effects, -wanted) : wanted;
    if (boundary === undefined || (wanted >= 0 && effects.count <= boundary)) continue;
    addStrike(node, { fault, boundary });
    for (const other of all) removeAmbush(other, fault);
  }
}

function removeAmbush(node: SimNode, fault: number): void {
  if (node.ambushes === undefined) return;
  const left = node.ambushes.filter((ambush) => ambush.fault !== fault);
  node.ambushes = left.length === 0 ? undefined : left;
}

/** Where so many sends of a handler have left and at least one has not; undefined where it does not tell several. */
function amidSends({ count, kinds, c }: Effects, wanted: number): number | undefined {
  let sends = 0;
  let first: unknown;
  let toSeveral = false;
  for (let i = 0; i < count; i++) {
    if (kinds[i] !== SEND) continue;
    if (sends++ === 0) first = c[i];
    else if (c[i] !== first) toSeveral = true;
  }
  if (!toSeveral) return undefined;
  if (wanted === -WHEN_TOLD) return count;
  let left = 1 + ((wanted - 1) % (sends - 1));
  let place = 0;
  while (kinds[place] !== SEND || left-- > 0) place++;
  return place;
}

function addStrike(node: SimNode, strike: Strike): void {
  if (node.strikes === undefined) node.strikes = [strike];
  else node.strikes.push(strike);
}
