/**
 * What events of a protocol there are to hang a fault on: notes, message types and timers, and how many effects their handlers have.
 * Nobody has to declare them: they are seen in a few probe runs. The same protocol and scenario always give the same vocabulary.
 */
import type { TraceEvent } from '../sim/trace.ts';

/** An event that a trigger can name. */
export interface Word {
  /** Text of the note, type of the message or name of the timer. */
  readonly text: string;
  /** How often it is to be expected in one run, at least 1. */
  readonly perRun: number;
  /** Most effects that one handler has had around it: a crash may fall between any two. */
  readonly effectsMax: number;
}

export interface Vocabulary {
  readonly notes: readonly Word[];
  readonly messages: readonly Word[];
  readonly timers: readonly Word[];
}

export const emptyVocabulary: Vocabulary = { notes: [], messages: [], timers: [] };

/** Collects the trace events of some runs. */
export class VocabularyBuilder {
  private readonly notes = new Map<string, Count>();
  private readonly messages = new Map<string, Count>();
  private readonly timers = new Map<string, Count>();
  private runs = 0;
  /** Words of the event being read, and how many effects it has had. */
  private pending: Count[] = [];
  private event = -1;
  private effects = 0;

  /** Takes the events of one more run. */
  readonly sink = (event: TraceEvent): void => {
    if (event.event !== this.event) this.closeEvent(event.event);
    switch (event.kind) {
      case 'note':
        this.add(this.notes, event.text);
        break;
      case 'deliver':
        this.add(this.messages, (event.message as { readonly type: string }).type);
        return;
      case 'timer':
        this.add(this.timers, event.timer);
        return;
    }
    if (effectKinds.has(event.kind)) this.effects++;
  };

  endRun(): void {
    this.closeEvent(-1);
    this.runs++;
  }

  vocabulary(): Vocabulary {
    return { notes: this.words(this.notes), messages: this.words(this.messages), timers: this.words(this.timers) };
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

  private words(counts: ReadonlyMap<string, Count>): readonly Word[] {
    return [...counts]
      .map(([text, { seen, effectsMax }]) => ({
        text,
        perRun: Math.max(1, Math.ceil(seen / Math.max(1, this.runs))),
        effectsMax,
      }))
      .sort((left, right) => (left.text < right.text ? -1 : 1));
  }
}

interface Count {
  seen: number;
  effectsMax: number;
}

/** Trace events that are effects of a handler, one each. */
const effectKinds: ReadonlySet<TraceEvent['kind']> = new Set([
  'send',
  'set-timer',
  'cancel-timer',
  'write',
  'sync',
  'return',
  'note',
]);
