/** Timers: armed in local time, queued in true time. */
import { ArmedTimer, timerId } from './armed.ts';
import type { Core } from './core.ts';
import { hashOnce, hashString, placeOfNumbered } from './digest.ts';
import { CANCEL_TIMER, SET_TIMER } from './effects.ts';
import type { QueuedEvent } from './event.ts';
import type { Override } from './faults.ts';
import { overridesByLane } from './network.ts';
import type { Part, SimNode } from './process.ts';
import type { Micros } from './protocol.ts';
import { derive, scale } from './random.ts';

/**
 * A timer that is set again for later (an election timeout at each heartbeat) keeps its entry in the queue and only moves its
 * deadline. That saves the queue most of its work, and nobody can tell: it fires at its place in the order.
 */
export class Timers {
  private readonly core: Core;
  private readonly overrides: ReadonlyMap<string, ReadonlyMap<number, Override>>;
  /** The title asked for last, and those with a key each at its place: a key is used for a while, and never again. */
  private lastName: string | undefined = undefined;
  private lastHash = 0;
  private readonly keyedNames: string[] = new Array(KEYED).fill('');
  private readonly keyedKeys: string[] = new Array(KEYED).fill('');
  private readonly keyedHashes = new Int32Array(KEYED).fill(hashOnce('/'));
  /** Whether anybody wants timers counted and named. */
  private readonly named: boolean;

  constructor(core: Core) {
    this.core = core;
    this.overrides = overridesByLane(core.spec.overrides.filter((override) => 'timer' in override));
    this.named =
      this.overrides.size > 0 ||
      core.tracer !== undefined ||
      core.spec.faults.some(({ kind }) => kind === 'timer-jitter');
  }

  set(node: SimNode, part: Part, name: string, key: string | undefined, asked: Micros): void {
    const { core } = this;
    const hash = this.hashOf(name, key);
    const delay = this.named ? this.decide(node, part, name, key, asked) : asked;
    const armed = part.timers.find(hash, name, key);
    core.digest.words((SET_TIMER << 24) ^ part.index, hash, (delay / 4294967296) | 0, delay | 0);
    const local = node.clock.elapsed(core.now) + delay;
    const due = node.clock.trueTimeOf(local, core.now);
    const sequence = core.queue.reserve();
    if (armed !== undefined && !armed.isInInbox && due >= armed.queuedAt) {
      // The entry in the queue comes up too early and is queued anew then: see `putOff`.
      armed.local = local;
      armed.due = due;
      armed.sequence = sequence;
      armed.cause = core.event;
      return;
    }
    if (armed !== undefined) part.timers.take(armed);
    const token = core.nextToken();
    const timer = new ArmedTimer(node.index, part.index, name, key, hash, token, local, due, sequence, core.event);
    part.timers.add(timer);
    core.queue.addTimer(timer, core.now);
  }

  /** The delay asked for, unless an override decides otherwise. */
  private decide(node: SimNode, part: Part, name: string, key: string | undefined, asked: Micros): Micros {
    const id = timerId(name, key);
    const ordinal = (part.timerSets.get(id) ?? 0) + 1;
    part.timerSets.set(id, ordinal);
    if (this.overrides.size === 0 && node.timerJitter === 0 && this.core.tracer === undefined) return asked;
    const lane = `${node.id}/${part.path === '' ? '' : `${part.path}:`}${id}`;
    const override = this.overrides.get(lane)?.get(ordinal);
    const delay =
      override !== undefined && 'delay' in override
        ? override.delay
        : asked + (node.timerJitter > 0 ? this.lateness(node, lane, ordinal) : 0);
    this.core.tracer?.setTimer(node, part, name, key, delay, `${lane}#${ordinal}`);
    return delay;
  }

  /** A quarter of timers are late, by a share r^1000 of the most: that is nearly nothing for nearly all of them. */
  private lateness({ timerJitter }: SimNode, lane: string, ordinal: number): Micros {
    // From a hash and not from a stream: the n-th setting of a timer is as late as ever, whenever the jitter began.
    const bits = derive(hashString(`${this.core.spec.seed}/jitter/${lane}`), ordinal);
    if ((bits & 3) !== 0) return 0;
    return Math.floor(timerJitter * toThe1000th(scale(derive(bits, 1), 1 << 30) / (1 << 30)));
  }

  private hashOf(name: string, key: string | undefined): number {
    if (key === undefined) {
      if (this.lastName === name) return this.lastHash;
      this.lastName = name;
      this.lastHash = hashString(name);
      return this.lastHash;
    }
    const place = (placeOfNumbered(key, KEYED) ^ (name.length << 3) ^ name.charCodeAt(0)) & (KEYED - 1);
    if (this.keyedKeys[place] === key && this.keyedNames[place] === name) return this.keyedHashes[place] as number;
    const hash = hashOnce(key, hashOnce('/', hashString(name)));
    this.keyedNames[place] = name;
    this.keyedKeys[place] = key;
    this.keyedHashes[place] = hash;
    return hash;
  }

  cancel(node: SimNode, part: Part, name: string, key: string | undefined): void {
    const { core } = this;
    const hash = this.hashOf(name, key);
    core.digest.word((CANCEL_TIMER << 24) ^ part.index);
    core.digest.word(hash);
    if (part.timers.remove(hash, name, key)) core.tracer?.cancelTimer(node, part, name, key);
  }

  /** Whether an entry of the queue is for a timer that is armed, and for no later time. */
  isDueAt(time: Micros, event: QueuedEvent, part: Part): boolean {
    const timer = part.timers.withToken(event.id);
    return timer !== undefined && timer.due <= time;
  }

  /** The entry of a timer has left the queue before its time: it is queued anew, unless the timer was cancelled or replaced. */
  putOff(event: QueuedEvent, part: Part): void {
    const timer = part.timers.withToken(event.id);
    if (timer === undefined) return;
    timer.queuedAt = timer.due;
    timer.queuedSequence = timer.sequence;
    this.core.queue.addTimer(timer, this.core.now);
  }

  /** The timer whose entry has come up; undefined if it was cancelled or replaced in the inbox. `mustWait`: it must wait there. */
  due(event: QueuedEvent, part: Part, mustWait: boolean): ArmedTimer | undefined {
    const timer = part.timers.withToken(event.id);
    // Its entry leaves the queue for the node's inbox: set again there, it is a new one.
    if (timer !== undefined && mustWait) timer.isInInbox = true;
    return timer;
  }

  /** After a change of clock rate every armed timer fires at another true time. */
  retime(node: SimNode): void {
    for (const part of node.parts) {
      const armed = part.timers.all();
      part.timers.clear();
      for (const { name, key, hash, local, sequence, cause } of armed) {
        const due = node.clock.trueTimeOf(local, this.core.now);
        const token = this.core.nextToken();
        const timer = new ArmedTimer(node.index, part.index, name, key, hash, token, local, due, sequence, cause);
        part.timers.add(timer);
        this.core.queue.addTimer(timer, this.core.now);
      }
    }
  }
}

/** By multiplication alone, which is the same everywhere. 1000 is 1111101000 in binary. */
function toThe1000th(r: number): number {
  let power = 1;
  for (const bit of '1111101000') {
    power *= power;
    if (bit === '1') power *= r;
  }
  return power;
}

/** Places of keyed timers, a power of two. */
const KEYED = 1024;
