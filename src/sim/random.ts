/**
 * Named random streams from one seed, forked on first use: `node/n3`, `net/n1>n2/AppendEntries`, `workload`.
 * Because every concern has a stream of its own, removing one fault, message or node leaves the draws of all others alone.
 */
import seedrandom from 'seedrandom';
import type { Random } from './protocol.ts';

type Generator = seedrandom.StatefulPRNG<seedrandom.State.Alea>;
/** Alea's state: three fractions and a carry. Our own type, so that users need no types of seedrandom. */
export interface StreamState {
  readonly c: number;
  readonly s0: number;
  readonly s1: number;
  readonly s2: number;
}

/** One stream. `bits()` draws once; everything else is derived from one draw. */
export class Stream implements Random {
  private readonly generator: Generator;

  constructor(name: string, state?: StreamState) {
    this.generator = seedrandom.alea(name, { state: state ?? true });
  }

  /** A stream that goes on where `save` was called. */
  static restored(state: StreamState): Stream {
    return new Stream('', state);
  }

  /** 32 random bits as a signed integer. */
  bits(): number {
    return this.generator.int32();
  }

  below(bound: number): number {
    if (!(bound >= 1)) throw new RangeError(`below(${bound}): the bound must be at least 1`);
    return scale(this.generator.int32(), bound);
  }

  between(low: number, high: number): number {
    if (!(high >= low)) throw new RangeError(`between(${low}, ${high}): the bounds are the wrong way round`);
    return low + scale(this.generator.int32(), high - low + 1);
  }

  chance(perMillion: number): boolean {
    return scale(this.generator.int32(), 1_000_000) < perMillion;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('pick([]): there is nothing to pick from');
    return items[scale(this.generator.int32(), items.length)] as T;
  }

  save(): StreamState {
    return this.generator.state();
  }
}

/** Maps 32 bits to an integer in [0, bound) by multiplication: one draw always, bias below bound / 2^32. */
export const scale = (bits: number, bound: number): number => Math.floor((bits >>> 0) * 2.3283064365386963e-10 * bound);

/**
 * A further 32 bits out of one draw, different for each `concern`. A message draws once; its loss, duplication and latency are
 * derived from that draw, so that switching one of them off moves none of the others. (Finalizer of MurmurHash3, public domain.)
 */
export function derive(bits: number, concern: number): number {
  let mixed = bits ^ Math.imul(concern, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
