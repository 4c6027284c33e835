/**
 * A node's clock: runs at its own rate, and its wall clock has an offset that may be stepped.
 * Local time is an integer function of true time, piecewise linear: local = localBase + floor(elapsed * (1 + ratePpm / 10^6)).
 */
import type { ClockModel } from './config.ts';
import type { Micros } from './protocol.ts';

const MILLION = 1_000_000;

export class Clock {
  private trueBase: Micros = 0;
  private localBase: Micros = 0;
  private offset: Micros;
  /** The rate it has while no fault changes it. */
  readonly ownRatePpm: number;
  private ratePpm: number;

  constructor(model: ClockModel) {
    this.offset = model.offset;
    this.ownRatePpm = model.ratePpm;
    this.ratePpm = checkedRate(model.ratePpm);
  }

  /** Local time elapsed since the simulation began; never falls, goes on through crashes. */
  elapsed(now: Micros): Micros {
    const since = now - this.trueBase;
    if (this.ratePpm === 0) return this.localBase + since;
    return this.localBase + since + Math.floor((since * this.ratePpm) / MILLION);
  }

  /** Elapsed local time plus offset. May be stepped either way. */
  wall(now: Micros): Micros {
    return this.elapsed(now) + this.offset;
  }

  /** The earliest true time at which `elapsed` is at least `local`, not before `now`. */
  trueTimeOf(local: Micros, now: Micros): Micros {
    if (this.ratePpm === 0) return Math.max(now, this.trueBase + (local - this.localBase));
    let at = this.trueBase + Math.floor(((local - this.localBase) * MILLION) / (MILLION + this.ratePpm));
    // The division is off by a few at most; the law "the smallest time that is late enough" is settled by stepping.
    while (this.elapsed(at) >= local && at > now) at--;
    while (this.elapsed(at) < local) at++;
    return Math.max(now, at);
  }

  /** From `now` on the clock runs at another rate; it does not jump. */
  setRate(ratePpm: number, now: Micros): void {
    this.localBase = this.elapsed(now);
    this.trueBase = now;
    this.ratePpm = checkedRate(ratePpm);
  }

  stepWall(by: Micros): void {
    this.offset += by;
  }

  /** What a state hash covers: how it runs, not what it shows. */
  contents(): unknown {
    return [this.offset, this.ratePpm];
  }

  save(): ClockSnapshot {
    return { trueBase: this.trueBase, localBase: this.localBase, offset: this.offset, ratePpm: this.ratePpm };
  }

  load(snapshot: ClockSnapshot): void {
    this.trueBase = snapshot.trueBase;
    this.localBase = snapshot.localBase;
    this.offset = snapshot.offset;
    this.ratePpm = snapshot.ratePpm;
  }
}

/** A clock that stands still or runs backwards would never let a timer fire. */
function checkedRate(ratePpm: number): number {
  if (ratePpm > -MILLION && Number.isFinite(ratePpm)) return ratePpm;
  throw new RangeError(`a clock rate of ${ratePpm} ppm: it must be a number above -1,000,000`);
}

export interface ClockSnapshot {
  readonly trueBase: Micros;
  readonly localBase: Micros;
  readonly offset: Micros;
  readonly ratePpm: number;
}
