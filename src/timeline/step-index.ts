/**
 * A line of numbers for each step of a run: enough to fold, filter, follow causes and draw the minimap without its events. About 40
 * bytes a step, so that a run of a million steps fits.
 */
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import type { Step } from './steps.ts';

/** What happened in a step, one bit each. */
export const what = {
  deliver: 1,
  drop: 2,
  timer: 4,
  synced: 8,
  call: 16,
  return: 32,
  note: 64,
  write: 128,
  send: 256,
  fault: 512,
  skipped: 1_024,
  crash: 2_048,
  boot: 4_096,
  pause: 8_192,
  halt: 16_384,
  admin: 32_768,
  violation: 65_536,
  failure: 131_072,
  /** A node has another role or epoch than before. */
  change: 262_144,
  duplicate: 524_288,
  diskError: 1_048_576,
  unknown: 2_097_152,
  firstBoot: 4_194_304,
} as const;

const STORY: number =
  what.call |
  what.return |
  what.note |
  what.fault |
  what.crash |
  what.boot |
  what.pause |
  what.halt |
  what.admin |
  what.violation |
  what.failure |
  what.change |
  what.diskError;

/** One step as the index knows it. */
export interface IndexedStep {
  readonly place: number;
  readonly event: number;
  readonly at: Micros;
  readonly flags: number;
  readonly node: NodeId | undefined;
  readonly from: NodeId | undefined;
  readonly type: string | undefined;
  readonly epoch: number | undefined;
  readonly cause: number | undefined;
}

const NONE = -1;

export class StepIndex {
  length = 0;
  /** Columns, as long as there is room. */
  events: Float64Array = new Float64Array(1_024);
  times: Float64Array = new Float64Array(1_024);
  causes: Float64Array = new Float64Array(1_024);
  flags: Uint32Array = new Uint32Array(1_024);
  private nodes = new Int16Array(1_024);
  private froms = new Int16Array(1_024);
  private types = new Int16Array(1_024);
  private epochs = new Int32Array(1_024);
  private readonly nodeNames: string[] = [];
  private readonly nodeNumbers = new Map<string, number>();
  private readonly typeNames: string[] = [];
  private readonly typeNumbers = new Map<string, number>();
  private readonly lastSeen = new Map<NodeId, { role: string; epoch: number | undefined }>();

  /** Steps come in order. */
  add(step: Step): void {
    if (this.length === this.events.length) this.grow();
    const i = this.length++;
    this.events[i] = step.event;
    this.times[i] = step.at;
    this.causes[i] = NONE;
    this.nodes[i] = NONE;
    this.froms[i] = NONE;
    this.types[i] = NONE;
    this.epochs[i] = NONE;
    let flags = 0;
    for (const event of step.events) flags |= this.read(i, event);
    this.flags[i] = flags;
    const node = this.nodes[i] as number;
    const epoch = node === NONE ? undefined : this.lastSeen.get(this.nodeNames[node] as string)?.epoch;
    if (epoch !== undefined) this.epochs[i] = epoch;
  }

  private read(i: number, event: TraceEvent): number {
    const node = 'node' in event ? event.node : event.kind === 'drop' ? event.to : undefined;
    if (node !== undefined && this.nodes[i] === NONE) this.nodes[i] = this.numberOf(node);
    if (event.cause !== undefined && this.causes[i] === NONE) this.causes[i] = event.cause;
    switch (event.kind) {
      case 'deliver':
      case 'drop':
        this.froms[i] = this.numberOf(event.from);
        if (this.types[i] === NONE) this.types[i] = this.typeOf(event.message);
        return what[event.kind];
      case 'timer':
        this.types[i] = this.typeNumber(event.timer);
        return what.timer;
      case 'synced':
        return what.synced | (event.ok ? 0 : what.diskError);
      case 'boot':
        this.lastSeen.delete(event.node);
        return event.incarnation === 1 ? what.firstBoot : what.boot;
      case 'view':
        return this.readView(event);
      case 'fault':
        return event.phase === 'skipped' ? what.skipped : what.fault;
      case 'calm':
        return what.fault;
      case 'disk-error':
        return what.diskError;
      case 'return':
        return what.return | (event.outcome === 'unknown' ? what.unknown : 0);
      case 'resume':
        return what.pause;
      case 'set-timer':
      case 'cancel-timer':
      case 'sync':
        return 0;
      default:
        return what[event.kind];
    }
  }

  private readView({ node, view }: Extract<TraceEvent, { kind: 'view' }>): number {
    const before = this.lastSeen.get(node);
    if (before !== undefined && before.role === view.role && before.epoch === view.epoch) return 0;
    this.lastSeen.set(node, { role: view.role, epoch: view.epoch });
    return before === undefined ? 0 : what.change;
  }

  private numberOf(node: NodeId): number {
    let number = this.nodeNumbers.get(node);
    if (number === undefined) {
      number = this.nodeNames.push(node) - 1;
      this.nodeNumbers.set(node, number);
    }
    return number;
  }

  private typeOf(message: unknown): number {
    const type = (message as { readonly type?: unknown } | null)?.type;
    return this.typeNumber(typeof type === 'string' ? type : 'message');
  }

  private typeNumber(name: string): number {
    let number = this.typeNumbers.get(name);
    if (number === undefined) {
      number = this.typeNames.push(name) - 1;
      this.typeNumbers.set(name, number);
    }
    return number;
  }

  private grow(): void {
    const size = this.events.length * 2;
    const longer = <T extends { set(from: T): void }>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.events = longer(this.events, new Float64Array(size));
    this.times = longer(this.times, new Float64Array(size));
    this.causes = longer(this.causes, new Float64Array(size));
    this.flags = longer(this.flags, new Uint32Array(size));
    this.nodes = longer(this.nodes, new Int16Array(size));
    this.froms = longer(this.froms, new Int16Array(size));
    this.types = longer(this.types, new Int16Array(size));
    this.epochs = longer(this.epochs, new Int32Array(size));
  }

  // --- Looking -------------------------------------------------------------------------------------------------------------------

  /** @throws RangeError beyond the last step. */
  at(place: number): IndexedStep {
    if (place < 0 || place >= this.length) throw new RangeError(`there is no step ${place} among ${this.length}`);
    const name = (number: number | undefined): NodeId | undefined =>
      number === undefined || number === NONE ? undefined : this.nodeNames[number];
    const type = this.types[place] as number;
    const epoch = this.epochs[place] as number;
    const cause = this.causes[place] as number;
    return {
      place,
      event: this.events[place] as number,
      at: this.times[place] as number,
      flags: this.flags[place] as number,
      node: name(this.nodes[place]),
      from: name(this.froms[place]),
      type: type === NONE ? undefined : this.typeNames[type],
      epoch: epoch === NONE ? undefined : epoch,
      cause: cause === NONE ? undefined : cause,
    };
  }

  /** The place of the last step whose event is not after this one; 0 where all are. */
  placeOf(event: number): number {
    return lastNotAfter(this.events, this.length, event);
  }

  /** The place of the last step that is not after this time. */
  placeAt(time: Micros): number {
    return lastNotAfter(this.times, this.length, time);
  }

  isStory(place: number): boolean {
    return ((this.flags[place] as number) & STORY) !== 0;
  }

  /** Nothing but the machinery: no note, no write, no change of role. */
  isQuiet(place: number): boolean {
    return ((this.flags[place] as number) & (STORY | what.write | what.firstBoot | what.drop)) === 0;
  }

  /** The next step at or after `place` in a direction that has one of these flags; -1 where there is none. */
  find(place: number, direction: 1 | -1, flags: number): number {
    for (let i = place; i >= 0 && i < this.length; i += direction) {
      if (((this.flags[i] as number) & flags) !== 0) return i;
    }
    return -1;
  }

  /** The first step that this one brought about directly; -1 where there is none. */
  firstEffectOf(place: number): number {
    const event = this.events[place];
    for (let i = place + 1; i < this.length; i++) if (this.causes[i] === event) return i;
    return -1;
  }

  /** What brought this step about, step by step to the beginning, and all that it brought about itself. */
  chain(place: number): Uint8Array {
    const inside = new Uint8Array(this.length);
    inside[place] = 1;
    let cause = this.causes[place] as number;
    for (let i = place - 1; i >= 0; i--) {
      if (this.events[i] !== cause) continue;
      inside[i] = 1;
      cause = this.causes[i] as number;
    }
    const events = new Set<number>([this.events[place] as number]);
    for (let i = place + 1; i < this.length; i++) {
      if (!events.has(this.causes[i] as number)) continue;
      inside[i] = 1;
      events.add(this.events[i] as number);
    }
    return inside;
  }

  /** What this step depends on and what depends on it: by messages, timers and what happened before at the same node. */
  cone(place: number): Uint8Array {
    const inside = new Uint8Array(this.length);
    inside[place] = 1;
    this.spreadBack(place, inside);
    this.spreadForward(place, inside);
    return inside;
  }

  private spreadBack(place: number, inside: Uint8Array): void {
    const nodes = new Set<number>([this.nodes[place] as number]);
    const events = new Set<number>([this.causes[place] as number]);
    for (let i = place - 1; i >= 0; i--) {
      const node = this.nodes[i] as number;
      const happened = ((this.flags[i] as number) & (what.drop | what.skipped)) === 0;
      if (!events.has(this.events[i] as number) && !(happened && nodes.has(node))) continue;
      inside[i] = 1;
      if (node !== NONE) nodes.add(node);
      events.add(this.causes[i] as number);
    }
  }

  private spreadForward(place: number, inside: Uint8Array): void {
    const nodes = new Set<number>([this.nodes[place] as number]);
    const events = new Set<number>([this.events[place] as number]);
    nodes.delete(NONE);
    for (let i = place + 1; i < this.length; i++) {
      const node = this.nodes[i] as number;
      if (!events.has(this.causes[i] as number) && !nodes.has(node)) continue;
      inside[i] = 1;
      events.add(this.events[i] as number);
      const arrived = ((this.flags[i] as number) & (what.drop | what.skipped)) === 0;
      if (node !== NONE && arrived) nodes.add(node);
    }
  }
}

function lastNotAfter(column: Float64Array, length: number, value: number): number {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((column[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
