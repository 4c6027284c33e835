/** What V8 is told about its own work: how it collects garbage, and how much it compiles. No result depends on it. */
import { setFlagsFromString } from 'node:v8';

/**
 * Young garbage is collected by the thread that made it. Helpers cost more than they do: a simulation leaves little alive, and while they
 * wait for each other they keep a core busy that another job could use. Ten seconds of Raft take 0.86 of the processor time, campaigns of
 * 1,000 to 6,000 runs 0.92 to 0.97. V8 reads it at each collection, of workers too.
 */
export function collectInOneThread(): void {
  setFlagsFromString('--no-parallel-scavenge');
}

/** The V8 of Node 20. Later ones count calls instead of bytes, and have a cheaper compiler for what is not so hot. */
const HAS_INTERRUPT_BUDGET = process.versions.v8.startsWith('11.');

/**
 * A campaign calls a few thousand functions, none of them for most of its time: V8's optimizing compiler took a third of the processor
 * time of a thousand runs, much of it for copies of small functions in all that call them. With half as many copies, and functions that
 * must have been called three times as often before they are compiled, 300 runs of Raft take 0.80 of the time, 1,000 take 0.89 and 3,000
 * take 0.92 of it. With a fifth of the copies short campaigns take the same and 6,000 runs take 1.04 as long. On Node 26 the first alone
 * gains 0.01 to 0.06. V8 reads both whenever it decides, so they may be set while it runs; no result depends on them.
 */
export function compileSparingly(): void {
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=500');
  if (HAS_INTERRUPT_BUDGET) setFlagsFromString('--interrupt-budget=200000');
}

/**
 * A long campaign calls its few thousand functions millions of times, and what the compiler takes is soon made up for: with twice the
 * copies that V8 usually makes, and functions compiled when V8 would, the later half of 12,000 runs of Raft takes 0.88 to 0.94 of the time.
 */
export function compileThoroughly(): void {
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=2000');
  if (HAS_INTERRUPT_BUDGET) setFlagsFromString('--interrupt-budget=67584');
}
