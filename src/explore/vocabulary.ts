/**
 * What events of a protocol there are to hang a fault on: notes, message types and timers, and how many effects their handlers have.
 * Nobody has to declare them: notes and messages are seen in a few probe runs; what is too rare for these, but matters, has a handler in
 * the roles' tables or is a goal.
 */
import { placedProperties } from '../check/monitor.ts';
import type { Property } from '../check/property.ts';
import type { Protocol } from '../check/protocol.ts';
import type { Observer, PlacedObserver, World } from '../sim/observer.ts';
import type { AnyRole } from '../sim/protocol.ts';

/** An event that a trigger can name. */
export interface Word {
  /** Text of the note, type of the message or name of the timer. */
  readonly text: string;
  /** How often it is to be expected in one run, at least 1. */
  readonly perRun: number;
  /** About the most effects that one handler has had around it: a crash may fall between any two. */
  readonly effectsMax: number;
}

export interface Vocabulary {
  readonly notes: readonly Word[];
  readonly messages: readonly Word[];
  readonly timers: readonly Word[];
}

export const emptyVocabulary: Vocabulary = { notes: [], messages: [], timers: [] };

/** Timers cannot be observed; of each, this many are expected to fire in a run, and to do this much. */
const TIMER_PER_RUN = 60;
const TIMER_EFFECTS = 6;
/** What no probe run has shown is rare. */
const UNSEEN_PER_RUN = 1;
const UNSEEN_WORD_EFFECTS = 8;
/** Setting timers and syncing are effects that no observer sees. */
const UNSEEN_EFFECTS = 2;

/** Watches runs of one protocol. */
export class VocabularyBuilder {
  /** To be placed in the runs to watch. */
  readonly observers: readonly PlacedObserver[];
  private readonly tables: Tables = { paths: new Set(), timers: new Set(), messages: new Set() };
  private readonly goals: ReadonlySet<string>;
  private readonly notes = new Map<string, Count>();
  private readonly messages = new Map<string, Count>();
  private runs = 0;
  /** Words of the event being watched, and how many effects it has had. */
  private pending: Count[] = [];
  private event = -1;
  private effects = 0;

  constructor(protocol: Protocol) {
    for (const role of Object.values(protocol.roles)) visitParts(role, '', this.tables);
    this.goals = new Set(placedProperties(protocol).flatMap(({ property }) => noteOf(property)));
    this.observers = [...this.tables.paths].map((path) => ({ path, observer: this.observer() }));
  }

  endRun(): void {
    this.closeEvent(-1);
    this.runs++;
  }

  vocabulary(): Vocabulary {
    const timers = [...this.tables.timers].sort();
    return {
      notes: this.words(this.notes, this.goals),
      messages: this.words(this.messages, this.tables.messages),
      timers: timers.map((text) => ({ text, perRun: TIMER_PER_RUN, effectsMax: TIMER_EFFECTS })),
    };
  }

  private observer(): Observer<null> {
    const effect = (world: World): void => {
      this.at(world.event).effects++;
    };
    return {
      name: 'vocabulary',
      start: () => null,
      deliver: (_memory, _from, _to, message, world) => {
        this.at(world.event).add(this.messages, (message as { readonly type: string }).type);
        return undefined;
      },
      note: (_memory, _node, text, _data, world) => {
        effect(world);
        this.add(this.notes, text);
        return undefined;
      },
      send: (_memory, _from, _to, _message, world) => {
        effect(world);
        return undefined;
      },
      log: (_memory, _node, _log, _change, world) => {
        effect(world);
        return undefined;
      },
    };
  }

  private at(event: number): this {
    if (event !== this.event) this.closeEvent(event);
    return this;
  }

  private add(words: Map<string, Count>, text: string): void {
    let count = words.get(text);
    if (count === undefined) {
      count = { seen: 0, effectsMax: 0 };
      words.set(text, count);
    }
    count.seen++;
    this.pending.push(count);
  }

  private closeEvent(next: number): void {
    for (const count of this.pending) count.effectsMax = Math.max(count.effectsMax, this.effects);
    this.pending = [];
    this.effects = 0;
    this.event = next;
  }

  private words(counts: ReadonlyMap<string, Count>, known: ReadonlySet<string>): readonly Word[] {
    const seen = [...counts].map(([text, { seen: times, effectsMax }]) => ({
      text,
      perRun: Math.max(1, Math.ceil(times / Math.max(1, this.runs))),
      effectsMax: effectsMax + UNSEEN_EFFECTS,
    }));
    const unseen = [...known].filter((text) => !counts.has(text));
    return [...seen, ...unseen.map((text) => ({ text, perRun: UNSEEN_PER_RUN, effectsMax: UNSEEN_WORD_EFFECTS }))].sort(
      (left, right) => (left.text < right.text ? -1 : 1),
    );
  }
}

interface Count {
  seen: number;
  effectsMax: number;
}

/** What the tables of a protocol's roles say. */
interface Tables {
  readonly paths: Set<string>;
  readonly timers: Set<string>;
  readonly messages: Set<string>;
}

/** A role and all it hosts. */
function visitParts(role: AnyRole, path: string, tables: Tables): void {
  tables.paths.add(path);
  for (const timer of Object.keys(role.onTimer ?? {})) tables.timers.add(timer);
  for (const message of Object.keys(role.onMessage ?? {})) tables.messages.add(message);
  for (const [name, component] of Object.entries(role.components ?? {})) {
    visitParts(component.role, path === '' ? name : `${path}/${name}`, tables);
  }
}

const noteOf = (property: Property): readonly string[] =>
  property.kind === 'sometimes' && property.reachedBy !== undefined ? [property.reachedBy] : [];
