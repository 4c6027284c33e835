/**
 * Named random streams from one seed, forked on first use: `node/n3`, `sync/n3`, `workload/c1`. Messages have keys: see network.ts.
 * Because every concern has a stream of its own, removing one fault, message or node leaves the draws of all others alone.
 */
import seedrandom from 'seedrandom';
import type { Random } from './protocol.ts';

/** Alea's state: three fractions and a carry. Our own type, so that users need no types of seedrandom. */
export interface StreamState {
  readonly c: number;
  readonly s0: number;
  readonly s1: number;
  readonly s2: number;
}

/**
 * One stream. `bits()` draws once; everything else is derived from one draw.
 *
 * seedrandom makes the state from the name. The step from one state to the next (Baagoe's Alea: one line of arithmetic) is taken
 * here: a generator of seedrandom is a handful of closures, ten times the memory, and a big simulation has hundreds of thousands.
 */
export class Stream implements Random {
  private c: number;
  private s0: number;
  private s1: number;
  private s2: number;

  constructor(name: string, state: StreamState = seedrandom.alea(name, { state: true }).state()) {
    this.c = state.c;
    this.s0 = state.s0;
    this.s1 = state.s1;
    this.s2 = state.s2;
  }

  /** A stream that goes on where `save` was called. */
  static restored(state: StreamState): Stream {
    return new Stream('', state);
  }

  /** 32 random bits as a signed integer. */
  bits(): number {
    const next = 2091639 * this.s0 + this.c * 2.3283064365386963e-10;
    this.s0 = this.s1;
    this.s1 = this.s2;
    this.c = next | 0;
    this.s2 = next - this.c;
    return (this.s2 * 0x100000000) | 0;
  }

  below(bound: number): number {
    if (!(bound >= 1)) throw new RangeError(`below(${bound}): the bound must be at least 1`);
    return scale(this.bits(), bound);
  }

  between(low: number, high: number): number {
    if (!(high >= low)) throw new RangeError(`between(${low}, ${high}): the bounds are the wrong way round`);
    return low + scale(this.bits(), high - low + 1);
  }

  chance(perMillion: number): boolean {
    return scale(this.bits(), 1_000_000) < perMillion;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('pick([]): there is nothing to pick from');
    return items[scale(this.bits(), items.length)] as T;
  }

  save(): StreamState {
    return { c: this.c, s0: this.s0, s1: this.s1, s2: this.s2 };
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
