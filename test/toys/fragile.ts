/**
 * Two small protocols, each of which holds as long as the world is kind in one respect: for every kind of fault some promise here that
 * this fault alone breaks.
 */
import type { Finding, Observer, PlacedObserver, World } from '../../src/sim/observer.ts';
import {
  type Context,
  type DiskErrorKind,
  defineRole,
  type Micros,
  type NodeId,
  type Role,
} from '../../src/sim/protocol.ts';

// --- Beacons: n1 sends a numbered beat to everybody every 10 ms ------------------------------------------------------------------------

interface Beat {
  readonly type: 'beat';
  readonly number: number;
  readonly wall: Micros;
}

interface BeaconShape {
  readonly state: { beats: number; readonly heard: { [from: string]: number } };
  readonly message: Beat;
  readonly timer: 'beat';
  readonly options: { readonly sends: boolean };
}

const PERIOD = 10_000;

export const beacon: Role<BeaconShape> = defineRole<BeaconShape>({
  boot(context) {
    if (context.options.sends) context.setTimer('beat', PERIOD);
    return { beats: 0, heard: {} };
  },
  onTimer: {
    beat(state, _key, context) {
      state.beats++;
      const beat: Beat = { type: 'beat', number: state.beats, wall: context.wallClock };
      for (const peer of context.directory.peers) context.send(peer, beat);
      context.setTimer('beat', PERIOD);
    },
  },
  onMessage: {
    beat(state, from, { number, wall }, context) {
      const last = state.heard[from] ?? 0;
      if (number > last + 1) context.note('missed', { number: last + 1 });
      if (number <= last) context.note('again', { number });
      if (Math.abs(context.wallClock - wall) > 15_000) context.note('disagrees', { wall });
      state.heard[from] = Math.max(number, last);
    },
  },
  view: ({ beats }) => ({ role: 'beacon', label: `${beats}` }),
});

// --- Keepers: each counts on its disk and acknowledges what it has counted ------------------------------------------------------------

export interface KeeperOptions {
  /** What it does before it acknowledges. */
  readonly sync: 'before' | 'later' | 'never';
  /** What it does when its disk reports an error: acknowledge nevertheless, or stop. */
  readonly onError: 'go on' | 'stop';
  /** What it does with what it cannot read: begin anew, or stop. A torn entry is cut off where it stops for others. */
  readonly onUnreadable: 'begin anew' | 'stop';
}

export const carefulKeeper: KeeperOptions = { sync: 'before', onError: 'stop', onUnreadable: 'stop' };

interface KeeperShape {
  readonly state: { count: number };
  readonly timer: 'count';
  readonly options: KeeperOptions;
  readonly records: { readonly count: number; readonly marker: number };
  readonly logs: { readonly counts: number };
  readonly sync: 'kept';
}

export const keeper: Role<KeeperShape> = defineRole<KeeperShape>({
  boot(context) {
    const count = recovered(context);
    if (count === undefined) return { count: 0 };
    context.note('recovered', { count });
    context.setTimer('count', PERIOD);
    return { count };
  },
  onTimer: {
    count(state, _key, context) {
      const { disk, options } = context;
      state.count++;
      context.note('begins', { count: state.count });
      disk.append('counts', state.count);
      disk.put('count', state.count);
      // The marker says that the count is there: true as long as writes reach the medium in their order.
      disk.put('marker', state.count);
      if (options.sync === 'before') disk.sync();
      if (options.sync === 'later') disk.syncLater('kept');
      context.note('acknowledged', { count: state.count });
      context.setTimer('count', PERIOD);
    },
  },
  onDisk: { kept() {} },
  onDiskError(state, error, context) {
    if (context.options.onError === 'stop') context.halt(`the disk failed: ${error}`);
    else {
      context.note('acknowledged', { count: state.count });
      context.setTimer('count', PERIOD);
    }
  },
  view: ({ count }) => ({ role: 'keeper', label: `${count}` }),
});

/** The last count on disk; undefined where it stops instead. */
function recovered(context: Context<KeeperShape>): number | undefined {
  const { disk } = context;
  const count = disk.read('count');
  const counts = disk.readLog('counts');
  const marker = disk.read('marker');
  if (count.ok && counts.ok && marker.ok) {
    if ((marker.value ?? 0) > (count.value ?? 0)) context.note('contradiction');
    return count.value ?? 0;
  }
  if (context.options.onUnreadable === 'begin anew') return 0;
  if (!counts.ok && counts.error === 'torn' && count.ok) {
    disk.truncateFrom('counts', counts.index);
    disk.sync();
    return count.value ?? 0;
  }
  context.halt(`cannot read what it has counted: ${[count, counts, marker].flatMap(errorOf).join(', ')}`);
  return undefined;
}

const errorOf = (read: { readonly ok: boolean; readonly error?: DiskErrorKind }): string[] =>
  read.ok ? [] : [read.error as string];

// --- What they promise ----------------------------------------------------------------------------------------------------------------

type Verdict = Finding | string | undefined;
const placed = (observer: Observer<never>): PlacedObserver => ({ path: '', observer: observer as never });

/** Nobody ever writes this note. */
const never = (name: string, note: string): PlacedObserver =>
  placed({
    name,
    start: () => undefined as never,
    note: (_memory, node, text, data, world): Verdict =>
      text === note ? `${world.nodes[node]} ${note} ${JSON.stringify(data)}` : undefined,
  });

const numberIn = (data: unknown): number => (data as { readonly count: number }).count;
const beatOf = (message: unknown): Beat => message as Beat;

interface Times {
  readonly times: Map<number, Micros>;
}
const noTimes = (): Times => ({ times: new Map() });

/** Beats arrive within 15 ms. */
const fresh: Observer<Times> = {
  name: 'fresh',
  start: noTimes,
  send(memory, _from, _to, message, world): Verdict {
    memory.times.set(beatOf(message).number, world.now);
    return undefined;
  },
  deliver(memory, _from, _to, message, world): Verdict {
    const age = world.now - (memory.times.get(beatOf(message).number) ?? 0);
    return age > 15_000 ? `a beat is ${age} us old` : undefined;
  },
};

/** Beats leave every 10 ms, give or take one. */
const steady: Observer<Times> = {
  name: 'steady',
  start: noTimes,
  send(memory, _from, to, message, world): Verdict {
    const last = memory.times.get(to);
    memory.times.set(to, world.now);
    if (last === undefined || beatOf(message).number === 1) return undefined;
    const gap = world.now - last;
    return Math.abs(gap - PERIOD) > 1_000 ? `${gap} us between two beats` : undefined;
  },
};

interface Acknowledged {
  readonly last: Map<number, number>;
}
const nothingYet = (): Acknowledged => ({ last: new Map() });

/** What comes back after a restart is what was acknowledged, or the one that was being counted. */
const kept: Observer<Acknowledged> = {
  name: 'kept',
  start: nothingYet,
  note({ last }, node, text, data): Verdict {
    if (text === 'acknowledged') last.set(node, numberIn(data));
    if (text !== 'recovered') return undefined;
    const acknowledged = last.get(node) ?? 0;
    const back = numberIn(data);
    const isRight = back === acknowledged || back === acknowledged + 1;
    return isRight ? undefined : `acknowledged ${acknowledged}, recovered ${back}`;
  },
};

/** What is acknowledged is on disk. */
const durable: Observer<Acknowledged> = {
  name: 'durable',
  start: nothingYet,
  note(_memory, node, text, data, world: World): Verdict {
    if (text !== 'acknowledged') return undefined;
    const stored = world.diskOf(node).durableRecord('count');
    return stored === numberIn(data) ? undefined : `acknowledged ${numberIn(data)}, ${String(stored)} is on disk`;
  },
};

/** Counting takes no more than 5 ms. */
const prompt: Observer<Times> = {
  name: 'prompt',
  start: noTimes,
  note({ times }, node, text, _data, world): Verdict {
    if (text === 'begins') times.set(node, world.now);
    const began = times.get(node);
    if (text !== 'acknowledged' || began === undefined || world.now - began <= 5_000) return undefined;
    return `it took ${world.now - began} us to count`;
  },
};

export type Promised = 'gapless' | 'once' | 'agreed' | 'ordered' | 'fresh' | 'steady' | 'kept' | 'durable' | 'prompt';

export const promises: { readonly [Name in Promised]: PlacedObserver } = {
  gapless: never('gapless', 'missed'),
  once: never('once', 'again'),
  agreed: never('agreed', 'disagrees'),
  ordered: never('ordered', 'contradiction'),
  fresh: placed(fresh as never),
  steady: placed(steady as never),
  kept: placed(kept as never),
  durable: placed(durable as never),
  prompt: placed(prompt as never),
};

export const beacons: readonly { readonly id: NodeId; readonly role: 'beacon'; readonly options: object }[] = [
  { id: 'n1', role: 'beacon', options: { sends: true } },
  { id: 'n2', role: 'beacon', options: { sends: false } },
  { id: 'n3', role: 'beacon', options: { sends: false } },
];
