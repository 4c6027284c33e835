/** Sorts observers by the path they watch and the hooks they have, so that a hook nobody has costs nothing. */
import type { Observer } from './observer.ts';
import type { ObserverTable } from './process.ts';

/** Tables by path; under `none` an empty one, for parts nobody watches. */
export function observerTables(observers: readonly Observer[]): Map<string, ObserverTable> {
  const tables = new Map<string, ObserverTable>([['none', tableOf([])]]);
  for (const { path } of observers) {
    if (!tables.has(path)) tables.set(path, tableOf(observers.filter((observer) => observer.path === path)));
  }
  return tables;
}

function tableOf(observers: readonly Observer[]): ObserverTable {
  const having = (hook: keyof ObserverTable): readonly Observer[] =>
    observers.filter((observer) => observer[hook] !== undefined);
  return {
    step: having('step'),
    boot: having('boot'),
    crash: having('crash'),
    send: having('send'),
    deliver: having('deliver'),
    durable: having('durable'),
    log: having('log'),
    note: having('note'),
    returned: having('returned'),
    end: having('end'),
  };
}
