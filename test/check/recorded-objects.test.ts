/** Histories that others recorded, judged as their tools judged them. */
import { describe, expect, it } from 'vitest';
import { checkLinearizability } from '../../src/check/linearizability.ts';
import { objectModel } from '../../src/check/object-models.ts';
import { filesOf, judgeAll, readExpected, readObjectHistory } from './recorded.ts';

interface ExpectedLog {
  readonly model: 'kv' | 'cas-register';
  readonly ops: number;
  readonly pending: number;
  readonly verdict: 'ok' | 'illegal';
  readonly illegalKeys?: readonly string[];
}

interface ExpectedKnossos {
  readonly model: string;
  readonly verdict: 'ok' | 'illegal';
  readonly invocations: number;
  readonly ok: number;
  readonly fail: number;
  readonly indeterminate: number;
  readonly stuckAt?: number;
}

const verdictOf = { ok: 'linearizable', illegal: 'illegal' } as const;

describe("Porcupine's test data", () => {
  const expected = readExpected<ExpectedLog>('porcupine');
  const logs = filesOf('porcupine').filter((file) => /\.(log|txt)$/.test(file));

  it('is complete', () => {
    expect(logs).toEqual(Object.keys(expected).sort((left, right) => (left < right ? -1 : 1)));
    expect(logs).toHaveLength(55);
  });

  it.each(logs)('%s', (file) => {
    const wanted = expected[file] as ExpectedLog;
    const history = readObjectHistory('porcupine', file);
    expect(history.operations).toHaveLength(wanted.ops);
    const pending = history.operations.filter(({ outcome }) => outcome === 'unknown');
    expect(pending).toHaveLength(wanted.pending);
    const result = judgeAll(history);
    expect(result.verdict).toBe(verdictOf[wanted.verdict]);
    if (wanted.illegalKeys !== undefined) {
      expect(result.parts.filter(({ verdict }) => verdict === 'illegal').map(({ key }) => key)).toEqual(
        wanted.illegalKeys,
      );
      expect(result.parts.filter(({ verdict }) => verdict === 'unknown')).toEqual([]);
    }
  });

  it('takes few search nodes: the stable measure of effort', () => {
    const nodesOf = (kind: RegExp): number =>
      logs
        .filter((file) => kind.test(file))
        .map((file) => judgeAll(readObjectHistory('porcupine', file)).nodes)
        .reduce((sum, nodes) => sum + nodes, 0);
    expect(nodesOf(/etcd/)).toBeLessThan(1_500);
    expect(nodesOf(/^c\d/)).toBeLessThan(12_000);
  });
});

describe("Knossos' histories", () => {
  const expected = readExpected<ExpectedKnossos>('knossos');
  const files = filesOf('knossos').filter((file) => file.includes('__'));

  it('are complete', () => {
    expect(files).toEqual(Object.keys(expected).sort((left, right) => (left < right ? -1 : 1)));
    expect(files).toHaveLength(75);
  });

  it.each(files)('%s', (file) => {
    const wanted = expected[file] as ExpectedKnossos;
    const history = readObjectHistory('knossos', file);
    const count = (outcome: string): number => history.operations.filter((one) => one.outcome === outcome).length;
    expect(history.model).toBe(wanted.model);
    expect([history.operations.length, count('ok'), count('fail'), count('unknown')]).toEqual([
      wanted.invocations,
      wanted.ok,
      wanted.fail,
      wanted.indeterminate,
    ]);
    const result = checkLinearizability(history.operations, objectModel(history));
    expect(result.verdict).toBe(verdictOf[wanted.verdict]);
    const blamed = result.worst?.blame;
    expect(blamed === undefined ? undefined : history.operations[blamed]?.returned).toBe(wanted.stuckAt);
  });
});
