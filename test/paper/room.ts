/**
 * Raft servers in one room, without time, network or scheduler: each seat is a server with its disk, what it sends lies on the table
 * until the test delivers or drops it. For tests that put a server into a situation of the paper and look at its very next move.
 */

import { keyValueMachine } from '../../src/protocols/raft/machines/key-value.ts';
import { raftOptions } from '../../src/protocols/raft/raft.ts';
import { correctRules, type Rules } from '../../src/protocols/raft/rules.ts';
import { createServer } from '../../src/protocols/raft/server.ts';
import type {
  ClientReply,
  Command,
  Entry,
  Hard,
  PeerMessage,
  RaftOptions,
  ServerContext,
  ServerMessage,
  ServerState,
} from '../../src/protocols/raft/shape.ts';
import { type Micros, type NodeId, seconds } from '../../src/sim/protocol.ts';

/** A server as a test describes it: its term, vote, and the terms of its log. */
export interface Situation {
  readonly term?: number;
  readonly votedFor?: NodeId | null;
  /** Terms of the entries, as the figures of the paper show logs. */
  readonly log?: readonly number[];
}

export type Effect =
  | { readonly kind: 'send'; readonly to: NodeId; readonly message: PeerMessage | ClientReply }
  | { readonly kind: 'sync' }
  | { readonly kind: 'put'; readonly hard: Hard }
  | { readonly kind: 'append'; readonly entry: Entry }
  | { readonly kind: 'truncate'; readonly from: number }
  | { readonly kind: 'timer'; readonly timer: string; readonly delay: number }
  | { readonly kind: 'cancel'; readonly timer: string }
  | { readonly kind: 'note'; readonly text: string };

export interface Wire {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: ServerMessage;
}

/** The entry of a term in a figure: which one, nobody asks. Equal places of equal terms hold equal entries. */
const entryOf = (term: number, place: number): Entry => ({
  term,
  command: { type: 'operation', session: 0, sequence: 0, op: { type: 'write', key: 'k', value: place } as never },
});

export class Seat {
  readonly id: NodeId;
  state: ServerState;
  /** What its last handler did, in order. */
  effects: Effect[] = [];
  private readonly room: Room;
  private hard: Hard | undefined;
  private log: Entry[];
  /** Syncs of the leader under way. */
  private syncing: { readonly term: number; readonly index: number }[] = [];
  private bootedAt = 0;

  constructor(room: Room, id: NodeId, { term = 0, votedFor = null, log = [] }: Situation) {
    this.room = room;
    this.id = id;
    this.hard = { term, votedFor };
    this.log = log.map((of, i) => entryOf(of, i + 1));
    this.state = this.boot();
  }

  /** Forgets everything but its disk. */
  restart(): void {
    this.syncing = [];
    this.bootedAt = this.room.now;
    this.state = this.boot();
  }

  electionTimeout(): readonly Effect[] {
    return this.act((context) => this.room.server.onTimer.election(this.state, undefined, context));
  }

  heartbeatTimeout(): readonly Effect[] {
    return this.act((context) => this.room.server.onTimer.heartbeat(this.state, undefined, context));
  }

  receive(from: NodeId, message: ServerMessage): readonly Effect[] {
    const handler = this.room.server.onMessage[message.type] as (
      state: ServerState,
      from: NodeId,
      message: ServerMessage,
      context: ServerContext,
    ) => void;
    return this.act((context) => handler(this.state, from, message, context));
  }

  /** The oldest `syncLater` under way ends. */
  diskIsDone(): readonly Effect[] {
    const done = this.syncing.shift();
    if (done === undefined) throw new Error(`${this.id} waits for no disk`);
    return this.act((context) => this.room.server.onDisk.appended(this.state, { ok: true }, done, context));
  }

  get waitsForDisk(): boolean {
    return this.syncing.length > 0;
  }

  /** Terms of its log, as the figures show it. */
  get terms(): readonly number[] {
    return this.state.log.map(({ term }) => term);
  }

  /** What it sent last to whom. */
  get sent(): readonly (readonly [NodeId, PeerMessage | ClientReply])[] {
    return this.effects.flatMap((effect) => (effect.kind === 'send' ? [[effect.to, effect.message] as const] : []));
  }

  private boot(): ServerState {
    return this.within((context) => this.room.server.boot(context));
  }

  private act(handler: (context: ServerContext) => void): readonly Effect[] {
    this.within(handler);
    return this.effects;
  }

  private within<T>(handler: (context: ServerContext) => T): T {
    this.effects = [];
    const result = handler(this.context());
    for (const [to, message] of this.sent) {
      if (this.room.has(to)) this.room.table.push({ from: this.id, to, message: message as ServerMessage });
    }
    return result;
  }

  private context(): ServerContext {
    const { effects } = this;
    const context = {
      self: this.id,
      options: this.room.options,
      directory: { withRole: () => this.room.ids, peers: this.room.ids.filter((id) => id !== this.id) },
      now: this.room.now - this.bootedAt,
      wallClock: this.room.now,
      random: {
        below: () => 0,
        between: (low: number) => low,
        chance: () => false,
        pick: (items: unknown[]) => items[0],
      },
      send: (to: NodeId, message: PeerMessage) => effects.push({ kind: 'send', to, message }),
      setTimer: (timer: string, delay: number) => effects.push({ kind: 'timer', timer, delay }),
      cancelTimer: (timer: string) => effects.push({ kind: 'cancel', timer }),
      note: (text: string) => effects.push({ kind: 'note', text }),
      disk: {
        read: () => ({ ok: true, value: this.hard }),
        readLog: () => ({ ok: true, value: { first: 1, entries: this.log } }),
        put: (_record: string, hard: Hard) => {
          this.hard = hard;
          effects.push({ kind: 'put', hard });
        },
        append: (_log: string, entry: Entry) => {
          this.log = [...this.log, entry];
          effects.push({ kind: 'append', entry });
        },
        truncateFrom: (_log: string, from: number) => {
          this.log = this.log.slice(0, from - 1);
          effects.push({ kind: 'truncate', from });
        },
        sync: () => effects.push({ kind: 'sync' }),
        syncLater: (_tag: string, data: { term: number; index: number }) => this.syncing.push(data),
      },
    };
    return context as unknown as ServerContext;
  }
}

type Server = Required<Pick<ReturnType<typeof createServer>, 'boot' | 'onMessage' | 'onTimer' | 'onDisk'>>;

export class Room {
  readonly seats: readonly Seat[];
  readonly ids: readonly NodeId[];
  readonly server: Server;
  readonly options: RaftOptions;
  /** What was sent and neither delivered nor dropped, oldest first. */
  table: Wire[] = [];
  /** Time stands still unless a test moves it. */
  now: Micros = 0;

  constructor(situations: readonly Situation[], options: Partial<RaftOptions> = {}, rules: Rules = correctRules) {
    this.server = createServer({ rules, machine: keyValueMachine }) as Server;
    this.options = raftOptions(options);
    this.ids = situations.map((_, i) => `s${i + 1}`);
    this.seats = situations.map((situation, i) => new Seat(this, `s${i + 1}`, situation));
  }

  /** `seat(1)` is S1 of the paper's figures. */
  seat(number: number): Seat {
    return this.seats[number - 1] as Seat;
  }

  has(id: NodeId): boolean {
    return this.ids.includes(id);
  }

  /** Delivers all that lies on the table and all that follows from it; what `passes` refuses is lost. Disks are done at once. */
  settle(passes: (wire: Wire) => boolean = () => true): void {
    for (let moves = 0; ; moves++) {
      if (moves > 10_000) throw new Error('the room does not come to rest');
      const busy = this.seats.find((seat) => seat.waitsForDisk);
      const wire = this.table.shift();
      if (wire !== undefined) {
        if (passes(wire)) this.seats.find(({ id }) => id === wire.to)?.receive(wire.from, wire.message);
      } else if (busy !== undefined) busy.diskIsDone();
      else return;
    }
  }
}

/** Only messages among these seats pass. */
export const among =
  (...numbers: readonly number[]) =>
  ({ from, to }: Wire): boolean =>
    numbers.some((n) => from === `s${n}`) && numbers.some((n) => to === `s${n}`);

/** A room of followers with empty logs in term 0. */
export const followers = (count: number): Room => new Room(Array.from({ length: count }, () => ({})));

/** A room whose S1 leads term `term`, with all messages delivered. */
export function led(count: number, situation: Situation = {}, options: Partial<RaftOptions> = {}): Room {
  const room = new Room(
    Array.from({ length: count }, () => situation),
    options,
  );
  // Whatever was promised before the restart of all is over.
  room.now = seconds(1);
  room.seat(1).electionTimeout();
  room.settle();
  return room;
}

export const command = (value: number): Command => ({
  type: 'operation',
  session: 0,
  sequence: 0,
  op: { type: 'write', key: 'k', value } as never,
});
