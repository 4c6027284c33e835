/**
 * Observers at work. Each hook of each observer is an entry in a table by path and role, so that a hook nobody has costs nothing and a
 * hook somebody has is one direct call. An observer that has reached its goal leaves the tables.
 */
import type { Observer, PlacedObserver, World } from './observer.ts';
import { clone } from './plain.ts';

/** One observer in one run. */
export class Watch {
  readonly name: string;
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: memories differ; each observer is checked where it is written.
  readonly observer: Observer<any>;
  memory: unknown;
  /** Ordinal of the event at which it answered `true`; -1 before. */
  reachedAt = -1;

  constructor({ path, observer }: PlacedObserver) {
    this.name = observer.name;
    this.path = path;
    this.observer = observer;
  }
}

type HookName = 'step' | 'boot' | 'crash' | 'send' | 'deliver' | 'durable' | 'log' | 'note' | 'returned';

/** The hook apart from its observer: a call through the observers, which have different shapes, would be slow. */
export interface Hook<Name extends HookName> {
  readonly watch: Watch;
  readonly call: NonNullable<Observer[Name]>;
}

/** The hooks that look at the parts of one path and role. A class, so that its fields are where the code expects them. */
export class HookTable {
  step: readonly Hook<'step'>[] = [];
  boot: readonly Hook<'boot'>[] = [];
  crash: readonly Hook<'crash'>[] = [];
  durable: readonly Hook<'durable'>[] = [];
  log: readonly Hook<'log'>[] = [];
  note: readonly Hook<'note'>[] = [];
  returned: readonly Hook<'returned'>[] = [];
  /** By number of the message type: five hooks that each look for their own types cost more than finding them here (0.1 us a send). */
  readonly send: (readonly Hook<'send'>[])[] = [];
  readonly deliver: (readonly Hook<'deliver'>[])[] = [];
}

interface PlacedTable {
  readonly path: string;
  readonly role: string;
  readonly hooks: HookTable;
}

export class Watches {
  readonly all: readonly Watch[];
  private readonly tables = new Map<string, PlacedTable>();
  /** Message types by number. */
  private readonly types: string[] = [];

  constructor(observers: readonly PlacedObserver[]) {
    this.all = observers.map((placed) => new Watch(placed));
  }

  /** Makes the memories; the world must know its nodes by then. */
  start(worldOf: (path: string) => World): void {
    for (const watch of this.all) watch.memory = watch.observer.start(worldOf(watch.path));
  }

  /** The table of a part; kept up to date as observers leave. */
  tableFor(path: string, role: string): HookTable {
    const key = `${path} ${role}`;
    let table = this.tables.get(key);
    if (table === undefined) {
      table = { path, role, hooks: new HookTable() };
      this.fill(table);
      this.tables.set(key, table);
    }
    return table.hooks;
  }

  /** From now on message types have these numbers. */
  numberTypes(types: readonly string[]): void {
    this.types.splice(0, this.types.length, ...types);
    this.refill();
  }

  reached(watch: Watch, event: number): void {
    watch.reachedAt = event;
    this.refill();
  }

  private refill(): void {
    for (const table of this.tables.values()) this.fill(table);
  }

  private fill({ path, role, hooks }: PlacedTable): void {
    const active = this.all.filter(
      (watch) =>
        watch.reachedAt < 0 &&
        watch.path === path &&
        (watch.observer.role === undefined || watch.observer.role === role),
    );
    hooks.step = hooksOf('step', active);
    hooks.boot = hooksOf('boot', active);
    hooks.crash = hooksOf('crash', active);
    hooks.durable = hooksOf('durable', active);
    hooks.log = hooksOf('log', active);
    hooks.note = hooksOf('note', active);
    hooks.returned = hooksOf('returned', active);
    for (let type = 0; type < this.types.length; type++) {
      const interested = active.filter(
        ({ observer }) => observer.messages?.includes(this.types[type] as string) ?? true,
      );
      hooks.send[type] = hooksOf('send', interested);
      hooks.deliver[type] = hooksOf('deliver', interested);
    }
  }

  save(): readonly SavedWatch[] {
    return this.all.map(({ memory, reachedAt }) => ({ memory: clone(memory), reachedAt }));
  }

  load(saved: readonly SavedWatch[]): void {
    this.all.forEach((watch, i) => {
      const { memory, reachedAt } = saved[i] as SavedWatch;
      watch.memory = clone(memory);
      watch.reachedAt = reachedAt;
    });
    this.refill();
  }
}

function hooksOf<Name extends HookName>(name: Name, watches: readonly Watch[]): readonly Hook<Name>[] {
  return watches.flatMap((watch) => {
    const call = watch.observer[name] as Hook<Name>['call'] | undefined;
    return call === undefined ? [] : [{ watch, call }];
  });
}

export interface SavedWatch {
  readonly memory: unknown;
  readonly reachedAt: number;
}
