/** Nodes and their parts: what is running, waiting, paused, crashed. */
import type { ArmedTimers, SavedTimer } from './armed.ts';
import type { Clock, ClockSnapshot } from './clock.ts';
import type { MessageKind } from './core.ts';
import type { DiskSnapshot, SimDisk } from './disk.ts';
import type { Effects } from './effects.ts';
import type { QueuedEvent } from './event.ts';
import type { World } from './observer.ts';
import type { HookTable } from './observing.ts';
import { clone } from './plain.ts';
import type { AnyHandler, AnyRole, DiskErrorKind, Micros, NodeId } from './protocol.ts';
import { Stream, type StreamState } from './random.ts';

/**
 * `new`: has not booted yet. `halted`: stopped itself, or was stopped by the kernel after an error its role does not handle; only a
 * restart fault brings it back.
 */
export type Status = 'new' | 'running' | 'crashed' | 'halted';

/** The role itself, or one of the components it hosts. */
export interface Part {
  readonly index: number;
  /** '' for the role itself, `raft` for a component, `raft/store` for a component's component. */
  readonly path: string;
  /** The name its own directory knows it by. */
  readonly roleName: string;
  readonly role: AnyRole;
  readonly options: object;
  /** Index of the hosting part; -1 for the role itself. */
  readonly host: number;
  readonly hooks: HookTable;
  readonly timers: ArmedTimers;
  /** How often each timer was set, where somebody wants to know (overrides, traces). */
  readonly timerSets: Map<string, number>;
  state: unknown;
  /** Other nodes with the same role; made on demand. */
  peers: readonly NodeId[] | undefined;
  /** The world as its observers see it. */
  readonly world: World;
  /** The context its handlers get; used again for every handler. */
  context: unknown;
  /** The message types it has sent. */
  readonly kinds: MessageKind[];
  /** Its handlers by number of the message type. */
  readonly messageHandlers: (AnyHandler | undefined)[];
}

/** A fault that waits for a boundary between two effects of a handler. */
export interface Strike {
  readonly boundary: number;
  readonly fault: number;
}

/** The rest of a handler's effects, waiting for a sync or the end of a pause. */
export interface Suffix {
  readonly effects: Effects;
  readonly next: number;
}

export class SimNode {
  status: Status = 'new';
  incarnation = 0;
  /** Local time at which the current incarnation booted. */
  bootedLocal: Micros = 0;
  /** How many pauses are in force. */
  pauses = 0;
  /** Token of the blocking sync it waits for; 0 when it waits for none. */
  syncToken = 0;
  suffix: Suffix | undefined = undefined;
  /** Token of the end of the work it is at, where handlers cost time; 0 when it is at none. */
  workToken = 0;
  /** Index of the part whose disk failed in the middle of its effects, and that does not know it yet; -1 for none. */
  failedPart = -1;
  failure: DiskErrorKind = 'sync';
  /** How long every handler takes. */
  handlerCost: Micros = 0;
  /** How late its timers may fire; 0: they are punctual. */
  timerJitter: Micros = 0;
  /** Crashes that wait for a sync to be under way. */
  syncTraps: readonly number[] | undefined = undefined;
  strikes: Strike[] | undefined = undefined;
  /** Crashes and pauses that wait for a handler with enough effects. */
  ambushes: readonly Strike[] | undefined = undefined;
  /** Events that arrived while it was busy or paused. */
  inbox: QueuedEvent[] = [];
  inboxHead = 0;
  private stream: Stream | undefined = undefined;
  private syncStream: Stream | undefined = undefined;
  private crashStream: Stream | undefined = undefined;

  readonly index: number;
  readonly id: NodeId;
  readonly roleName: string;
  readonly options: object;
  readonly clock: Clock;
  readonly disk: SimDisk;
  readonly parts: readonly Part[];
  private readonly seed: string;

  constructor(
    index: number,
    id: NodeId,
    roleName: string,
    options: object,
    clock: Clock,
    disk: SimDisk,
    parts: readonly Part[],
    seed: string,
  ) {
    this.index = index;
    this.id = id;
    this.roleName = roleName;
    this.options = options;
    this.clock = clock;
    this.disk = disk;
    this.parts = parts;
    this.seed = seed;
  }

  get random(): Stream {
    if (this.stream === undefined) this.stream = new Stream(`${this.seed}/node/${this.id}`);
    return this.stream;
  }

  /** Draws for the durations of this node's syncs: apart from what its handlers draw. */
  get syncRandom(): Stream {
    if (this.syncStream === undefined) this.syncStream = new Stream(`${this.seed}/sync/${this.id}`);
    return this.syncStream;
  }

  /** Draws for what crashes leave of this node's unsynced writes. */
  get crashRandom(): Stream {
    if (this.crashStream === undefined) this.crashStream = new Stream(`${this.seed}/crash/${this.id}`);
    return this.crashStream;
  }

  /** May it handle an event now? */
  get isFree(): boolean {
    return this.status === 'running' && this.pauses === 0 && this.suffix === undefined;
  }

  get hasInbox(): boolean {
    return this.inboxHead < this.inbox.length;
  }

  /** How many events wait in the inbox. */
  get backlog(): number {
    return this.inbox.length - this.inboxHead;
  }

  takeFromInbox(): QueuedEvent {
    const event = this.inbox[this.inboxHead++] as QueuedEvent;
    if (this.inboxHead === this.inbox.length) {
      this.inbox = [];
      this.inboxHead = 0;
    }
    return event;
  }

  saveStream(): StreamState | undefined {
    return this.stream?.save();
  }

  restoreStream(state: StreamState | undefined): void {
    this.stream = restored(state);
  }

  save(): NodeSnapshot {
    return {
      status: this.status,
      incarnation: this.incarnation,
      bootedLocal: this.bootedLocal,
      pauses: this.pauses,
      syncToken: this.syncToken,
      // Buffers are used again; a snapshot needs its own.
      suffix: this.suffix && { effects: this.suffix.effects.copy(), next: this.suffix.next },
      strikes: this.strikes?.slice(),
      workToken: this.workToken,
      failedPart: this.failedPart,
      failure: this.failure,
      handlerCost: this.handlerCost,
      timerJitter: this.timerJitter,
      syncTraps: this.syncTraps,
      ambushes: this.ambushes,
      inbox: this.inbox.slice(this.inboxHead),
      stream: this.saveStream(),
      syncStream: this.syncStream?.save(),
      crashStream: this.crashStream?.save(),
      clock: this.clock.save(),
      disk: this.disk.save(),
      parts: this.parts.map((part) => ({
        state: clone(part.state),
        timers: part.timers.all().map((timer) => timer.save()),
        timerSets: [...part.timerSets],
      })),
    };
  }

  load(snapshot: NodeSnapshot, isOurs: boolean): void {
    this.status = snapshot.status;
    this.incarnation = snapshot.incarnation;
    this.bootedLocal = snapshot.bootedLocal;
    this.pauses = snapshot.pauses;
    this.syncToken = snapshot.syncToken;
    this.suffix = snapshot.suffix && { effects: snapshot.suffix.effects.copy(), next: snapshot.suffix.next };
    this.strikes = snapshot.strikes?.slice();
    this.workToken = snapshot.workToken;
    this.failedPart = snapshot.failedPart;
    this.failure = snapshot.failure;
    this.handlerCost = snapshot.handlerCost;
    this.timerJitter = snapshot.timerJitter;
    this.syncTraps = snapshot.syncTraps;
    this.ambushes = snapshot.ambushes;
    this.inbox = snapshot.inbox.slice();
    this.inboxHead = 0;
    this.restoreStream(snapshot.stream);
    this.syncStream = restored(snapshot.syncStream);
    this.crashStream = restored(snapshot.crashStream);
    this.clock.load(snapshot.clock);
    this.disk.load(snapshot.disk, isOurs);
    snapshot.parts.forEach((saved, i) => {
      const part = this.parts[i] as Part;
      part.state = isOurs ? saved.state : clone(saved.state);
      // Message types have the numbers of the snapshot now.
      part.kinds.length = 0;
      part.messageHandlers.length = 0;
      part.timers.load(saved.timers);
      part.timerSets.clear();
      for (const [id, count] of saved.timerSets) part.timerSets.set(id, count);
    });
  }
}

const restored = (state: StreamState | undefined): Stream | undefined =>
  state === undefined ? undefined : Stream.restored(state);

export interface NodeSnapshot {
  readonly status: Status;
  readonly incarnation: number;
  readonly bootedLocal: Micros;
  readonly pauses: number;
  readonly syncToken: number;
  readonly suffix: Suffix | undefined;
  readonly strikes: readonly Strike[] | undefined;
  readonly workToken: number;
  readonly failedPart: number;
  readonly failure: DiskErrorKind;
  readonly handlerCost: Micros;
  readonly timerJitter: Micros;
  readonly syncTraps: readonly number[] | undefined;
  readonly ambushes: readonly Strike[] | undefined;
  readonly inbox: readonly QueuedEvent[];
  readonly stream: StreamState | undefined;
  readonly syncStream: StreamState | undefined;
  readonly crashStream: StreamState | undefined;
  readonly clock: ClockSnapshot;
  readonly disk: DiskSnapshot;
  readonly parts: readonly {
    readonly state: unknown;
    readonly timers: readonly SavedTimer[];
    readonly timerSets: readonly (readonly [string, number])[];
  }[];
}
