/**
 * The network: directed links, made on first use. A link has one *lane* per message type, with a random stream of its own and a
 * count of messages, so that "the 17th AppendEntries from n1 to n2" keeps its name and its draw whatever happens elsewhere.
 */
import type { RunSpec } from './config.ts';
import type { Override } from './faults.ts';
import { byText, canonicalText } from './plain.ts';
import type { Micros, NodeId } from './protocol.ts';
import { Stream, type StreamState } from './random.ts';

export interface Lane {
  /** `n1>n2/AppendEntries`; components prefix the type: `n1>n2/raft:AppendEntries`. */
  readonly name: string;
  stream: Stream | undefined;
  /** Messages sent so far. */
  count: number;
  /** Explicit decisions about single messages, by ordinal. */
  readonly overrides: ReadonlyMap<number, Override> | undefined;
}

export interface Link {
  /** By the number of the message type (core.ts). */
  lanes: (Lane | undefined)[];
  /** Arrival of the last message, for links that keep order. */
  lastArrival: Micros;
}

/** A set of directed links: from any node of one set to any of another. Sets hold node indexes. */
export interface LinkSet {
  /** The fault that made it. */
  readonly id: number;
  readonly from: ReadonlySet<number>;
  readonly to: ReadonlySet<number>;
  /** The side that means "all others", and takes in nodes that join later. */
  readonly open?: 'from' | 'to';
}

const covers = (set: LinkSet, from: number, to: number): boolean => set.from.has(from) && set.to.has(to);

/** More message types than this in one run get their lanes a slower way. */
const NO_LANES: readonly undefined[] = Array.from({ length: 64 }, () => undefined);

const widened = (set: LinkSet, side: 'from' | 'to', node: number): LinkSet => ({
  ...set,
  [side]: new Set([...set[side], node]),
});

export class Network {
  /** Whether anything of a message is random in this run, now or during a fault. */
  private readonly draws: boolean;
  private readonly seed: string;
  private readonly overrides: ReadonlyMap<string, ReadonlyMap<number, Override>>;
  private links: (Link | undefined)[][] = [];
  private cuts: LinkSet[] = [];
  private clogs: LinkSet[] = [];
  lossPpm: number;
  duplicationPpm: number;

  constructor({ network, seed, overrides, faults }: RunSpec) {
    const { latency, lossPpm, duplicationPpm } = network;
    this.draws =
      latency.kind !== 'constant' || lossPpm > 0 || duplicationPpm > 0 || faults.some(({ kind }) => kind === 'noise');
    this.seed = seed;
    this.overrides = overridesByLane(overrides);
    this.lossPpm = lossPpm;
    this.duplicationPpm = duplicationPpm;
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
      link = { lanes: [], lastArrival: 0 };
      row[to] = link;
    }
    return link;
  }

  /** The lane of a message type on a link. */
  lane(link: Link, kind: number, type: string, from: NodeId, to: NodeId): Lane {
    const { lanes } = link;
    let lane = lanes[kind];
    if (lane === undefined) {
      const name = `${from}>${to}/${type}`;
      lane = { name, stream: undefined, count: 0, overrides: this.overrides.get(name) };
      // Not by `push`, which would make room for seventeen: a big network has hundreds of thousands of links.
      if (kind >= lanes.length) link.lanes = lanes.concat(NO_LANES.slice(0, kind + 1 - lanes.length));
      link.lanes[kind] = lane;
    }
    return lane;
  }

  /**
   * The random bits of the next message of a lane: the n-th draw is the n-th message's, also where noise comes and goes. Nothing is
   * drawn where nothing is random.
   */
  draw(lane: Lane): number {
    if (!this.draws) return 0;
    if (lane.stream === undefined) lane.stream = new Stream(`${this.seed}/net/${lane.name}`);
    return lane.stream.bits();
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
    this.cuts = this.cuts.map((set) => (set.open === undefined ? set : widened(set, set.open, node)));
  }

  /** Ends the cuts and clogs made under `id`. */
  release(id: number): void {
    this.cuts = this.cuts.filter((set) => set.id !== id);
    this.clogs = this.clogs.filter((set) => set.id !== id);
  }

  /** What a state hash covers: active cuts and clogs, and how bad the network is. */
  contents(): unknown {
    const members = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);
    const sets = (list: readonly LinkSet[]): unknown =>
      list.map(({ id, from, to }) => canonicalText([id, members(from), members(to)])).sort(byText);
    return [sets(this.cuts), sets(this.clogs), this.lossPpm, this.duplicationPpm];
  }

  save(): NetworkSnapshot {
    return {
      links: this.links.map((row) =>
        row.map(
          (link) =>
            link && {
              lastArrival: link.lastArrival,
              lanes: link.lanes.map(
                (lane) => lane && { name: lane.name, count: lane.count, stream: lane.stream?.save() },
              ),
            },
        ),
      ),
      cuts: this.cuts.slice(),
      clogs: this.clogs.slice(),
      lossPpm: this.lossPpm,
      duplicationPpm: this.duplicationPpm,
    };
  }

  load(snapshot: NetworkSnapshot): void {
    this.links = snapshot.links.map((row) => row.map((saved) => saved && this.restoreLink(saved)));
    this.cuts = snapshot.cuts.slice();
    this.clogs = snapshot.clogs.slice();
    this.lossPpm = snapshot.lossPpm;
    this.duplicationPpm = snapshot.duplicationPpm;
  }

  private restoreLink(saved: LinkSnapshot): Link {
    const lanes = saved.lanes.map((lane) => {
      if (lane === undefined) return undefined;
      const { name, count, stream: state } = lane;
      const stream = state === undefined ? undefined : Stream.restored(state);
      return { name, count, stream, overrides: this.overrides.get(name) };
    });
    return { lanes, lastArrival: saved.lastArrival };
  }
}

interface LinkSnapshot {
  readonly lastArrival: Micros;
  readonly lanes: readonly (
    | { readonly name: string; readonly count: number; readonly stream: StreamState | undefined }
    | undefined
  )[];
}

export interface NetworkSnapshot {
  readonly links: readonly (readonly (LinkSnapshot | undefined)[])[];
  readonly cuts: readonly LinkSet[];
  readonly clogs: readonly LinkSet[];
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
