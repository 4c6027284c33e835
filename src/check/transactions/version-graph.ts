/** Which versions of a key come before which, as far as it is known. Versions are numbers. */
import { findComponents, GraphBuilder, WW } from './graph.ts';

export class VersionGraph {
  /** Per key: for versions, the versions known to come later. */
  readonly #later: (Map<number, Set<number>> | undefined)[] = [];

  order(key: number, before: number, after: number): void {
    if (before === after) return;
    this.#later[key] ??= new Map();
    const later = this.#later[key].get(before);
    if (later === undefined) this.#later[key].set(before, new Set([after]));
    else later.add(after);
  }

  orderChain(key: number, versions: readonly number[]): void {
    for (const [place, version] of versions.entries()) {
      const before = versions[place - 1];
      if (before !== undefined) this.order(key, before, version);
    }
  }

  /** Versions with those that come later; nothing for a key of which nothing is known. */
  of(key: number): ReadonlyMap<number, ReadonlySet<number>> {
    return this.#later[key] ?? NOTHING;
  }

  comesBefore(key: number, before: number, after: number): boolean {
    return this.of(key).get(before)?.has(after) ?? false;
  }

  /** Whether some version is known to come before this one. */
  hasEarlier(key: number, version: number): boolean {
    return [...this.of(key).values()].some((later) => later.has(version));
  }

  /** Whether these are known to follow each other one by one, and so have one order only. */
  isChain(key: number, versions: readonly number[]): boolean {
    if (versions.length < 2) return true;
    const later = this.of(key);
    const followers = new Set([...later.values()].flatMap((after) => [...after]));
    const start = versions.find((version) => !followers.has(version));
    if (start === undefined) return false;
    let length = 1;
    for (let next = only(later.get(start)); next !== undefined; next = only(later.get(next))) length++;
    return length === versions.length;
  }

  /** Versions that each come before the other. */
  cycle(key: number): readonly number[] | undefined {
    const graph = new GraphBuilder(0);
    const nodeOf = new Map<number, number>();
    const node = (version: number): number => {
      let found = nodeOf.get(version);
      if (found === undefined) {
        found = graph.addNode();
        nodeOf.set(version, found);
      }
      return found;
    };
    for (const [before, later] of this.of(key)) for (const after of later) graph.addEdge(node(before), node(after), WW);
    const { of, size } = findComponents(graph.build(), WW);
    const cyclic = size.findIndex((members) => members > 1);
    return cyclic < 0
      ? undefined
      : [...nodeOf].filter(([, member]) => of[member] === cyclic).map(([version]) => version);
  }
}

const NOTHING: ReadonlyMap<number, ReadonlySet<number>> = new Map();

function only(versions: ReadonlySet<number> | undefined): number | undefined {
  return versions?.size === 1 ? [...versions][0] : undefined;
}
