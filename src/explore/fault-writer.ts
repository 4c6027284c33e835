/** Writes single faults and episodes of several that belong together. */
import type { Fault, FaultKind, Target, Trigger, UnsyncedWrites } from '../sim/faults.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { ChaosSetting } from './chaos.ts';
import type { Draw } from './draw.ts';
import { drawClockRate, signed } from './environment.ts';
import type { Word } from './vocabulary.ts';

/** Of the faults that can hang on an event, this many do, in percent. */
const ANCHORED_PERCENT = 35;
const NOTED_TARGET_PERCENT = 40;
const EPISODE_PERCENT = 20;
/** Clients are nodes too: they pause, crash and have clocks. */
const CLIENT_PERCENT = 12;

type Moment = { readonly at: Micros } | { readonly when: Trigger };

/** An event to hang a fault on. */
interface Anchor {
  readonly kind: 'note' | 'message' | 'timer';
  readonly word: Word;
}

export class FaultWriter {
  private readonly setting: ChaosSetting;
  private readonly to: Micros;
  private readonly draw: Draw;
  private readonly all: readonly NodeId[];
  /** The notes that this run aims at: rare ones rather than common ones, since rare events are changes of state. */
  private readonly focus: readonly Word[];

  /** @param to when the last fault must be over. */
  constructor(setting: ChaosSetting, to: Micros, draw: Draw) {
    this.setting = setting;
    this.to = to;
    this.draw = draw;
    this.all = [...setting.servers, ...setting.clients];
    this.focus = chooseFocus(setting.vocabulary.notes, draw);
  }

  /** One fault of this kind from about `at` on, or several that belong together. */
  episode(kind: FaultKind, at: Micros): readonly Fault[] {
    if (!this.draw.chance(EPISODE_PERCENT)) return [this.fault(kind, at)];
    if (kind === 'crash') return this.crashEpisode(at);
    if (kind === 'clog') return this.swizzle(at);
    return this.again(kind, at);
  }

  private fault(kind: FaultKind, at: Micros): Fault {
    const { draw } = this;
    switch (kind) {
      case 'partition':
        return { kind, groups: this.twoGroups(), ...this.moment(at), for: this.duration(at) };
      case 'isolate': {
        const direction = draw.weighted([
          [3, 'both'],
          [1, 'inbound'],
          [1, 'outbound'],
        ] as const);
        return { kind, ...this.strike(at, false), direction, for: this.duration(at) };
      }
      case 'cut':
      case 'clog':
        return { kind, ...this.someLinks(), ...this.moment(at), for: this.duration(at) };
      case 'noise':
        return { kind, ...this.rates(), ...this.moment(at), for: this.duration(at) };
      case 'crash':
        return { kind, ...this.strike(at, true), unsynced: this.unsynced(), for: this.duration(at) };
      case 'pause':
        return { kind, ...this.strike(at, true), for: this.duration(at) };
      case 'clock-rate': {
        const ppm = drawClockRate(this.setting.tolerates, draw);
        return { kind, ...this.strike(at, false), ppm, for: this.duration(at) };
      }
      case 'clock-step': {
        const { base } = this.setting;
        return { kind, ...this.strike(at, false), by: signed(draw.acrossScales(base / 16, base * 64), draw) };
      }
      case 'slow-disk': {
        const { base } = this.setting;
        const latency = draw.acrossScales(base / 32, base * 4);
        return { kind, node: this.server(), latency, ...this.moment(at), for: this.duration(at) };
      }
      default:
        throw new Error(`fuzzing draws no faults of kind ${kind}`);
    }
  }

  /** Several nodes at once, up to all of them; or one after the other. */
  private crashEpisode(at: Micros): readonly Fault[] {
    const { draw, setting } = this;
    const victims = draw.sample(setting.servers, draw.between(2, Math.max(2, setting.servers.length)));
    const spread = draw.chance(60) ? 0 : draw.acrossScales(setting.base / 32, setting.base * 2);
    return victims.map((node, index) => {
      const moment = Math.min(at + index * spread, this.to);
      return { kind: 'crash', node, at: moment, unsynced: this.unsynced(), for: this.duration(moment) };
    });
  }

  /** The same fault several times, on the same nodes or on whoever holds a role by then. */
  private again(kind: FaultKind, at: Micros): readonly Fault[] {
    const { draw, setting } = this;
    const times = draw.between(2, 4);
    const gap = draw.acrossScales(setting.base / 4, setting.base * 6);
    const first = this.fault(kind, at);
    if (first.at === undefined) return [first];
    const faults: Fault[] = [first];
    for (let next = at + gap; faults.length < times && next < this.to; next += gap) faults.push({ ...first, at: next });
    return faults.map((fault) =>
      'for' in fault ? { ...fault, for: Math.min(fault.for as Micros, this.room(fault.at)) } : fault,
    );
  }

  /** Nodes are clogged one by one, and released in another order. */
  private swizzle(at: Micros): readonly Fault[] {
    const { draw, setting } = this;
    const window = draw.acrossScales(setting.base / 2, setting.base * 12);
    return draw.someOf(setting.servers).map((node) => {
      const start = Math.min(at + draw.between(0, Math.floor(window / 2)), this.to);
      const end = Math.min(at + draw.between(Math.floor(window / 2), window), this.to);
      const others = this.all.filter((other) => other !== node);
      return { kind: 'clog', from: others, to: [node], at: start, for: Math.max(1, end - start) };
    });
  }

  /** A time, or an event. */
  private moment(at: Micros): Moment {
    const anchor = this.draw.chance(ANCHORED_PERCENT) ? this.anchor() : undefined;
    return anchor === undefined ? { at } : { when: this.trigger(anchor, undefined) };
  }

  /**
   * Whom a fault strikes, and when. At an event it is mostly the node where that event happens; crashes and pauses then fall between
   * two effects of that very handler.
   */
  private strike(at: Micros, atBoundary: boolean): Moment & { node: Target; effect?: number } {
    const { draw } = this;
    const anchor = draw.chance(ANCHORED_PERCENT) ? this.anchor() : undefined;
    if (anchor === undefined) return { node: this.target(), at, ...this.boundary(atBoundary, 8) };
    if (anchor.kind === 'note' && draw.chance(40)) {
      return { node: { noted: anchor.word.text }, when: this.trigger(anchor, undefined) };
    }
    if (draw.chance(25)) return { node: this.target(), when: this.trigger(anchor, undefined) };
    const node = this.node();
    return { node, when: this.trigger(anchor, node), ...this.boundary(atBoundary, anchor.word.effectsMax) };
  }

  private anchor(): Anchor | undefined {
    const { draw } = this;
    const { messages, timers } = this.setting.vocabulary;
    const choices: (readonly [number, () => Anchor])[] = [];
    if (this.focus.length > 0) choices.push([4, () => ({ kind: 'note', word: draw.pick(this.focus) })]);
    if (messages.length > 0) choices.push([3, () => ({ kind: 'message', word: draw.pick(messages) })]);
    if (timers.length > 0) choices.push([1, () => ({ kind: 'timer', word: draw.pick(timers) })]);
    return choices.length === 0 ? undefined : draw.weighted(choices)();
  }

  /** The n-th of these events anywhere, or at one node: from the first to about the last of a run. */
  private trigger({ kind, word }: Anchor, node: NodeId | undefined): Trigger {
    const expected = node === undefined ? word.perRun : Math.ceil(word.perRun / this.setting.servers.length);
    const nth = this.draw.acrossScales(1, expected + 1);
    return { [kind]: word.text, ...(node === undefined ? {} : { node }), nth };
  }

  private target(): Target {
    const { draw } = this;
    if (this.focus.length > 0 && draw.chance(NOTED_TARGET_PERCENT)) return { noted: draw.pick(this.focus).text };
    return this.node();
  }

  private node(): NodeId {
    const { draw, setting } = this;
    return draw.pick(setting.clients.length > 0 && draw.chance(CLIENT_PERCENT) ? setting.clients : setting.servers);
  }

  /** Disks that matter are those of servers. */
  private server(): Target {
    const target = this.target();
    return typeof target === 'string' && this.setting.clients.includes(target)
      ? this.draw.pick(this.setting.servers)
      : target;
  }

  /** Half of the crashes and pauses fall between two effects of a handler. */
  private boundary(wanted: boolean, effectsMax: number): { effect?: number } {
    return wanted && this.draw.chance(50) ? { effect: this.draw.acrossScales(1, effectsMax + 1) - 1 } : {};
  }

  private unsynced(): UnsyncedWrites {
    return this.setting.tolerates.unsyncedLoss ? this.draw.pick(['none', 'none', 'prefix', 'all']) : 'all';
  }

  private duration(at: Micros): Micros {
    const { base, profile } = this.setting;
    const [divisor, factor] = profile.duration;
    return Math.min(this.draw.acrossScales(base / divisor, base * factor), this.room(at));
  }

  private room(at: Micros | undefined): Micros {
    return Math.max(1, this.to - (at ?? 0));
  }

  /** Of uniform size or by a coin per node; clients are on a side, or reach both. */
  private twoGroups(): readonly (readonly NodeId[])[] {
    const { draw, setting } = this;
    const nodes = draw.chance(60) ? this.all : setting.servers;
    if (nodes.length < 2) return [nodes];
    const left = draw.chance(50)
      ? new Set(draw.sample(nodes, draw.between(1, nodes.length - 1)))
      : new Set(draw.someOf(nodes));
    if (left.size === nodes.length) left.delete(draw.pick(nodes));
    return [nodes.filter((node) => left.has(node)), nodes.filter((node) => !left.has(node))];
  }

  /** One link, all from or to one node, or a random set by another. */
  private someLinks(): { from: readonly NodeId[]; to: readonly NodeId[] } {
    const { draw } = this;
    const pool = draw.chance(60) ? this.setting.servers : this.all;
    const one = draw.pick(pool);
    const others = pool.filter((node) => node !== one);
    if (others.length === 0) return { from: [one], to: this.all };
    switch (draw.between(0, 3)) {
      case 0:
        return { from: [one], to: [draw.pick(others)] };
      case 1:
        return { from: [one], to: draw.someOf(others) };
      case 2:
        return { from: draw.someOf(others), to: [one] };
      default: {
        const from = draw.someOf(pool);
        return { from, to: pool.filter((node) => from.length === 1 || !from.includes(node) || draw.chance(25)) };
      }
    }
  }

  private rates(): { lossPpm?: number; duplicationPpm?: number } {
    const { draw, setting } = this;
    const { messageLoss, duplication } = setting.tolerates;
    const lossPpm = messageLoss ? { lossPpm: draw.acrossScales(20_000, 700_000) } : {};
    const duplicationPpm = duplication ? { duplicationPpm: draw.acrossScales(20_000, 900_000) } : {};
    if (!messageLoss || !duplication) return { ...lossPpm, ...duplicationPpm };
    return draw.pick([lossPpm, duplicationPpm, { ...lossPpm, ...duplicationPpm }]);
  }
}

/** One or two notes, the rarer the likelier. */
function chooseFocus(notes: readonly Word[], draw: Draw): readonly Word[] {
  if (notes.length === 0) return [];
  const weights = notes.map((word) => [Math.max(1, Math.floor(256 / word.perRun)), word] as const);
  return draw.chance(50) ? [draw.weighted(weights)] : [draw.weighted(weights), draw.weighted(weights)];
}
