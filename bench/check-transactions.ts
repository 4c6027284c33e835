/**
 * Judging transactions: `npm run bench -- check-transactions`.
 * Beside Elle, whose authors report 100,000 to 160,000 transactions a second, and which runs into its time limit on
 * la-huge-scc.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readHistories, type TransactionHistory } from '../src/check/read-history.ts';
import type { MicroOperation, Transaction } from '../src/check/transaction.ts';
import type { Level } from '../src/check/transactions/levels.ts';
import { checkTransactions, type TransactionsResult } from '../src/check/transactions.ts';
import type { Json } from '../src/sim/plain.ts';

type Draw = (bound: number) => number;

function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** What a serializable database answers to 20 clients: 10 live keys at a time, 32 appends a key, 1 to 4 steps. */
function serializableHistory(count: number): readonly Transaction[] {
  const draw = drawFrom(1);
  const lists = new Map<number, readonly Json[]>();
  const free = Array.from({ length: 20 }, (_, process) => process);
  const open: { readonly process: number; readonly called: number }[] = [];
  const done: Transaction[] = [];
  let oldest = 0;
  let time = 0;
  const step = (): MicroOperation => {
    const key = oldest + draw(10);
    const list = lists.get(key) ?? [];
    if (draw(2) === 0) return ['r', key, list.length === 0 ? null : list];
    lists.set(key, [...list, list.length]);
    if (list.length > 30) oldest++;
    return ['append', key, list.length];
  };
  while (done.length < count) {
    if (free.length > 0 && (open.length === 0 || draw(2) === 0)) {
      open.push({ process: free.splice(draw(free.length), 1)[0] as number, called: time++ });
      continue;
    }
    const [{ process, called }] = open.splice(draw(open.length), 1) as [(typeof open)[number]];
    const ops = Array.from({ length: 1 + draw(4) }, step);
    done.push({ process: `p${process}`, outcome: 'ok', ops, called, returned: time++ });
    free.push(process);
  }
  return done.sort((left, right) => (left.called as number) - (right.called as number));
}

/** A database whose reads are cut at random: one component of nearly all transactions. */
function tangledHistory(count: number): readonly Transaction[] {
  const draw = drawFrom(2);
  const keys = count / 20;
  const asked = Array.from({ length: count }, () => ({ appends: draw(keys), reads: draw(keys) }));
  const lists = new Map<number, number[]>();
  for (const [element, { appends }] of asked.entries()) lists.set(appends, [...(lists.get(appends) ?? []), element]);
  return asked.map(({ appends, reads }, element): Transaction => {
    const whole = lists.get(reads) ?? [];
    const seen = whole.filter((other) => other < element).slice(0, draw(whole.length + 1));
    const ops: MicroOperation[] = [
      ['r', reads, seen.length === 0 ? null : seen],
      ['append', appends, element],
    ];
    return { process: `p${element}`, outcome: 'ok', ops };
  });
}

function measure(label: string, transactions: readonly Transaction[], level: Level, rounds: number): void {
  const times: number[] = [];
  const processor: number[] = [];
  let result: TransactionsResult | undefined;
  let memory = 0;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const used = process.cpuUsage();
    result = checkTransactions(transactions, { workload: 'list-append', level });
    times.push(performance.now() - start);
    const { user, system } = process.cpuUsage(used);
    processor.push((user + system) / 1000);
    memory = Math.max(memory, process.memoryUsage().rss);
  }
  const least = Math.min(...times);
  const median = processor.sort((left, right) => left - right)[rounds >> 1] as number;
  const rate = Math.round(transactions.length / least);
  console.log(
    `${label}: ${transactions.length} transactions, ${median.toFixed(0)} ms of processor time, least elapsed ${least.toFixed(0)} ms (${rate},000 a second), ${Math.round(memory / 1e6)} MB resident`,
  );
  console.log(`  ${level}: ${result?.verdict}; ${result?.anomalies.join(', ') || 'no anomaly'}`);
}

const huge = fileURLToPath(new URL('../../test/check/histories/elle/la-huge-scc.json', import.meta.url));
const [recorded] = readHistories(readFileSync(huge, 'utf8')) as [TransactionHistory];

measure('serializable', serializableHistory(100_000), 'strong-serializable', 5);
measure('one component', tangledHistory(10_000), 'serializable', 5);
measure('recorded huge component', recorded.transactions, 'strong-serializable', 5);
