/**
 * Observers at work: who watches what, with which memory. A hook nobody has costs nothing. An observer that has reached its goal is
 * asked no more.
 */
import { type Callers, type HookCode, type HookName, hookCodeFor, type Judge } from './hooks.ts';
import type { Observer, PlacedObserver, World } from './observer.ts';
import { clone } from './plain.ts';

/** One observer in one run. */
export class Watch {
  readonly name: string;
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: memories differ; each observer is checked where it is written.
  readonly observer: Observer<any>;
  memory: unknown = undefined;
  /** Ordinal of the event at which it answered `true`; -1 before. */
  reachedAt = -1;

  constructor({ path, observer }: PlacedObserver) {
    this.name = observer.name;
    this.path = path;
    this.observer = observer;
  }
}

/** What to call for the parts of one path and role. A class, so that its fields are where the code expects them. */
export class HookTable {
  step: Callers['step'] | undefined;
  boot: Callers['boot'] | undefined;
  crash: Callers['crash'] | undefined;
  durable: Callers['durable'] | undefined;
  log: Callers['log'] | undefined;
  note: Callers['note'] | undefined;
  returned: Callers['returned'] | undefined;
  /** By number of the message type. */
  readonly send: (Callers['send'] | undefined)[] = [];
  readonly deliver: (Callers['deliver'] | undefined)[] = [];
  private readonly watches: readonly Watch[];
  private readonly judge: Judge<Watch>;
  private readonly code: HookCode;

  constructor(watches: readonly Watch[], judge: Judge<Watch>) {
    this.watches = watches;
    this.judge = judge;
    this.code = hookCodeFor(watches);
    this.step = this.callerOf('step');
    this.boot = this.callerOf('boot');
    this.crash = this.callerOf('crash');
    this.durable = this.callerOf('durable');
    this.log = this.callerOf('log');
    this.note = this.callerOf('note');
    this.returned = this.callerOf('returned');
  }

  addType(type: string): void {
    this.send.push(this.callerOf('send', type));
    this.deliver.push(this.callerOf('deliver', type));
  }

  private callerOf<Name extends HookName>(name: Name, type?: string): Callers[Name] | undefined {
    return this.code.callerOf(name, type, this.watches, this.judge);
  }

  forgetTypes(): void {
    this.send.length = 0;
    this.deliver.length = 0;
  }
}

export class Watches {
  readonly all: readonly Watch[];
  private readonly judge: Judge<Watch>;
  private readonly tables = new Map<string, HookTable>();
  /** Message types by number. */
  private readonly types: string[] = [];

  constructor(observers: readonly PlacedObserver[], judge: Judge<Watch>) {
    this.all = observers.map((placed) => new Watch(placed));
    this.judge = judge;
  }

  /** Makes the memories; the world must know its nodes by then. */
  start(worldOf: (path: string) => World): void {
    for (const watch of this.all) {
      try {
        watch.memory = watch.observer.start(worldOf(watch.path));
      } catch (error) {
        this.judge.threw(watch, 'start', error);
      }
    }
  }

  /** The world is calm: asks those who want to look. */
  look(worldOf: (path: string) => World): void {
    for (const watch of this.all) {
      if (watch.reachedAt >= 0 || watch.observer.calm === undefined) continue;
      try {
        this.judge.answered(watch, watch.observer.calm(watch.memory, worldOf(watch.path)), -1);
      } catch (error) {
        this.judge.threw(watch, 'calm', error);
      }
    }
  }

  /** The run is over: asks all, until one finds something. */
  end(worldOf: (path: string) => World, isDecided: () => boolean): void {
    for (const watch of this.all) {
      if (isDecided()) return;
      if (watch.reachedAt >= 0) continue;
      try {
        this.judge.answered(watch, watch.observer.end?.(watch.memory, worldOf(watch.path)), -1);
      } catch (error) {
        this.judge.threw(watch, 'end', error);
      }
    }
  }

  /** The table of a part. */
  tableFor(path: string, role: string): HookTable {
    const key = `${path} ${role}`;
    let table = this.tables.get(key);
    if (table === undefined) {
      const watching = (watch: Watch): boolean =>
        watch.path === path && (watch.observer.role === undefined || watch.observer.role === role);
      table = new HookTable(this.all.filter(watching), this.judge);
      for (const type of this.types) table.addType(type);
      this.tables.set(key, table);
    }
    return table;
  }

  /** A message type that has the next number. */
  addType(type: string): void {
    this.types.push(type);
    for (const table of this.tables.values()) table.addType(type);
  }

  /** Message types are numbered anew. */
  forgetTypes(): void {
    this.types.length = 0;
    for (const table of this.tables.values()) table.forgetTypes();
  }

  save(): readonly SavedWatch[] {
    return this.all.map(({ memory, reachedAt }) => ({ memory: clone(memory), reachedAt }));
  }

  load(saved: readonly SavedWatch[], isOurs: boolean): void {
    this.all.forEach((watch, i) => {
      const { memory, reachedAt } = saved[i] as SavedWatch;
      watch.memory = isOurs ? memory : clone(memory);
      watch.reachedAt = reachedAt;
    });
  }
}

export interface SavedWatch {
  readonly memory: unknown;
  readonly reachedAt: number;
}
