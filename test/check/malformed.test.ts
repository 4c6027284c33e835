/** Twenty ways to spoil a history, and what is said of each: the line, the field, and what is wrong. */
import { describe, expect, it } from 'vitest';
import { HistoryError } from '../../src/check/history-error.ts';
import { judgedLines, judgeHistory } from '../../src/check/judge-history.ts';
import { type ReadOptions, readHistories } from '../../src/check/read-history.ts';

interface Spoiled {
  readonly text: string;
  readonly line?: number;
  readonly field?: string;
  readonly says: string | RegExp;
  readonly options?: ReadOptions;
}

const lin = (...events: readonly string[]): string =>
  `{"format": "lin-history/1", "model": "cas-register", "initial": 0, "events": [\n${events.join(',\n')}\n]}`;
const etcd = (...events: readonly string[]): string => events.map((event) => `INFO  jepsen.util - ${event}\n`).join('');

const SPOILED: Readonly<Record<string, Spoiled>> = {
  'an operation returns twice': {
    text: lin('["invoke",0,"write",1]', '["ok",0,"write",1]', '["ok",0,"write",1]'),
    line: 4,
    field: 'process',
    says: 'process 0 returns (ok write), but it has no open operation',
  },
  'a process calls again before it got an answer': {
    text: lin('["invoke",0,"write",1]', '["invoke",0,"read",null]'),
    line: 3,
    field: 'process',
    says: 'process 0 calls, but its write of line 2 is still open',
  },
  'a process goes on after an unknown outcome': {
    text: lin('["invoke",3,"write",1]', '["info",3,"write",1]', '["invoke",3,"read",null]'),
    line: 4,
    field: 'process',
    says: 'process 3 is used again, but the outcome of its write is unknown (line 3): it may still happen',
  },
  'an event of unknown type': {
    text: lin('["invoke",0,"write",1]', '["okay",0,"write",1]'),
    line: 3,
    field: 'events[1][0]',
    says: '"okay" is not one of invoke, ok, fail, info',
  },
  'a function the model does not know': {
    text: lin('["invoke",0,"increment",1]', '["ok",0,"increment",1]'),
    line: 2,
    field: 'f',
    says: '"increment" is not one of read, write, cas',
  },
  'a compare-and-set without a pair': {
    text: lin('["invoke",0,"cas",1]', '["ok",0,"cas",1]'),
    line: 2,
    field: 'value',
    says: 'a compare-and-set takes [expected new], not 1',
  },
  'an answer to another question': {
    text: lin('["invoke",0,"write",1]', '["ok",0,"read",1]'),
    line: 3,
    field: 'f',
    says: 'process 0 returns from read, but called write on line 2',
  },
  'a process that is neither a number nor a name': {
    text: lin('["invoke",-1,"write",1]'),
    line: 2,
    field: 'events[0][1]',
    says: '-1: a process is a whole number, or the name of a nemesis',
  },
  'an event with a piece missing': {
    text: lin('["invoke",0,"write"]'),
    line: 2,
    field: 'events[0]',
    says: 'expected an event [type, process, f, value], found 3 items',
  },
  'JSON that ends too early': {
    text: '{"format": "lin-history/1", "model": "cas-register", "events": [\n["invoke",0,"write",1],\n["ok",0,"wri',
    line: 3,
    says: /not JSON: the text ends too early|not JSON: a string is not closed/,
  },
  'JSON with a slip in the middle': {
    text: '{"format": "lin-history/1",\n"model": "cas-register",\n"events": [\n["invoke" 0,"write",1]]}',
    line: 4,
    says: 'not JSON: expected "," or "]"',
  },
  'a format from the future': {
    text: '{"format": "lin-history/7", "model": "cas-register", "events": []}',
    line: 1,
    field: 'format',
    says: '"lin-history/7" is not lin-history/1',
  },
  'a model nobody has heard of': {
    text: '{"format": "lin-history/1", "model": "teapot", "events": []}',
    line: 1,
    field: 'model',
    says: /"teapot" is not one of register, cas-register, /,
  },
  'no events at all': {
    text: '{"workload": "list-append"}',
    line: 1,
    field: 'events',
    says: 'missing: a history has a list of events',
  },
  'an EDN map that is not closed': {
    text: '{:process 0, :type :invoke, :f :write, :value 1}\n{:process 0, :type :ok, :f :write',
    line: 2,
    says: 'the text ends before the "}" of what began here',
  },
  'an EDN event without a process': {
    text: '{:process 0, :type :invoke, :f :write, :value 1}\n{:type :ok, :f :write, :value 1}',
    line: 2,
    field: 'process',
    says: 'missing: a process is a whole number, or the name of a nemesis',
  },
  'a line that is no event, in a log': {
    text: etcd('0\t:invoke\t:read\tnil', '0 read something'),
    line: 2,
    says: /expected "INFO jepsen.util - PROCESS :TYPE :FUNCTION VALUE", found /,
  },
  'a value that is none, in a log': {
    text: etcd('0\t:invoke\t:write\tfour'),
    line: 1,
    field: 'value',
    says: '"four" is none of nil, a number, [a b], :timed-out',
  },
  'a step that is no micro-operation': {
    text: '{"workload": "list-append", "events": [\n["invoke",0,[["append","x"]]]]}',
    line: 2,
    field: 'value[0]',
    says: '["append","x"] is not a step ["append" | "w" | "r", key, value]',
  },
  'a list read that is no list': {
    text: '{"workload": "list-append", "events": [\n["invoke",0,[["r","x",null]]],\n["ok",0,[["r","x",7]]]]}',
    line: 3,
    field: 'value[0]',
    says: 'a read of a list answers a list, not 7',
  },
  'one element appended twice': {
    text: '{"workload": "list-append", "events": [\n["ok",0,[["append","x",7]]],\n["ok",1,[["append","x",7]]]]}',
    line: 3,
    field: 'value',
    says: /^7 is appended to "x" twice \(transactions 0 and 1\): values must be unique per key$/,
  },
  'appends among register writes': {
    text: '{"events": [\n["ok",0,[["w","x",7]]],\n["ok",1,[["append","x",8]]]]}',
    line: 3,
    field: 'value',
    says: 'writes and appends in one history',
  },
  'a line that is not JSON among JSON lines': {
    text: '{"type":"invoke","process":0,"f":"read","value":null}\n{"type":"ok","process":0,"f":"read","value":}\n',
    line: 2,
    says: /not JSON: expected a value/,
  },
  'an operation of ours that returns before it is called': {
    text: '{"process":"c","input":{"type":"read"},"output":{"value":1},"outcome":"ok","called":5,"returned":4}',
    line: 1,
    field: 'returned',
    says: 'returned at 4, before its call at 5',
  },
  'an operation of ours without its answer': {
    text: '{"process":"c","input":{"type":"read"},"outcome":"ok","called":4,"returned":5}',
    line: 1,
    field: 'output',
    says: 'missing: an operation that is ok has an answer',
  },
  'a client of ours that goes on after an unknown outcome': {
    text: [
      '{"process":"c","input":{"type":"read"},"outcome":"unknown","called":1}',
      '{"process":"c","input":{"type":"read"},"output":{"value":1},"outcome":"ok","called":4,"returned":5}',
    ].join('\n'),
    line: 2,
    field: 'process',
    says: 'c is used again, but the outcome of its call at 1 (line 1) is unknown',
  },
  'a client numbered in text': {
    text: lin('["invoke","7","write",1]', '["ok","7","write",1]'),
    line: 2,
    field: 'events[0][1]',
    says: '"7" is text: the process of a client is a number',
  },
  'clients with names': {
    text: '{"type":"invoke","process":"alice","f":"write","value":1}\n{"type":"ok","process":"alice","f":"write","value":1}',
    line: 1,
    field: 'process',
    says: '"alice": clients are numbered; only they are judged',
  },
  'JSON that nests without end': {
    text: lin('["invoke",0,"write",1]', `["ok",0,"write",${'['.repeat(50_000)}${']'.repeat(50_000)}]`),
    line: 3,
    says: 'nested more than 1000 levels deep',
  },
  'EDN that nests without end': {
    text: `{:process 0, :type :invoke, :f :write,\n:value ${'['.repeat(50_000)}`,
    line: 2,
    says: /nested more than 1000 levels deep$/,
  },
  'a transaction that answers other steps': {
    text: '{"workload": "rw-register", "events": [\n["invoke",0,[["w","x",1]]],\n["ok",0,[["w","y",1]]]]}',
    line: 3,
    field: 'value[0]',
    says: '["w","y",1] answers ["w","x",1]',
  },
  'a transaction that answers fewer steps': {
    text: '{"workload": "rw-register", "events": [\n["invoke",0,[["w","x",1],["r","y",null]]],\n["ok",0,[["w","x",1]]]]}',
    line: 3,
    field: 'value',
    says: '1 steps were answered, but 2 called',
  },
  'lists that begin as something else': {
    text: '{"workload": "list-append", "initial": {"x": 5}, "events": [\n["ok",0,[["r","x",[5]]]]]}',
    line: 1,
    field: 'initial.x',
    says: '5 is no list of elements',
  },
  'a transaction of ours without steps in its answer': {
    text: '{"process":"c","input":{"type":"txn","ops":[["append","x",1]]},"output":{"ok":true},"outcome":"ok","called":1,"returned":4}',
    line: 1,
    field: 'output.ops',
    says: 'a transaction is a list of steps, not nothing',
  },
  'an operation of ours that no model knows': {
    text: '{"process":"c","input":{"type":"read"},"output":{"value":null},"outcome":"ok","called":1,"returned":4}\n{"process":"c","input":{"type":"pop"},"output":{"value":1},"outcome":"ok","called":5,"returned":6}',
    line: 2,
    says: 'cas-register: unknown operation type "pop"',
  },
  'something else entirely': {
    text: 'Dear reader,\nthis is no history.\n',
    line: 1,
    says: '"Dear reader," begins neither JSON, nor EDN, nor an etcd log of Porcupine\'s test data',
  },
  'a mutex whose initial state is none': {
    text: '{"format": "lin-history/1", "model": "mutex", "initial": "open", "events": [\n["invoke",0,"acquire",null]]}',
    field: 'initial',
    says: 'expected "free" or "held", not "open"',
  },
};

function refusal({ text, options }: Spoiled): HistoryError {
  try {
    for (const history of readHistories(text, options)) judgeHistory(history);
  } catch (error) {
    if (error instanceof HistoryError) return error;
    throw error;
  }
  throw new Error('it was judged');
}

describe('what is said of', () => {
  it.each(Object.entries(SPOILED))('%s', (_, spoiled) => {
    const error = refusal(spoiled);
    expect(error.problem).toMatch(spoiled.says);
    expect({ line: error.line, field: error.field }).toEqual({ line: spoiled.line, field: spoiled.field });
  });

  it('is never the same twice', () => {
    const said = Object.values(SPOILED).map((spoiled) => refusal(spoiled).problem);
    expect(new Set(said).size).toBe(said.length);
    expect(said.length).toBeGreaterThanOrEqual(20);
  });
});

describe('a value that nobody wrote is no slip of the recorder, but a verdict', () => {
  const told = (text: string): string => {
    const [history] = readHistories(text);
    if (history === undefined) throw new Error('no history');
    const judged = judgeHistory(history, { explain: true });
    expect(judged.outcome).toBe('broken');
    return judgedLines(judged, { explain: true, ascii: true }).join('\n');
  };

  it('for a register: with the lines of the read, and that nobody had written it', () => {
    const text = lin('["invoke",0,"write",1]', '["ok",0,"write",1]', '["invoke",1,"read",null]', '["ok",1,"read",9]');
    expect(told(text)).toMatch(/1 {2}read 9\n.*\(lines 4 and 5\); nobody had written 9/);
  });

  it('for transactions: with the line, the key and the value', () => {
    const text = '{"workload": "rw-register", "events": [\n["ok",0,[["w","x",1]]],\n["ok",1,[["r","x",9]]]]}';
    expect(told(text)).toContain('garbage-read: T1 read 9 from x, which nobody wrote (line 3)');
  });
});

describe('nothing to check', () => {
  it.each([
    ['an empty text', ''],
    ['blank lines', '\n \n'],
  ])('is what %s amounts to', (_, text) => {
    expect(readHistories(text)).toEqual([]);
  });

  it.each([
    ['no events', lin()],
    ['only events of a nemesis', lin('["info","nemesis","start",null]', '["info","nemesis","stop",null]')],
    ['only operations that did not happen', lin('["invoke",0,"write",1]', '["fail",0,"write",1]')],
    ['a read that nobody saw', lin('["invoke",0,"read",null]')],
    ['no transactions', '{"workload": "list-append", "events": []}'],
    ['an empty list', '[]'],
  ])('is the verdict on %s', (_, text) => {
    const [history] = readHistories(text);
    if (history === undefined) throw new Error('no history');
    const judged = judgeHistory(history);
    expect(judged.outcome).toBe('nothing');
    expect(judgedLines(judged, { explain: false, ascii: true })[0]).toMatch(/^nothing to check/);
  });
});
