/** Transaction histories with known truth: what any execution of a level could explain, and what Elle says of them. */
import { describe, expect, it } from 'vitest';
import { type ReadOptions, readHistories, type TransactionHistory } from '../../src/check/read-history.ts';
import { DuplicateWriteError } from '../../src/check/transactions/elements.ts';
import {
  forbiddenBy,
  impliedAnomalies,
  impossibleLevels,
  type Level,
  levelNamed,
  weakestOf,
} from '../../src/check/transactions/levels.ts';
import { checkTransactions, type TransactionOptions, type TransactionsResult } from '../../src/check/transactions.ts';
import { readExpected, readText } from './recorded.ts';

interface Ask {
  readonly ask: { readonly models?: readonly string[]; readonly anomalies?: readonly string[] };
  readonly options?: {
    readonly linearizableKeys?: boolean;
    readonly sequentialKeys?: boolean;
    readonly wfrKeys?: boolean;
    readonly commitOrder?: readonly number[];
  };
  readonly valid: boolean | 'unknown';
  readonly anomalies: readonly string[];
  readonly not: readonly string[];
}

interface Expected {
  readonly truth?: Readonly<Record<string, boolean>>;
  readonly elle?: readonly Ask[];
  readonly edges?: readonly (readonly [number, number])[];
  readonly count?: Readonly<Record<string, number>>;
  readonly wrCycle?: boolean;
  readonly inputError?: { readonly type: string; readonly key: string; readonly value: number };
  readonly elleMisses?: boolean;
}

const expected = readExpected<Expected>('elle');
const FILES = ['list-append.json', 'rw-register.json', 'la-huge-scc.json', 'la-ring-200-12.json'];
const histories = new Map<string, TransactionHistory>();
for (const file of FILES) {
  for (const history of readHistories(readText('elle', file), {} satisfies ReadOptions)) {
    if (history.kind === 'transactions') histories.set(history.id ?? file, history);
  }
}

function judge(history: TransactionHistory, options: Partial<TransactionOptions> = {}): TransactionsResult {
  return checkTransactions(history.transactions, { workload: history.workload, initial: history.initial, ...options });
}

function levels(names: readonly string[]): readonly Level[] {
  return names.map((name) => {
    const level = levelNamed(name);
    if (level === undefined) throw new Error(`no level ${name}`);
    return level;
  });
}

const impossible = (result: TransactionsResult): readonly Level[] => [...result.not, ...result.alsoNot];

function optionsOf({ options = {} }: Ask, { events }: TransactionHistory): Partial<TransactionOptions> {
  const { linearizableKeys, sequentialKeys, wfrKeys, commitOrder } = options;
  return {
    ...(linearizableKeys === undefined ? {} : { linearizableKeys }),
    ...(sequentialKeys === undefined ? {} : { sequentialKeys }),
    ...(wfrKeys === undefined ? {} : { writesFollowReads: wfrKeys }),
    ...(commitOrder === undefined ? {} : { commitOrder: commitOrder.map((event) => events.indexOf(event)) }),
  };
}

const cases = [...histories].map(([id, history]) => [id, history, expected[id] as Expected] as const);

it('all cases are there', () => {
  expect([...histories.keys()].sort()).toEqual(Object.keys(expected).sort());
  expect(histories.size).toBe(42);
});

describe('truth', () => {
  const withTruth = cases.filter(([, , { truth }]) => truth !== undefined);

  it.each(withTruth)('%s: nothing is called violated that some execution explains', (_, history, { truth }) => {
    const ruledOut = impossible(judge(history));
    for (const [name, explainable] of Object.entries(truth as Record<string, boolean>)) {
      if (explainable) expect(ruledOut).not.toContain(levelNamed(name));
    }
  });

  it.each(withTruth)(
    '%s: what no execution explains is called violated, where the data can tell',
    (id, history, { truth }) => {
      // Opposite orders of blind writes, told apart only by assuming that keys are sequential.
      if (id === 'rw-g0-sequential-keys') return;
      const ruledOut = impossible(judge(history));
      for (const [name, explainable] of Object.entries(truth as Record<string, boolean>)) {
        if (!explainable) expect(ruledOut).toContain(levelNamed(name));
      }
    },
  );
});

describe("Elle's verdicts", () => {
  const asks = cases.flatMap(([id, history, { elle = [], truth, elleMisses }]) =>
    elle.map(
      (ask) =>
        [
          `${id} ${JSON.stringify(ask.ask)} ${JSON.stringify(ask.options ?? {})}`,
          history,
          ask,
          truth,
          elleMisses,
        ] as const,
    ),
  );

  it.each(asks)('%s', (_, history, ask, truth, elleMisses) => {
    const result = judge(history, optionsOf(ask, history));
    const implied = impliedAnomalies(result.anomalies);
    for (const anomaly of ask.anomalies) expect([...implied]).toContain(anomaly);
    for (const level of levels(ask.not)) expect(impossible(result)).toContain(level);
    if (ask.valid !== true || elleMisses) return;
    for (const anomaly of ask.ask.anomalies ?? []) expect([...implied]).not.toContain(anomaly);
    for (const level of levels(ask.ask.models ?? [])) {
      // Elle may miss what we find; then the truth is on our side.
      if (impossible(result).includes(level)) expect(truth?.[level]).toBe(false);
    }
  });
});

describe('details', () => {
  it.each(cases.filter(([, , { edges }]) => edges !== undefined))('%s: dependency edges', (_, history, { edges }) => {
    const found = judge(history)
      .edges()
      .map(({ from, to }) => `${history.events[from]}>${history.events[to]}`);
    expect([...new Set(found)].sort()).toEqual(
      (edges as (readonly [number, number])[]).map((edge) => edge.join('>')).sort(),
    );
  });

  it.each(cases.filter(([, , { count }]) => count !== undefined))('%s: instances', (_, history, { count }) => {
    const { counts } = judge(history);
    for (const [name, wanted] of Object.entries(count as Record<string, number>))
      expect(counts[name] ?? 0).toBe(wanted);
  });

  it.each(cases.filter(([, , { wrCycle }]) => wrCycle !== undefined))(
    '%s: write-read cycles',
    (_, history, { wrCycle }) => {
      expect(judge(history).hasCycle(['wr'])).toBe(wrCycle);
    },
  );

  it('a repeated append is refused, with key and element', () => {
    const [, history, { inputError }] = cases.find(([id]) => id === 'la-duplicate-appends') as (typeof cases)[number];
    const refusal = (): unknown => judge(history);
    expect(refusal).toThrow(DuplicateWriteError);
    expect(refusal).toThrow(expect.objectContaining(inputError as object));
  });

  it('the ring of 200 transactions is found and shown whole, among many shorter cycles', () => {
    const result = judge(histories.get('la-ring-200-12') as TransactionHistory);
    const single = result.cycles.find(({ name }) => name === 'G-single-item');
    expect(single?.edges).toHaveLength(200);
    expect(single?.edges.filter(({ kind }) => kind === 'rw')).toHaveLength(1);
    expect(impossible(result)).toContain('snapshot-isolation');
  });
});

describe('levels', () => {
  interface Row {
    readonly anomalies?: readonly string[];
    readonly not?: readonly string[];
    readonly alsoNot?: readonly string[];
    readonly impossible?: readonly string[];
    readonly model?: string;
    readonly prohibits?: readonly string[];
  }
  const rows = JSON.parse(readText('elle', 'consistency-models.json')) as readonly Row[];
  const sorted = (names: readonly string[]): readonly string[] => [...names].sort();

  it.each(rows.filter(({ anomalies }) => anomalies !== undefined))('$anomalies', (row) => {
    const ruledOut = impossibleLevels(row.anomalies as readonly string[]);
    const weakest = weakestOf(ruledOut);
    if (row.not !== undefined) expect(sorted(weakest)).toEqual(sorted(levels(row.not)));
    const others = ruledOut.filter((level) => !weakest.includes(level));
    if (row.alsoNot !== undefined) expect(sorted(others)).toEqual(sorted(levels(row.alsoNot)));
    if (row.impossible !== undefined) expect(sorted(ruledOut)).toEqual(sorted(levels(row.impossible)));
  });

  it.each(rows.filter(({ model }) => model !== undefined))('$model', ({ model, prohibits }) => {
    const forbidden = forbiddenBy(levelNamed(model as string) as Level);
    // `garbage-read` is ours: Elle accepts reads of values that nobody wrote.
    expect(sorted([...forbidden].filter((name) => name !== 'garbage-read'))).toEqual(
      sorted(prohibits as readonly string[]),
    );
  });
});

describe('real-time order', () => {
  interface Row {
    readonly title: string;
    readonly events: readonly (readonly ['invoke' | 'ok', number])[];
    readonly edges: readonly (readonly [number, number])[];
  }
  const rows = JSON.parse(readText('elle', 'realtime-graph.json')) as readonly Row[];

  it.each(rows)('$title', ({ events, edges }) => {
    const text = JSON.stringify({ workload: 'rw-register', events: events.map((event) => [...event, []]) });
    const [history] = readHistories(text) as readonly TransactionHistory[];
    const { transactions } = history as TransactionHistory;
    const processes = transactions.map(({ process }) => Number(process));
    const reachable = closure(edges);
    // A cycle of real time and one more edge exists exactly where that edge goes against the order.
    for (const [from, early] of processes.entries()) {
      for (const [to, late] of processes.entries()) {
        if (from === to) continue;
        const seen = transactions.map((transaction, index) => ({
          ...transaction,
          ops: index === from ? [['r', 'x', 1] as const] : index === to ? [['w', 'x', 1] as const] : [],
        }));
        const result = checkTransactions(seen, { workload: 'rw-register' });
        expect(result.anomalies).toEqual(reachable.has(`${early}>${late}`) ? ['G1c-realtime'] : []);
      }
    }
  });

  function closure(edges: readonly (readonly [number, number])[]): ReadonlySet<string> {
    const reached = new Set(edges.map((edge) => edge.join('>')));
    for (const pair of reached) {
      const [from, via] = pair.split('>').map(Number);
      for (const [start, end] of edges) if (start === via) reached.add(`${from}>${end}`);
    }
    return reached;
  }
});
