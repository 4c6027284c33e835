/** Parts of the checkers on their own, against brute force: orders of writes, chains of versions, numbers for data. */
import { describe, expect, it } from 'vitest';
import { Interner } from '../../src/check/linearizability/interner.ts';
import { findCycles } from '../../src/check/transactions/cycles.ts';
import { GraphBuilder, RW, WR, WW } from '../../src/check/transactions/graph.ts';
import { VersionGraph } from '../../src/check/transactions/version-graph.ts';
import { findWriteOrder, type OrderLevel, type UnorderedPair } from '../../src/check/transactions/write-orders.ts';
import { type Draw, drawFrom } from './random-history.ts';

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly kind: number;
}

const NODES = 6;

function build(edges: readonly Edge[]): ReturnType<GraphBuilder['build']> {
  const builder = new GraphBuilder(NODES);
  for (const { from, to, kind } of edges) builder.addEdge(from, to, kind);
  return builder.build();
}

/** Walks from every place, by the definition: under snapshot isolation no two rw edges follow each other. */
function hasForbiddenCycle(edges: readonly Edge[], level: OrderLevel): boolean {
  const reach = (start: number, first: Edge): boolean => {
    const seen = new Set<string>();
    const walk = (node: number, last: Edge): boolean => {
      if (node === start && !(level === 'snapshot-isolation' && last.kind === RW && first.kind === RW)) return true;
      const place = `${node} ${last.kind === RW}`;
      if (seen.has(place)) return false;
      seen.add(place);
      return edges.some((next) => {
        if (next.from !== node) return false;
        if (level === 'snapshot-isolation' && last.kind === RW && next.kind === RW) return false;
        return walk(next.to, next);
      });
    };
    return walk(first.to, first);
  };
  return edges.some((first) => reach(first.from, first));
}

function someOrderIsAllowed(edges: readonly Edge[], pairs: readonly UnorderedPair[], level: OrderLevel): boolean {
  const [pair, ...rest] = pairs;
  if (pair === undefined) return !hasForbiddenCycle(edges, level);
  const { first, second, readersOfFirst, readersOfSecond } = pair;
  const after = (before: number, then: number, readers: readonly number[]): Edge[] => [
    ...edges,
    { from: before, to: then, kind: WW },
    ...readers.filter((reader) => reader !== then).map((reader) => ({ from: reader, to: then, kind: RW })),
  ];
  return (
    someOrderIsAllowed(after(first, second, readersOfFirst), rest, level) ||
    someOrderIsAllowed(after(second, first, readersOfSecond), rest, level)
  );
}

function distinct(draw: Draw): readonly [number, number] {
  const from = draw(NODES);
  return [from, (from + 1 + draw(NODES - 1)) % NODES];
}

describe('orders of writes that nothing shows', () => {
  it.each(['serializable', 'snapshot-isolation'] as const)('%s: found exactly where one exists', (level) => {
    const answers = { possible: 0, impossible: 0 };
    for (let seed = 0; seed < 20_000; seed++) {
      const draw = drawFrom(seed);
      const edges = Array.from({ length: 2 + draw(6) }, (): Edge => {
        const [from, to] = distinct(draw);
        return { from, to, kind: [WR, RW, RW][draw(3)] as number };
      });
      if (hasForbiddenCycle(edges, level)) continue;
      const pairs = Array.from({ length: 1 + draw(5) }, (): UnorderedPair => {
        const [first, second] = distinct(draw);
        const readers = (): number[] => (draw(2) === 0 ? [] : [draw(NODES)]);
        return { key: 'x', first, second, readersOfFirst: readers(), readersOfSecond: readers() };
      });
      const { answer } = findWriteOrder(build(edges), pairs, level, '');
      const expected = someOrderIsAllowed(edges, pairs, level) ? 'possible' : 'impossible';
      if (answer !== expected) throw new Error(`seed ${seed}: ${answer}, by brute force ${expected}`);
      answers[expected]++;
    }
    expect(answers.possible).toBeGreaterThan(1_000);
    expect(answers.impossible).toBeGreaterThan(400);
  });
});

describe('versions of a key', () => {
  const chain = (...versions: readonly number[]): VersionGraph => {
    const graph = new VersionGraph();
    graph.orderChain(0, versions);
    return graph;
  };

  it('are a chain when each is known to follow another', () => {
    expect(chain(4, 2, 7).isChain(0, [2, 4, 7])).toBe(true);
    expect(new VersionGraph().isChain(0, [3])).toBe(true);
    expect(new VersionGraph().isChain(0, [3, 5])).toBe(false);
    expect(chain(4, 2).isChain(0, [2, 4, 7])).toBe(false);
  });

  it('are none when two follow the same one, or begin apart', () => {
    const fork = chain(1, 2);
    fork.order(0, 1, 3);
    expect(fork.isChain(0, [1, 2, 3])).toBe(false);
    const join = chain(1, 3);
    join.order(0, 2, 3);
    expect(join.isChain(0, [1, 2, 3])).toBe(false);
  });

  it('may contradict each other', () => {
    const graph = chain(1, 2, 3);
    expect(graph.cycle(0)).toBeUndefined();
    graph.order(0, 3, 2);
    expect(graph.cycle(0)).toEqual([2, 3]);
  });
});

describe('cycles', () => {
  it('are shown by a shortest one', () => {
    const ring = Array.from({ length: NODES }, (_, node) => ({ from: node, to: (node + 1) % NODES, kind: WW }));
    const short = { from: 4, to: 3, kind: WW };
    const [found] = findCycles(build([...ring, short]), NODES);
    expect(found?.name).toBe('G0');
    expect([...(found?.cycle.nodes ?? [])].sort()).toEqual([3, 4]);
  });
});

describe('numbers for data', () => {
  it('are equal for equal data, and for nothing else', () => {
    const interner = new Interner();
    const values = [
      null,
      true,
      1,
      '1',
      '',
      [],
      {},
      [1],
      [[1]],
      [[1], 2],
      [[1, 2]],
      [[], 1],
      [[1], []],
      { a: 1 },
      { a: '1' },
      { a: 1, b: 2 },
      { a: { b: 2 } },
      { a: [], b: 2 },
      ['a', 1],
      undefined,
    ];
    const ids = values.map((value) => interner.idOf(value));
    expect(new Set(ids).size).toBe(values.length);
    expect(values.map((value) => interner.idOf(structuredClone(value)))).toEqual(ids);
  });
});
