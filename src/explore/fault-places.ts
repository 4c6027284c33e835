/** Where, when and for how long faults strike: times or events, nodes by name or by what they noted last. */
import type { Target, Trigger } from '../sim/faults.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { ChaosSetting } from './chaos.ts';
import type { Draw } from './draw.ts';
import type { Word } from './vocabulary.ts';

/** Of the faults that can hang on an event, this many do, in percent. */
const ANCHORED_PERCENT = 25;
const NOTED_TARGET_PERCENT = 40;
/** Of the faults that hang on an event so many wait for one after their time has come: then it may be a consequence of the fault before. */
const NEXT_PERCENT = 50;
const NEXT_MAX = 4;
/** In so many runs somebody is struck again and again, and then by so many of the faults: troubles pile up where one has begun. */
const HAUNTED_PERCENT = 60;
const HAUNTING_PERCENT = 60;
/** Whoever tells several others something leads, or takes over: one after the other. */
const telling: Target = { telling: 'several' };
const TELLING_VICTIM_PERCENT = 15;
const TOGETHER_AT_TELLING_PERCENT = 25;
/** So many durations are as likely to be long as short; the others are drawn across scales, where most are short. */
const LONG_PERCENT = 75;
/** So many cuts last long enough to settle in. */
const STABLE_PERCENT = 40;
/** Clients are nodes too: they pause, crash and have clocks. */
export const CLIENT_PERCENT = 12;

export type Moment = { readonly at: Micros } | { readonly at?: Micros; readonly when: Trigger };

/** An event to hang a fault on. */
interface Anchor {
  readonly kind: 'note' | 'message' | 'timer';
  readonly word: Word;
}

export class FaultPlaces {
  readonly setting: ChaosSetting;
  readonly draw: Draw;
  /** When the last fault must be over. */
  readonly to: Micros;
  readonly all: readonly NodeId[];
  /** The notes that this run aims at: rare ones rather than common ones, since rare events are changes of state. */
  private readonly focus: readonly Word[];
  /** Whom this run haunts: a server by name, or whoever noted something last. */
  private readonly victim: Target | undefined;
  /** Whom all faults strike while they belong together; and the event that they hang on, where it is one. */
  private pinned: Target | undefined = undefined;
  private pinnedMoment: Moment | undefined = undefined;

  constructor(setting: ChaosSetting, to: Micros, draw: Draw) {
    this.setting = setting;
    this.to = to;
    this.draw = draw;
    this.all = [...setting.servers, ...setting.clients];
    const { isUniform } = setting.profile;
    this.focus = isUniform ? [] : chooseFocus(setting.vocabulary.notes, draw);
    this.victim = !isUniform && draw.chance(HAUNTED_PERCENT) ? this.chooseVictim() : undefined;
  }

  private chooseVictim(): Target {
    const { draw, setting } = this;
    const { notes } = setting.vocabulary;
    if (draw.chance(TELLING_VICTIM_PERCENT)) return telling;
    return notes.length > 0 && draw.chance(50) ? { noted: draw.pick(notes).text } : draw.pick(setting.servers);
  }

  /** All that `write` writes strikes one node, and hangs on one event or on times. */
  atOneNode<T>(at: Micros, write: () => T): T {
    const { draw } = this;
    this.pinned = draw.chance(TOGETHER_AT_TELLING_PERCENT) ? telling : this.target();
    const anchor = draw.chance(ANCHORED_PERCENT) ? this.anchor() : undefined;
    const where = typeof this.pinned === 'string' && draw.chance(75) ? this.pinned : undefined;
    this.pinnedMoment = anchor === undefined ? { at } : this.trigger(anchor, where, at);
    const written = write();
    this.pinned = undefined;
    this.pinnedMoment = undefined;
    return written;
  }

  /** The event that belongs together with what was written before: the same, or one of the next of its kind. */
  private momentWith(at: Micros): Moment {
    const first = this.pinnedMoment;
    if (first === undefined || !('when' in first)) return { at };
    return { ...first, when: { ...first.when, nth: (first.when.nth ?? 1) + this.draw.pick([0, 0, 1, 2]) } };
  }

  /** A time, or an event. */
  moment(at: Micros): Moment {
    if (this.pinned !== undefined) return this.momentWith(at);
    const anchor = this.draw.chance(ANCHORED_PERCENT) ? this.anchor() : undefined;
    return anchor === undefined ? { at } : this.trigger(anchor, undefined, at);
  }

  /**
   * Whom a fault strikes, and when. At an event it is mostly the node where that event happens; crashes and pauses then fall between
   * two effects of that very handler.
   */
  strike(at: Micros, atBoundary: boolean): Moment & { node: Target; effect?: number } {
    const { draw } = this;
    if (this.pinned !== undefined) {
      const { pinned } = this;
      const moment = this.momentWith(at);
      const isThere = !('when' in moment) || moment.when.node === pinned;
      return { node: pinned, ...moment, ...this.boundary(atBoundary && isThere, 8) };
    }
    const anchor = draw.chance(ANCHORED_PERCENT) ? this.anchor() : undefined;
    if (anchor === undefined) return { node: this.target(), at, ...this.boundary(atBoundary, 8) };
    if (anchor.kind === 'note' && draw.chance(40)) {
      const boundary = this.boundary(atBoundary, anchor.word.effectsMax);
      return { node: { noted: anchor.word.text }, ...this.trigger(anchor, undefined, at), ...boundary };
    }
    if (draw.chance(25)) return { node: this.target(), ...this.trigger(anchor, undefined, at) };
    const node = this.node();
    return { node, ...this.trigger(anchor, node, at), ...this.boundary(atBoundary, anchor.word.effectsMax) };
  }

  /** A crash while somebody tells several others: some have heard of it, and some have not. */
  strikeAmidSends(at: Micros): Moment & { node: Target; effect?: number } {
    const { draw } = this;
    const node = this.pinned ?? (draw.chance(60) ? telling : this.target());
    return { node, ...this.moment(at), ...this.someSends() };
  }

  /** The same, of whoever tells several others after an event that is rare: it may have taken over from somebody. */
  strikeSuccessor(at: Micros): Moment & { node: Target; effect?: number } {
    const { draw } = this;
    const { notes, messages } = this.setting.vocabulary;
    const word: Anchor | undefined =
      messages.length > 0 && (notes.length === 0 || draw.chance(50))
        ? { kind: 'message', word: rareOf(messages, draw) }
        : notes.length > 0
          ? { kind: 'note', word: rareOf(notes, draw) }
          : undefined;
    const when = word === undefined ? {} : { when: { [word.kind]: word.word.text } };
    return { node: telling, at, ...when, ...this.someSends() };
  }

  private someSends(): { effect?: number } {
    return this.draw.chance(50) ? {} : { effect: this.draw.between(1, this.setting.servers.length) };
  }

  private anchor(): Anchor | undefined {
    const { draw } = this;
    if (this.setting.profile.isUniform) return undefined;
    const { messages, timers } = this.setting.vocabulary;
    const choices: (readonly [number, () => Anchor])[] = [];
    if (this.focus.length > 0) choices.push([4, () => ({ kind: 'note', word: draw.pick(this.focus) })]);
    if (messages.length > 0)
      choices.push([
        3,
        () => ({ kind: 'message', word: draw.chance(50) ? draw.pick(messages) : rareOf(messages, draw) }),
      ]);
    if (timers.length > 0) choices.push([1, () => ({ kind: 'timer', word: draw.pick(timers) })]);
    return choices.length === 0 ? undefined : draw.weighted(choices)();
  }

  /** The n-th of these events anywhere, or at one node: from the first to about the last of a run, or one of the next after `at`. */
  private trigger({ kind, word }: Anchor, node: NodeId | undefined, at: Micros): { at?: Micros; when: Trigger } {
    const { draw } = this;
    const expected = node === undefined ? word.perRun : Math.ceil(word.perRun / this.setting.servers.length);
    const isNext = draw.chance(NEXT_PERCENT);
    const nth = draw.acrossScales(1, isNext ? Math.min(expected, NEXT_MAX) + 1 : expected + 1);
    return { ...(isNext ? { at } : {}), when: { [kind]: word.text, ...(node === undefined ? {} : { node }), nth } };
  }

  private target(): Target {
    const { draw } = this;
    if (this.pinned !== undefined) return this.pinned;
    if (this.victim !== undefined && draw.chance(HAUNTING_PERCENT)) return this.victim;
    if (this.focus.length > 0 && draw.chance(NOTED_TARGET_PERCENT)) return { noted: draw.pick(this.focus).text };
    return this.node();
  }

  private node(): NodeId {
    const { draw, setting } = this;
    const { pinned, victim } = this;
    if (typeof pinned === 'string') return pinned;
    if (typeof victim === 'string' && draw.chance(HAUNTING_PERCENT)) return victim;
    return draw.pick(
      setting.clients.length > 0 && draw.chance(setting.clientPercent) ? setting.clients : setting.servers,
    );
  }

  /** Who is to be alone, or nearly: the node that other troubles strike. */
  outcast(): NodeId | undefined {
    const { pinned, victim } = this;
    if (typeof pinned === 'string') return pinned;
    return typeof victim === 'string' && this.draw.chance(HAUNTING_PERCENT / 2) ? victim : undefined;
  }

  /** One of these nodes. */
  oneOf(pool: readonly NodeId[]): NodeId {
    const { draw, pinned, victim } = this;
    if (typeof pinned === 'string' && pool.includes(pinned)) return pinned;
    if (typeof victim === 'string' && pool.includes(victim) && draw.chance(HAUNTING_PERCENT)) return victim;
    return draw.pick(pool);
  }

  /** Disks that matter are those of servers. */
  server(): Target {
    const target = this.target();
    return typeof target === 'string' && this.setting.clients.includes(target)
      ? this.draw.pick(this.setting.servers)
      : target;
  }

  /** Half of the crashes and pauses fall between two effects of a handler. */
  private boundary(wanted: boolean, effectsMax: number): { effect?: number } {
    return wanted && this.draw.chance(50) ? { effect: this.draw.acrossScales(1, effectsMax + 1) - 1 } : {};
  }

  duration(at: Micros): Micros {
    const { base, profile } = this.setting;
    const [divisor, factor] = profile.duration;
    if (profile.isUniform || this.draw.chance(LONG_PERCENT)) {
      return Math.min(this.draw.between(Math.ceil(base / divisor), base * factor), this.room(at));
    }
    return Math.min(this.draw.acrossScales(base / divisor, base * factor), this.room(at));
  }

  /** Of what separates nodes: often long enough for both sides to go on without each other. */
  cutDuration(at: Micros): Micros {
    return this.draw.chance(STABLE_PERCENT) ? this.stableDuration(at) : this.duration(at);
  }

  /** Long enough for a protocol to settle in what is left to it: what comes and goes faster is noise. */
  stableDuration(at: Micros): Micros {
    if (this.setting.profile.isUniform) return this.duration(at);
    const { base, profile } = this.setting;
    return Math.min(this.draw.acrossScales(base * 2, base * profile.duration[1]), this.room(at));
  }

  /** Time left for faults. */
  room(at: Micros | undefined): Micros {
    return Math.max(1, this.to - (at ?? 0));
  }
}

/** One or two notes. */
function chooseFocus(notes: readonly Word[], draw: Draw): readonly Word[] {
  if (notes.length === 0) return [];
  return draw.chance(50) ? [rareOf(notes, draw)] : [rareOf(notes, draw), rareOf(notes, draw)];
}

/** The rarer the likelier: rare events are changes of state. */
const rareOf = (words: readonly Word[], draw: Draw): Word => draw.weighted(rarities(words));

type Rarities = readonly (readonly [weight: number, word: Word])[];
/** A campaign has one vocabulary, and asks hundreds of times for each of its runs. */
const known = new WeakMap<readonly Word[], Rarities>();

function rarities(words: readonly Word[]): Rarities {
  const found = known.get(words);
  if (found !== undefined) return found;
  const table = words.map((word) => [Math.max(1, Math.floor(256 / word.perRun)), word] as const);
  known.set(words, table);
  return table;
}
