/**
 * The network: directed links, made on first use. A link has one *lane* per message type, with random draws of its own and a
 * count of messages, so that "the 17th AppendEntries from n1 to n2" keeps its name and its draw whatever happens elsewhere.
 */
import type { Calm, Distribution, RunSpec } from './config.ts';
import { hashOnce, hashString } from './digest.ts';
import { longest } from './distribution.ts';
import type { LinkQuality, Override } from './faults.ts';
import { byText, canonicalText } from './plain.ts';
import type { Micros, NodeId } from './protocol.ts';
import { derive } from './random.ts';

export interface Lane {
  /** `AppendEntries`; components prefix it: `raft:AppendEntries`. */
  readonly type: string;
  readonly from: NodeId;
  readonly to: NodeId;
  /** What its draws are derived from. */
  readonly key: number;
  /** Messages sent so far. */
  count: number;
  /** Explicit decisions about single messages, by ordinal. */
  readonly overrides: ReadonlyMap<number, Override> | undefined;
}

/** `n1>n2/AppendEntries`. */
export const laneName = ({ type, from, to }: Pick<Lane, 'type' | 'from' | 'to'>): string => `${from}>${to}/${type}`;

export interface Link {
  /** By the number of the message type (core.ts). */
  lanes: (Lane | undefined)[];
  /** Arrival of the last message, for links that keep order. */
  lastArrival: Micros;
  /** Messages that nothing has pushed out yet, by `wayOf`; only in runs where some link is bounded. */
  underWay: Set<number> | undefined;
}

/** What a link is like at a moment. */
export interface Quality {
  readonly latency: Distribution;
  readonly lossPpm: number;
  readonly duplicationPpm: number;
  readonly fifo: boolean;
  readonly capacity: number | undefined;
}

/** A set of directed links: from any node of one set to any of another. Sets hold node indexes. */
export interface LinkSet {
  /** The fault that made it. */
  readonly id: number;
  /** Which of several that one fault makes and ends apart. */
  readonly part?: number;
  readonly from: ReadonlySet<number>;
  readonly to: ReadonlySet<number>;
  /** The side, or both, that means "all others" and takes in nodes that join later. */
  readonly open?: 'from' | 'to' | 'both';
}

/** Links on which messages of some types are dropped. */
interface Filter {
  readonly set: LinkSet;
  readonly messages: readonly string[];
}

interface Degraded {
  readonly set: LinkSet;
  readonly quality: LinkQuality;
}

const covers = (set: LinkSet, from: number, to: number): boolean => set.from.has(from) && set.to.has(to);

/** More message types than this in one run get their lanes a slower way. */
const NO_LANES: readonly undefined[] = Array.from({ length: 64 }, () => undefined);

const among = (set: ReadonlySet<number>, members: ReadonlySet<number>): ReadonlySet<number> =>
  new Set([...set].filter((node) => members.has(node)));

const widened = (set: LinkSet, node: number): LinkSet => ({
  ...set,
  ...(set.open === 'to' ? {} : { from: new Set([...set.from, node]) }),
  ...(set.open === 'from' ? {} : { to: new Set([...set.to, node]) }),
});

export class Network {
  /** Whether anything of a message is random in this run, now or during a fault. */
  private readonly draws: boolean;
  /** What all lanes' keys are derived from. */
  private readonly key: number;
  private readonly overrides: ReadonlyMap<string, ReadonlyMap<number, Override>>;
  private links: (Link | undefined)[][] = [];
  private cuts: LinkSet[] = [];
  private clogs: LinkSet[] = [];
  private filters: Filter[] = [];
  private degraded: Degraded[] = [];
  /** Whether some link of this run is bounded, now or during a fault. */
  readonly isBounded: boolean;
  /** The network's own quality, and what noise adds to it: where no link is degraded, the network itself says what a link is like. */
  latency: Distribution;
  readonly fifo: boolean;
  capacity: number | undefined;
  lossPpm: number;
  duplicationPpm: number;
  /** How long copies take that may come out of turn; undefined: twice a latency. */
  readonly copyLatency: Distribution | undefined;
  private readonly own: { readonly lossPpm: number; readonly duplicationPpm: number };

  constructor({ network, seed, overrides, faults, calm }: RunSpec) {
    const { latency, lossPpm, duplicationPpm, copyLatency, fifo, capacity } = network;
    const isRandom = ({ kind }: { readonly kind: string }): boolean => kind === 'noise' || kind === 'degrade';
    this.draws =
      latency.kind !== 'constant' ||
      lossPpm > 0 ||
      duplicationPpm > 0 ||
      capacity !== undefined ||
      faults.some(isRandom) ||
      (calm !== undefined && calm.latency.kind !== 'constant');
    this.isBounded =
      capacity !== undefined || faults.some((fault) => fault.kind === 'degrade' && fault.capacity !== undefined);
    this.key = hashOnce(`${seed}/net`);
    this.overrides = overridesByLane(overrides);
    this.latency = latency;
    this.fifo = fifo;
    this.capacity = capacity;
    this.lossPpm = lossPpm;
    this.duplicationPpm = duplicationPpm;
    this.copyLatency = copyLatency;
    this.own = { lossPpm, duplicationPpm };
  }

  /** Nothing can happen to a message at its arrival: spares five searches. */
  get isUntroubled(): boolean {
    const { cuts, clogs, filters, degraded } = this;
    const isWhole = cuts.length === 0 && clogs.length === 0 && filters.length === 0 && degraded.length === 0;
    return isWhole && this.lossPpm === 0 && !this.isBounded;
  }

  /** What a link is like now. */
  quality(from: number, to: number): Quality {
    return this.degraded.length === 0 ? this : this.degradedQuality(from, to);
  }

  private degradedQuality(from: number, to: number): Quality {
    const worse = this.degraded.findLast(({ set }) => covers(set, from, to))?.quality;
    if (worse === undefined) return this;
    const { latency, fifo, capacity, own } = this;
    return {
      latency: worse.latency ?? latency,
      lossPpm: (worse.lossPpm ?? own.lossPpm) + this.lossPpm - own.lossPpm,
      duplicationPpm: (worse.duplicationPpm ?? own.duplicationPpm) + this.duplicationPpm - own.duplicationPpm,
      fifo: worse.fifo ?? fifo,
      capacity: worse.capacity ?? capacity,
    };
  }

  link(from: number, to: number): Link {
    let row = this.links[from];
    if (row === undefined) {
      row = [];
      // Rows are dense up to the highest sender seen, so that V8 keeps the table packed.
      while (this.links.length <= from) this.links.push([]);
      row = this.links[from] as (Link | undefined)[];
    }
    let link = row[to];
    if (link === undefined) {
      while (row.length <= to) row.push(undefined);
      link = { lanes: [], lastArrival: 0, underWay: this.isBounded ? new Set() : undefined };
      row[to] = link;
    }
    return link;
  }

  /** The lane of a message type on a link. */
  lane(link: Link, kind: number, type: string, from: NodeId, to: NodeId): Lane {
    const { lanes } = link;
    let lane = lanes[kind];
    if (lane === undefined) {
      const key = derive(derive(derive(this.key, hashString(from)), hashString(to)), hashString(type));
      lane = this.laneOf({ type, from, to, key, count: 0 });
      // Not by `push`, which would make room for seventeen: a big network has hundreds of thousands of links.
      if (kind >= lanes.length) link.lanes = lanes.concat(NO_LANES.slice(0, kind + 1 - lanes.length));
      link.lanes[kind] = lane;
    }
    return lane;
  }

  private laneOf(saved: LaneSnapshot): Lane {
    const { type, from, to, key, count } = saved;
    const overrides = this.overrides.size === 0 ? undefined : this.overrides.get(laneName(saved));
    return { type, from, to, key, count, overrides };
  }

  /**
   * The random bits of a message, by its ordinal in its lane: a hash and no stream, since a run has hundreds of lanes with a few
   * messages each, and to seed a generator takes as long as to simulate an event. Nothing is drawn where nothing is random.
   */
  draw({ key }: Lane, ordinal: number): number {
    return this.draws ? derive(key, ordinal) : 0;
  }

  isCut(from: number, to: number): boolean {
    const { cuts } = this;
    for (let i = 0; i < cuts.length; i++) if (covers(cuts[i] as LinkSet, from, to)) return true;
    return false;
  }

  isClogged(from: number, to: number): boolean {
    const { clogs } = this;
    for (let i = 0; i < clogs.length; i++) if (covers(clogs[i] as LinkSet, from, to)) return true;
    return false;
  }

  /** Is a message of this type, by its bare name or with its component's path, dropped on this link? */
  isFiltered(from: number, to: number, type: string, messageType: string): boolean {
    return this.filters.some(
      ({ set, messages }) => covers(set, from, to) && (messages.includes(type) || messages.includes(messageType)),
    );
  }

  get hasFilters(): boolean {
    return this.filters.length > 0;
  }

  filter(set: LinkSet, messages: readonly string[]): void {
    this.filters.push({ set, messages });
  }

  degrade(set: LinkSet, quality: LinkQuality): void {
    this.degraded.push({ set, quality });
  }

  cut(set: LinkSet): void {
    this.cuts.push(set);
  }

  clog(set: LinkSet): void {
    this.clogs.push(set);
  }

  /** Cuts all links between members that share no group. */
  partition(id: number, groups: readonly ReadonlySet<number>[]): void {
    const members = new Set(groups.flatMap((group) => [...group]));
    const size = groups.reduce((sum, group) => sum + group.size, 0);
    if (size === members.size) {
      for (const from of groups) for (const to of groups) if (from !== to) this.cut({ id, from, to });
      return;
    }
    for (const member of members) {
      const reached = new Set(groups.filter((group) => group.has(member)).flatMap((group) => [...group]));
      const to = new Set([...members].filter((other) => !reached.has(other)));
      if (to.size > 0) this.cut({ id, from: new Set([member]), to });
    }
  }

  /** A node has joined: who is cut off from all others is cut off from it too. */
  joined(node: number): void {
    const wide = (set: LinkSet): LinkSet => (set.open === undefined ? set : widened(set, node));
    this.cuts = this.cuts.map(wide);
    this.clogs = this.clogs.map(wide);
    this.filters = this.filters.map((filter) => ({ ...filter, set: wide(filter.set) }));
  }

  /** Ends what was made under `id`, or one part of it. */
  release(id: number, part?: number): void {
    const stays = (set: LinkSet): boolean => set.id !== id || (part !== undefined && set.part !== part);
    this.cuts = this.cuts.filter(stays);
    this.clogs = this.clogs.filter(stays);
    this.filters = this.filters.filter(({ set }) => stays(set));
    this.degraded = this.degraded.filter(({ set }) => stays(set));
  }

  /**
   * No link between two members of the core is cut, clogged or bad in any other way; those between the core and the others are cut for
   * good, but for what the core is to hear of them.
   */
  heal(core: ReadonlySet<number>, others: ReadonlySet<number>, { hearsOthers, latency }: Calm, now: Micros): void {
    const outside = (set: LinkSet): LinkSet => ({ ...set, from: among(set.from, others), to: among(set.to, others) });
    this.cuts = this.cuts.map(outside);
    this.clogs = this.clogs.map(outside);
    this.filters = this.filters.map(({ set, messages }) => ({ set: outside(set), messages }));
    this.degraded = [];
    this.cut({ id: -1, from: core, to: others });
    if (hearsOthers !== true) this.cut({ id: -1, from: others, to: core });
    this.latency = latency;
    this.capacity = undefined;
    this.lossPpm = 0;
    this.duplicationPpm = 0;
    const latest = now + longest(latency);
    for (const row of this.links)
      for (const link of row) {
        if (link === undefined) continue;
        link.lastArrival = Math.min(link.lastArrival, latest);
        // Nothing is pushed out any more, not even what was to be.
        link.underWay = undefined;
      }
  }

  /** What a state hash covers: active cuts and clogs, and how bad the network is. */
  contents(): unknown {
    const members = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);
    const sets = (list: readonly LinkSet[]): unknown =>
      list.map(({ id, from, to }) => canonicalText([id, members(from), members(to)])).sort(byText);
    const faults = [...this.filters, ...this.degraded].map(({ set }) => set);
    return [sets(this.cuts), sets(this.clogs), this.lossPpm, this.duplicationPpm, sets(faults)];
  }

  save(): NetworkSnapshot {
    return {
      links: this.links.map((row) =>
        row.map(
          (link) =>
            link && {
              lastArrival: link.lastArrival,
              ...(link.underWay === undefined ? {} : { underWay: [...link.underWay] }),
              lanes: link.lanes.map(
                (lane) => lane && { type: lane.type, from: lane.from, to: lane.to, key: lane.key, count: lane.count },
              ),
            },
        ),
      ),
      cuts: this.cuts.slice(),
      clogs: this.clogs.slice(),
      filters: this.filters.slice(),
      degraded: this.degraded.slice(),
      latency: this.latency,
      capacity: this.capacity,
      lossPpm: this.lossPpm,
      duplicationPpm: this.duplicationPpm,
    };
  }

  load(snapshot: NetworkSnapshot): void {
    this.links = snapshot.links.map((row) => row.map((saved) => saved && this.restoreLink(saved)));
    this.cuts = snapshot.cuts.slice();
    this.clogs = snapshot.clogs.slice();
    this.filters = snapshot.filters.slice();
    this.degraded = snapshot.degraded.slice();
    this.latency = snapshot.latency;
    this.capacity = snapshot.capacity;
    this.lossPpm = snapshot.lossPpm;
    this.duplicationPpm = snapshot.duplicationPpm;
  }

  private restoreLink(saved: LinkSnapshot): Link {
    const lanes = saved.lanes.map((lane) => lane && this.laneOf(lane));
    const underWay = saved.underWay === undefined ? undefined : new Set(saved.underWay);
    return { lanes, lastArrival: saved.lastArrival, underWay };
  }
}

type LaneSnapshot = Pick<Lane, 'type' | 'from' | 'to' | 'key' | 'count'>;

interface LinkSnapshot {
  readonly lastArrival: Micros;
  readonly underWay?: readonly number[];
  readonly lanes: readonly (LaneSnapshot | undefined)[];
}

export interface NetworkSnapshot {
  readonly links: readonly (readonly (LinkSnapshot | undefined)[])[];
  readonly cuts: readonly LinkSet[];
  readonly clogs: readonly LinkSet[];
  readonly filters: readonly Filter[];
  readonly degraded: readonly Degraded[];
  readonly latency: Distribution;
  readonly capacity: number | undefined;
  readonly lossPpm: number;
  readonly duplicationPpm: number;
}

/** `n1>n2/Vote#3` becomes lane `n1>n2/Vote`, ordinal 3. */
function overridesByLane(overrides: readonly Override[]): Map<string, Map<number, Override>> {
  const lanes = new Map<string, Map<number, Override>>();
  for (const override of overrides) {
    const name = 'message' in override ? override.message : override.timer;
    const hash = name.lastIndexOf('#');
    const lane = name.slice(0, hash);
    const ordinals = lanes.get(lane) ?? new Map<number, Override>();
    lanes.set(lane, ordinals.set(Number(name.slice(hash + 1)), override));
  }
  return lanes;
}

export { overridesByLane };
