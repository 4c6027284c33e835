/**
 * What a viewer must know of the past to draw the next step: how each node looks, which links are cut, which letter stands for which
 * message on its way. Follows a trace event by event; can be saved anywhere and taken up again there.
 */
import type { Fault } from '../sim/faults.ts';
import type { Micros, NodeId, NodeView } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { Cuts } from './cuts.ts';

/** How a lane is drawn. */
export type Stroke = 'heavy' | 'dashed' | 'plain';

/** One node at one moment. Immutable. */
export interface Look {
  readonly node: NodeId;
  readonly status: 'absent' | 'up' | 'down' | 'paused';
  readonly role: string;
  readonly epoch: number | undefined;
  readonly view: NodeView | undefined;
  readonly stroke: Stroke;
}

/** A message between its sending and its arrival. */
export interface Flight {
  readonly id: number;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly tag: string;
  readonly sentAt: Micros;
  /** Ordinal of the sending event. */
  readonly event: number;
  readonly message: unknown;
}

/** A client's operation that has not ended. */
export interface OpenCall {
  readonly request: number;
  readonly node: NodeId;
  readonly event: number;
  readonly at: Micros;
  readonly op: unknown;
}

export interface StageSnapshot {
  readonly looks: ReadonlyMap<NodeId, Look>;
  readonly cuts: Cuts;
  readonly flights: ReadonlyMap<string, Flight>;
  readonly calls: ReadonlyMap<number, OpenCall>;
  readonly noted: ReadonlyMap<string, NodeId>;
  readonly letter: number;
}

export class Stage {
  looks: ReadonlyMap<NodeId, Look>;
  cuts: Cuts = Cuts.none;
  readonly flights: Map<string, Flight> = new Map();
  readonly calls: Map<number, OpenCall> = new Map();
  private readonly noted = new Map<string, NodeId>();
  private letter = 0;
  /** How many messages on their way have each letter. */
  private readonly inAir = new Array<number>(26).fill(0);

  constructor(nodes: readonly NodeId[]) {
    this.looks = new Map(nodes.map((node) => [node, blank(node)]));
  }

  apply(event: TraceEvent): void {
    switch (event.kind) {
      case 'boot':
        this.look(event.node, { status: 'up', role: event.role, epoch: undefined, view: undefined, stroke: 'plain' });
        return;
      case 'view':
        this.look(event.node, {
          role: event.view.role,
          epoch: event.view.epoch,
          view: event.view,
          stroke: strokeOf(event.view.role),
        });
        return;
      case 'crash':
      case 'halt':
        this.look(event.node, { status: 'down' });
        return;
      case 'pause':
        this.look(event.node, { status: 'paused' });
        return;
      case 'resume':
        this.look(event.node, { status: 'up' });
        return;
      case 'send':
        this.takeOff(event);
        return;
      case 'duplicate':
        this.copy(event.id, event.copy);
        return;
      case 'deliver':
        this.land(event.id, event.copy);
        return;
      case 'drop':
        this.land(event.id, undefined);
        return;
      case 'call':
        this.calls.set(event.request, { ...event, event: event.event });
        return;
      case 'return':
        this.calls.delete(event.request);
        return;
      case 'note':
        this.noted.set(event.text, event.node);
        return;
      case 'fault':
        if (event.phase !== 'step') this.fault(event.id, event.fault, event.phase);
        return;
      case 'calm':
        this.calm(event.core);
        return;
      default:
    }
  }

  /** The letter of a message on its way; `?` for one whose sending was not seen. */
  tagOf(id: number, copy?: number): string {
    return this.flights.get(flightKey(id, copy))?.tag ?? '?';
  }

  /** The node a fault is aimed at. */
  targetOf(fault: Fault): NodeId | undefined {
    if (!('node' in fault)) return undefined;
    if (typeof fault.node === 'string') return fault.node;
    return 'noted' in fault.node ? this.noted.get(fault.node.noted) : undefined;
  }

  private look(node: NodeId, change: Partial<Look>): void {
    const looks = new Map(this.looks);
    looks.set(node, { ...(this.looks.get(node) ?? blank(node)), ...change });
    this.looks = looks;
  }

  private takeOff(event: Extract<TraceEvent, { kind: 'send' }>): void {
    const { id, node: from, to, at, message } = event;
    const tag = this.nextTag();
    this.count(tag, 1);
    this.flights.set(flightKey(id, undefined), { id, from, to, tag, sentAt: at, event: event.event, message });
  }

  private copy(id: number, copy: number): void {
    const original = this.flights.get(flightKey(id, undefined));
    if (original === undefined) return;
    this.count(original.tag, 1);
    this.flights.set(flightKey(id, copy), { ...original, tag: `${original.tag}'` });
  }

  /** The next of 26 letters that no message on its way has; where all are in the air, the next one all the same. */
  private nextTag(): string {
    for (let tries = 0; tries < 26; tries++) {
      const letter = this.letter++ % 26;
      if (this.inAir[letter] === 0 || tries === 25) return String.fromCharCode(97 + letter);
    }
    return '?';
  }

  private land(id: number, copy: number | undefined): void {
    const key = flightKey(id, copy);
    // The trace of a loss does not say which of two copies it was.
    const found = this.flights.has(key) ? key : [...this.flights.keys()].find((other) => other.startsWith(`${id}'`));
    if (found === undefined) return;
    this.count((this.flights.get(found) as Flight).tag, -1);
    this.flights.delete(found);
  }

  private count(tag: string, by: 1 | -1): void {
    const letter = tag.charCodeAt(0) - 97;
    this.inAir[letter] = (this.inAir[letter] ?? 0) + by;
  }

  private fault(id: number, fault: Fault, phase: 'start' | 'step' | 'end' | 'skipped'): void {
    if (phase === 'end') this.cuts = this.cuts.without(id);
    const lasts = 'for' in fault || ['partition', 'isolate', 'partial', 'cut'].includes(fault.kind);
    if (phase !== 'start' || !lasts || processFaults.has(fault.kind)) return;
    const node = this.targetOf(fault);
    this.cuts = this.cuts.with(node === undefined ? { id, fault } : { id, fault, node });
  }

  /** All faults end, and all but the core are cut off from it. */
  private calm(core: readonly NodeId[]): void {
    const others = [...this.looks.keys()].filter((node) => !core.includes(node));
    const apart: Fault = { kind: 'partition', groups: [core, ...others.map((node) => [node])] };
    this.cuts = others.length === 0 ? Cuts.none : new Cuts([{ id: -1, fault: apart }]);
  }

  save(): StageSnapshot {
    const { looks, cuts, letter } = this;
    return {
      looks,
      cuts,
      letter,
      flights: new Map(this.flights),
      calls: new Map(this.calls),
      noted: new Map(this.noted),
    };
  }

  static restored(snapshot: StageSnapshot): Stage {
    const stage = new Stage([]);
    stage.looks = snapshot.looks;
    stage.cuts = snapshot.cuts;
    stage.letter = snapshot.letter;
    for (const [key, flight] of snapshot.flights) {
      stage.flights.set(key, flight);
      stage.count(flight.tag, 1);
    }
    for (const [key, call] of snapshot.calls) stage.calls.set(key, call);
    for (const [text, node] of snapshot.noted) stage.noted.set(text, node);
    return stage;
  }
}

/** What they do shows at their nodes. */
const processFaults: ReadonlySet<Fault['kind']> = new Set(['crash', 'pause', 'outage', 'crash-loop']);

const flightKey = (id: number, copy: number | undefined): string => (copy ? `${id}'${copy}` : `${id}`);

const blank = (node: NodeId): Look => ({
  node,
  status: 'absent',
  role: '',
  epoch: undefined,
  view: undefined,
  stroke: 'plain',
});

const HEAVY: ReadonlySet<string> = new Set([
  'leader',
  'primary',
  'master',
  'holder',
  'owner',
  'coordinator',
  'committed',
]);
const DASHED: ReadonlySet<string> = new Set([
  'candidate',
  'waiting',
  'acquiring',
  'preparing',
  'prepared',
  'precommitted',
  'uncertain',
  'in-doubt',
  'blocked',
  'voting',
]);

const strokeOf = (role: string): Stroke => {
  const word = role.toLowerCase();
  return HEAVY.has(word) ? 'heavy' : DASHED.has(word) ? 'dashed' : 'plain';
};

/** `L2`: the first letter of what a node is, and its epoch. */
export const badgeOf = (look: Look): string =>
  look.status === 'absent' ? '' : `${(look.role[0] ?? '?').toUpperCase()}${look.epoch ?? ''}`;
