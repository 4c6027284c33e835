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

const hookNames = ['step', 'boot', 'crash', 'send', 'deliver', 'durable', 'log', 'note', 'returned', 'end'] as const;
type HookName = (typeof hookNames)[number];

/** The hook apart from its observer: a call through the observers, which have different shapes, would be slow. */
export interface Hook<Name extends HookName> {
  readonly watch: Watch;
  readonly call: NonNullable<Observer[Name]>;
}

/** The hooks that look at the parts of one path and role. */
export type HookTable = { [Name in HookName]: readonly Hook<Name>[] };

export class Watches {
  readonly all: readonly Watch[];
  private readonly tables = new Map<
    string,
    { readonly path: string; readonly role: string; readonly hooks: HookTable }
  >();

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
    const known = this.tables.get(key);
    if (known !== undefined) return known.hooks;
    const hooks = {} as HookTable;
    this.fill(hooks, path, role);
    this.tables.set(key, { path, role, hooks });
    return hooks;
  }

  reached(watch: Watch, event: number): void {
    watch.reachedAt = event;
    this.refill();
  }

  private refill(): void {
    for (const { path, role, hooks } of this.tables.values()) this.fill(hooks, path, role);
  }

  private fill(table: HookTable, path: string, role: string): void {
    const active = this.all.filter(
      (watch) =>
        watch.reachedAt < 0 &&
        watch.path === path &&
        (watch.observer.role === undefined || watch.observer.role === role),
    );
    for (const name of hookNames) {
      const hooks = active.flatMap((watch) => {
        const call = watch.observer[name];
        return call === undefined ? [] : [{ watch, call }];
      });
      (table as { [name: string]: unknown })[name] = hooks;
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

export interface SavedWatch {
  readonly memory: unknown;
  readonly reachedAt: number;
}
