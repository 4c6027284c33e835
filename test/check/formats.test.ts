/** The formats in which histories come, as people write them. */
import { describe, expect, it } from 'vitest';
import { readEdnMaps } from '../../src/check/formats/edn.ts';
import { findSyntaxError, linesOfItems } from '../../src/check/formats/json-place.ts';
import { judgeHistory } from '../../src/check/judge-history.ts';
import type { TransactionHistory } from '../../src/check/read-history.ts';
import { type ObjectHistory, type ReadOptions, readHistories } from '../../src/check/read-history.ts';

function readObject(text: string, options?: ReadOptions): ObjectHistory {
  const [history, ...others] = readHistories(text, options);
  if (history?.kind !== 'object' || others.length > 0) throw new Error('expected one history of an object');
  return history;
}

function readTransactions(text: string): TransactionHistory {
  const [history, ...others] = readHistories(text);
  if (history?.kind !== 'transactions' || others.length > 0) throw new Error('expected one history of transactions');
  return history;
}

const calls = (history: ObjectHistory): readonly unknown[] =>
  history.operations.map(({ process, input, output, outcome }) => [process, outcome, input, output]);

describe('EDN', () => {
  it('is read with all its notations', () => {
    const text = String.raw`
      ; a comment
      #jepsen.history.Op{:a 1, :b -2.5e3 "c" "x\n\"\u0041" :d [true nil (:k sym/bol)] :e #{1 2} :f \a
        #_ {:skipped "}"} :g 12345678901234567890N :h {:i 1/3}}`;
    const [map] = readEdnMaps(text);
    expect(map?.line).toBe(3);
    expect(Object.fromEntries(map?.fields ?? [])).toEqual({
      a: 1,
      b: -2500,
      c: 'x\n"A',
      d: [true, null, [':k', 'sym/bol']],
      e: [1, 2],
      f: 'a',
      g: '12345678901234567890',
      h: { i: '1/3' },
    });
  });

  it('may come as one vector or as maps one after the other', () => {
    expect(readEdnMaps('[{:a 1}\n {:a 2}]').map(({ line }) => line)).toEqual([1, 2]);
    expect(readEdnMaps('{:a 1}{:a 2}')).toHaveLength(2);
    expect(() => readEdnMaps('[{:a 1}')).toThrow(/not closed/);
    expect(() => readEdnMaps('{:a #}')).toThrow(/line 1: "#" without a tag/);
    expect(readEdnMaps('{:a ##NaN, :b ##Inf}')[0]?.fields).toEqual(
      new Map([
        ['a', '##NaN'],
        ['b', '##Inf'],
      ]),
    );
    expect(() => readEdnMaps('{:a 1 :b}')).toThrow(/the field b has no value/);
  });
});

describe("the logs among Porcupine's test data", () => {
  const log = (...events: readonly string[]): string =>
    events.map((event) => `INFO  jepsen.util - ${event}\n`).join('');

  it('separate columns by tabs or blanks; a failed comparison was executed, a failed read was not', () => {
    const history = readObject(
      log(
        '0\t:invoke\t:cas\t[3 0]',
        '1   :invoke :read   nil',
        '0\t:fail\t:cas\t[3 0]',
        '1   :fail :read   :timed-out',
        '1   :invoke :write   4',
        '1   :info :write   :timed-out',
        '2\t:invoke\t:read\tnil',
        '2\t:ok\t:read\tnil',
      ),
    );
    expect(history.model).toBe('cas-register');
    expect(calls(history)).toEqual([
      ['0', 'ok', { type: 'cas', expect: 3, value: 0 }, { ok: false }],
      ['1', 'fail', { type: 'read' }, undefined],
      ['1', 'unknown', { type: 'write', value: 4 }, undefined],
      ['2', 'ok', { type: 'read' }, { value: null }],
    ]);
  });

  it('of keys and values start with empty strings', () => {
    const history = readObject(
      [
        '{:process 0, :type :invoke, :f :get, :key "k", :value nil}',
        '{:process 0, :type :ok, :f :get, :key "k", :value ""}',
        '{:process 0, :type :invoke, :f :append, :key "k", :value "x 0 1 y"}',
        '{:process 0, :type :ok, :f :append, :key "k", :value "x 0 1 y"}',
        '{:process 0, :type :invoke, :f :put, :key "k", :value "z"}',
        '{:process 0, :type :info, :f :put, :key "k", :value "z"}',
        '{:process 1, :type :invoke, :f :get, :key "k", :value nil}',
        '{:process 1, :type :fail, :f :get, :key "k", :value nil}',
      ].join('\n'),
    );
    expect(history.operations.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'unknown', 'fail']);
    expect(judgeHistory(history).outcome).toBe('ok');
  });
});

describe('Jepsen', () => {
  const EDN = [
    '{:type :invoke, :f :write, :value 3, :process 0, :time 17, :index 0}',
    '{:type :info, :f :start-partition, :value nil, :process :nemesis}',
    '{:type :ok, :f :write, :value 3, :process 0}',
    '{:type :invoke, :f :cas, :value [3 4], :process 1}',
    '{:type :fail, :f :cas, :value [3 4], :process 1}',
    '{:type :invoke, :f :read, :value nil, :process 1}',
    '{:type :info, :f :read, :value nil, :process 1, :error :timeout}',
    '{:type :invoke, :f :read, :value nil, :process 2}',
    '{:type :ok, :f :read, :value nil, :process 2}',
  ].join('\n');

  it('as EDN: a failed operation did not happen, a nemesis is no client', () => {
    const history = readObject(EDN);
    expect(history.model).toBe('cas-register');
    expect(calls(history)).toEqual([
      ['0', 'ok', { type: 'write', value: 3 }, { ok: true }],
      ['1', 'fail', { type: 'cas', expect: 3, value: 4 }, undefined],
      ['1', 'unknown', { type: 'read' }, undefined],
      ['2', 'ok', { type: 'read' }, { value: null }],
    ]);
    expect(history.places[0]).toEqual({ calledLine: 1, returnedLine: 3 });
  });

  it('says by option what a read of nil saw', () => {
    expect(judgeHistory(readObject(EDN)).outcome).toBe('broken');
    expect(judgeHistory(readObject(EDN, { nilRead: 'unknown' })).outcome).toBe('ok');
  });

  it('as JSON, in one list or line by line, is the same history', () => {
    const events = [
      { type: 'invoke', f: 'write', value: 3, process: 0, time: 17 },
      { type: 'ok', f: 'write', value: 3, process: 0 },
      { type: 'invoke', f: 'read', value: null, process: 1 },
      { type: 'ok', f: 'read', value: 3, process: 1 },
      { type: 'info', f: 'stop', value: null, process: 'nemesis' },
    ];
    const list = readObject(JSON.stringify(events, undefined, 1));
    const lines = readObject(events.map((event) => JSON.stringify(event)).join('\n'));
    expect(calls(lines)).toEqual(calls(list));
    expect(lines.places).toEqual([
      { calledLine: 1, returnedLine: 2 },
      { calledLine: 3, returnedLine: 4 },
    ]);
    expect(list.places[1]?.calledLine).toBe(15);
  });

  it('keeps keys apart that come as pairs', () => {
    const history = readObject(
      [
        '{:type :invoke, :f :write, :value [:x 1], :process 0}',
        '{:type :ok, :f :write, :value [:x 1], :process 0}',
        '{:type :invoke, :f :read, :value [:y nil], :process 0}',
        '{:type :ok, :f :read, :value [:y nil], :process 0}',
        '{:type :invoke, :f :cas, :value [:x [1 2]], :process 0}',
        '{:type :ok, :f :cas, :value [:x [1 2]], :process 0}',
      ].join('\n'),
    );
    expect(history.model).toBe('key-value');
    expect(calls(history)).toEqual([
      ['0', 'ok', { type: 'write', key: 'x', value: 1 }, { ok: true }],
      ['0', 'ok', { type: 'read', key: 'y' }, { value: null }],
      ['0', 'ok', { type: 'cas', key: 'x', expect: 1, value: 2 }, { ok: true }],
    ]);
    expect(judgeHistory(history).outcome).toBe('ok');
  });

  it.each([
    ['queue', 'dequeue', null, { type: 'dequeue' }, { empty: true }],
    ['queue', 'dequeue', 4, { type: 'dequeue' }, { value: 4 }],
    ['mutex', 'acquire', null, { type: 'acquire' }, { ok: true }],
    ['lock', 'acquire', 7, { type: 'acquire', owner: '0' }, { ok: true, token: 7 }],
    ['set', 'add', 1, { type: 'add', value: 1 }, { ok: true }],
    ['set', 'read', [1, 2], { type: 'read' }, { value: [1, 2] }],
    ['counter', 'add', 2, { type: 'add', amount: 2 }, { ok: true }],
    ['counter', 'read', 2, { type: 'read' }, { value: 2 }],
  ] as const)('a %s answers %s with %j', (model, f, value, input, output) => {
    const asked = f === 'add' ? value : null;
    const events = [
      { type: 'invoke', process: 0, f, value: asked },
      { type: 'ok', process: 0, f, value },
    ];
    expect(calls(readObject(JSON.stringify(events), { model }))).toEqual([['0', 'ok', input, output]]);
  });

  it('transactions are told by their function, lists and registers by their steps', () => {
    const lists = readTransactions(
      [
        '{:type :invoke, :f :txn, :value [[:append :x 1] [:r 5 nil]], :process 0}',
        '{:type :ok, :f :txn, :value [[:append :x 1] [:r 5 [2 3]]], :process 0}',
      ].join('\n'),
    );
    expect(lists.workload).toBe('list-append');
    expect(lists.transactions).toEqual([
      {
        process: '0',
        outcome: 'ok',
        called: 0,
        returned: 1,
        ops: [
          ['append', 'x', 1],
          ['r', 5, [2, 3]],
        ],
      },
    ]);
    const registers = readTransactions('[{"type":"ok","process":1,"f":"txn","value":[["w","x",1]]}]');
    expect(registers.workload).toBe('rw-register');
    expect(registers.transactions[0]).not.toHaveProperty('called');
  });
});

describe('our own operations', () => {
  const operation = (fields: object): object => ({ process: 'c1', outcome: 'ok', called: 1, returned: 2, ...fields });

  it('are read as they are recorded', () => {
    const items = [
      operation({ input: { type: 'write', key: 'a', value: 1 }, output: { ok: true } }),
      operation({ process: 'c2', input: { type: 'read', key: 'a' }, outcome: 'unknown', returned: null }),
    ];
    const history = readObject(items.map((item) => JSON.stringify(item)).join('\n'));
    expect(history.model).toBe('key-value');
    expect(history.operations[1]).toMatchObject({ outcome: 'unknown', returned: Number.POSITIVE_INFINITY });
    expect(readObject(JSON.stringify(items)).operations).toEqual(history.operations);
  });

  it('may be transactions', () => {
    const item = operation({
      input: { type: 'txn', ops: [['r', 'x', null]] },
      output: { ops: [['r', 'x', [1]]] },
    });
    const history = readTransactions(JSON.stringify([item]));
    expect(history.transactions[0]).toMatchObject({ ops: [['r', 'x', [1]]], called: 1, returned: 2 });
  });
});

describe('several histories in one file', () => {
  it('are judged one by one, under their names', () => {
    const text = JSON.stringify([
      { id: 'good', workload: 'list-append', events: [['ok', 0, [['append', 'x', 1]]]] },
      { id: 'bad', workload: 'list-append', events: [['ok', 0, [['r', 'x', [1]]]]] },
    ]);
    expect(readHistories(text).map((history) => [history.id, judgeHistory(history).outcome])).toEqual([
      ['good', 'unknown'],
      ['bad', 'broken'],
    ]);
  });

  it('keep what keys hold at first', () => {
    const text = JSON.stringify({
      workload: 'list-append',
      initial: { '5': [1] },
      events: [['ok', 0, [['r', 5, [1]]]]],
    });
    expect(judgeHistory(readTransactions(text)).outcome).not.toBe('broken');
  });
});

describe('places in JSON', () => {
  it('are the lines on which items begin', () => {
    const text = '{"a": "[,]\\"",\n "events": [\n  [1, {"x": [2,\n 3]}],\n\n  "s,]", 4\n]}';
    expect(linesOfItems(text, ['events'])).toEqual([3, 6, 6]);
  });

  it.each([
    ['[1, 2', 'the text ends too early: expected "," or "]"'],
    ['[1 2]', 'expected "," or "]"'],
    ['{"a" 1}', 'expected ":" after the field name'],
    ['{a: 1}', 'expected a field name in double quotes'],
    ['[01]', '01 is not a JSON value'],
    ['["a\nb"]', 'a string is not closed'],
    ['[1] 2', 'text after the end of the value'],
  ])('%j: %s', (text, problem) => {
    expect(findSyntaxError(text)?.problem).toBe(problem);
  });

  it('agree with the parser on what is JSON', () => {
    for (const text of ['[]', '{}', ' [1, -2.5e3, "a\\u00e9", true, null, {"a": []}] ']) {
      expect(() => JSON.parse(text)).not.toThrow();
      expect(findSyntaxError(text)).toBeUndefined();
    }
  });
});
