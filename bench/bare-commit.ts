/**
 * A yardstick: two-phase commit (presumed abort) by hand, on a kernel with nothing around it. What V8 can do with the messages, timers, forced
 * writes and locks of `npm run bench -- commit two-phase-commit --load=steady`, without contract, effects, disks, clients that repeat
 * themselves, faults, states that can be looked at, or properties; numbers in place of names. One hash over the fields of all deliveries.
 *
 * Run: `npm run bench -- bare-commit`.
 */
import { Simulator } from './bare/simulator.ts';

const RUNS = 20;
const BATCHES = 5;
const WARM_UP_RUNS = 40;

function cpuSecondsNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

interface Batch {
  messages: number;
  events: number;
  committed: number;
  cpuSeconds: number;
}

let seed = 0;
for (let run = 0; run < WARM_UP_RUNS; run++) new Simulator(++seed).run();
const batches = Array.from({ length: BATCHES }, (): Batch => {
  const batch = { messages: 0, events: 0, committed: 0, cpuSeconds: 0 };
  const before = cpuSecondsNow();
  for (let run = 0; run < RUNS; run++) {
    const { delivered, events, committed } = new Simulator(++seed).run();
    batch.messages += delivered;
    batch.events += events;
    batch.committed += committed;
  }
  batch.cpuSeconds = cpuSecondsNow() - before;
  return batch;
}).sort((a, b) => a.messages / a.cpuSeconds - b.messages / b.cpuSeconds);
const { messages, events, committed, cpuSeconds } = batches[BATCHES >> 1] as Batch;
const perRun = (count: number): string => Math.round(count / RUNS).toLocaleString('en');
console.log(
  `two-phase commit by hand      steady    ${(messages / cpuSeconds / 1e6).toFixed(3)} M messages per CPU second; ` +
    `a run: ${perRun(messages)} messages, ${perRun(events)} events, ${perRun(committed)} committed; ` +
    `${((1e6 * cpuSeconds) / events).toFixed(2)} us an event`,
);
