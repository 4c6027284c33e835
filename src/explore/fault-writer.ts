/** Writes single faults and episodes of several that belong together. */
import type { Fault, FaultKind, Trigger } from '../sim/faults.ts';
import type { Micros } from '../sim/protocol.ts';
import type { ChaosSetting, Swarm } from './chaos.ts';
import { diskFault, diskLoss, isDiskFault } from './disk-faults.ts';
import type { Draw } from './draw.ts';
import { drawClockRate, signed } from './environment.ts';
import { FaultPlaces } from './fault-places.ts';
import {
  degrade,
  filter,
  flapping,
  isolate,
  movingPartition,
  noise,
  partial,
  partition,
  someLinks,
  swizzle,
} from './network-faults.ts';

const EPISODE_PERCENT = 10;
/** Of the episodes so many are several troubles of one node. */
const COMPOUND_PERCENT = 50;
/** Of the episodes of crashes so many befall one leader after the other. */
const SUCCESSION_PERCENT = 50;
/** Some crashes wait for a sync, some for a node that is telling several others. */
const crashMoments = [
  [70, 'any'],
  [15, 'sync'],
  [15, 'sends'],
] as const;

/** What a fault does harm to. Two that do harm to the same seldom do more than one. */
const realms: { readonly [kind in FaultKind]?: 'process' | 'disk' | 'clock' } = {
  crash: 'process',
  outage: 'process',
  'crash-loop': 'process',
  pause: 'process',
  'slow-node': 'process',
  'timer-jitter': 'clock',
  'clock-rate': 'clock',
  'clock-drift': 'clock',
  'clock-step': 'clock',
  'slow-disk': 'disk',
  'disk-stall': 'disk',
};
const realmOf = (kind: FaultKind): 'network' | 'process' | 'disk' | 'clock' => realms[kind] ?? 'network';

export class FaultWriter {
  private readonly setting: ChaosSetting;
  private readonly draw: Draw;
  private readonly places: FaultPlaces;
  private readonly swarm: Swarm;
  private readonly isPlain: boolean;

  /**
   * @param to when the last fault must be over.
   * @param isPlain single faults alone, no episodes.
   */
  constructor(setting: ChaosSetting, swarm: Swarm, to: Micros, isPlain: boolean, draw: Draw) {
    this.setting = setting;
    this.swarm = swarm;
    this.isPlain = isPlain;
    this.draw = draw;
    this.places = new FaultPlaces(setting, to, draw);
  }

  /** One fault of this kind from about `at` on, or several that belong together; none where the run has nothing for it to strike. */
  episode(kind: FaultKind, at: Micros): readonly Fault[] {
    const { draw, places } = this;
    if (isDiskFault(kind)) return diskFault(kind, places, at);
    const isEpisode = !this.isPlain && draw.chance(EPISODE_PERCENT);
    if (isEpisode && draw.chance(COMPOUND_PERCENT)) return this.compound(kind, at);
    if (isEpisode && kind === 'crash') return this.crashEpisode(at);
    if (isEpisode && kind === 'clog') return this.clogEpisode(at);
    if (isEpisode && kind === 'partition' && draw.chance(50)) return movingPartition(places, at);
    const fault = this.fault(kind, at);
    if (fault === undefined) return [];
    return isEpisode ? this.again(fault, at) : [fault];
  }

  /** Troubles of different kinds at one node, at about the same time: what is harmless alone may not be so with another. */
  private compound(kind: FaultKind, at: Micros): readonly Fault[] {
    const { draw, places, setting } = this;
    const kinds = [kind, ...Array.from({ length: draw.between(1, 2) }, () => this.otherThan(kind))];
    return places.atOneNode(at, () =>
      kinds.flatMap((one, place) => {
        if (isDiskFault(one)) return [];
        const moment =
          place === 0 ? at : Math.min(places.to, at + draw.acrossScales(setting.base / 64, setting.base * 2));
        return this.fault(one, moment) ?? [];
      }),
    );
  }

  /** Mostly one that does harm to something else, each realm alike. */
  private otherThan(kind: FaultKind): FaultKind {
    const { draw, swarm } = this;
    const others = swarm.filter(([, other]) => !isDiskFault(other) && realmOf(other) !== realmOf(kind));
    if (others.length === 0 || draw.chance(20)) return draw.weighted(swarm);
    const realm = draw.pick([...new Set(others.map(([, other]) => realmOf(other)))]);
    return draw.weighted(others.filter(([, other]) => realmOf(other) === realm));
  }

  private fault(kind: FaultKind, at: Micros): Fault | undefined {
    const { draw, places } = this;
    switch (kind) {
      case 'partition':
        return partition(places, at);
      case 'partial':
        return partial(places, at);
      case 'flapping':
        return flapping(places, at);
      case 'isolate':
        return isolate(places, at);
      case 'cut':
      case 'clog':
        return { kind, ...someLinks(places), ...places.moment(at), for: places.cutDuration(at) };
      case 'swizzle-clog':
        return swizzle(places, at);
      case 'degrade':
        return degrade(places, at);
      case 'filter':
        return filter(places, at);
      case 'noise':
        return noise(places, at);
      case 'crash': {
        const during = this.setting.profile.isUniform ? 'any' : draw.weighted(crashMoments);
        const struck = during === 'sends' ? places.strikeAmidSends(at) : places.strike(at, true);
        const empty = draw.chance(2) ? { empty: true } : {};
        const amid = during === 'any' ? {} : { during };
        return { kind, ...struck, ...diskLoss(places), ...amid, ...empty, for: places.cutDuration(at) };
      }
      case 'pause':
        return { kind, ...places.strike(at, true), for: places.duration(at) };
      default:
        return this.lasting(kind, at);
    }
  }

  /** Faults that strike several nodes at once, and those that last and are felt all the time. */
  private lasting(kind: FaultKind, at: Micros): Fault {
    const { draw, places } = this;
    const { base, servers, tolerates } = this.setting;
    switch (kind) {
      case 'outage': {
        const nodes = draw.chance(60) ? servers : draw.someOf(places.all);
        return { kind, nodes, ...places.moment(at), ...diskLoss(places), for: places.duration(at) };
      }
      case 'crash-loop': {
        const down = draw.acrossScales(base / 16, base * 2);
        const up = draw.acrossScales(base / 16, base * 4);
        const times = Math.min(draw.between(2, 6), 1 + Math.floor(places.room(at) / (down + up)));
        return { kind, ...places.strike(at, false), times, down, up, ...diskLoss(places) };
      }
      case 'slow-node': {
        return {
          kind,
          ...places.strike(at, false),
          cost: draw.acrossScales(base / 500, base / 8),
          for: places.duration(at),
        };
      }
      case 'timer-jitter':
        return {
          kind,
          nodes: draw.someOf(places.all),
          // More than a base timeout is a pause: properties that go by the clock allow for no more.
          max: draw.acrossScales(base / 8, base),
          at,
          for: places.stableDuration(at),
        };
      case 'clock-rate': {
        const ppm = drawClockRate(tolerates, draw);
        return { kind, ...places.strike(at, false), ppm, for: places.duration(at) };
      }
      case 'clock-drift': {
        const ppm = Math.abs(drawClockRate(tolerates, draw));
        const every = draw.acrossScales(base / 4, base * 4);
        return { kind, ...places.strike(at, false), ppm, every, for: places.stableDuration(at) };
      }
      case 'clock-step':
        return { kind, ...places.strike(at, false), by: signed(draw.acrossScales(base / 16, base * 64), draw) };
      case 'slow-disk': {
        const latency = draw.acrossScales(base / 32, base * 4);
        return { kind, node: places.server(), latency, ...places.moment(at), for: places.duration(at) };
      }
      case 'disk-stall':
        return { kind, node: places.server(), ...places.moment(at), for: places.duration(at) };
      default:
        throw new Error(`fuzzing draws no faults of kind ${kind}`);
    }
  }

  /** Several nodes at once, up to all of them; one after the other; or whoever leads, and then whoever takes over. */
  private crashEpisode(at: Micros): readonly Fault[] {
    const { draw, setting, places } = this;
    if (draw.chance(SUCCESSION_PERCENT)) return this.succession(at);
    const victims = draw.sample(setting.servers, draw.between(2, Math.max(2, setting.servers.length)));
    const spread = draw.chance(60) ? 0 : draw.acrossScales(setting.base / 32, setting.base * 2);
    return victims.map((node, index) => {
      const moment = Math.min(at + index * spread, places.to);
      return { kind: 'crash', node, at: moment, ...diskLoss(places), for: places.duration(moment) };
    });
  }

  private succession(at: Micros): readonly Fault[] {
    const { draw, places } = this;
    const crash = (place: number): Fault => ({
      kind: 'crash',
      ...(place === 0 ? places.strikeAmidSends(at) : places.strikeSuccessor(at)),
      ...diskLoss(places),
      during: 'sends',
      for: places.stableDuration(at),
    });
    return Array.from({ length: draw.between(2, 3) }, (_, place) => crash(place));
  }

  /** The same fault several times, on the same nodes or on whoever holds a role by then. */
  private again(first: Fault, at: Micros): readonly Fault[] {
    const { draw, setting, places } = this;
    const times = draw.between(2, 4);
    const gap = draw.acrossScales(setting.base / 4, setting.base * 6);
    const { when } = first;
    if (when !== undefined) return eachTime(first, when, times);
    const faults: Fault[] = [first];
    for (let next = at + gap; faults.length < times && next < places.to; next += gap)
      faults.push({ ...first, at: next });
    return faults.map((fault) =>
      'for' in fault ? { ...fault, for: Math.min(fault.for as Micros, places.room(fault.at)) } : fault,
    );
  }

  /** Nodes are clogged one by one, and released in another order. */
  private clogEpisode(at: Micros): readonly Fault[] {
    const { draw, setting, places } = this;
    const window = draw.acrossScales(setting.base / 2, setting.base * 12);
    return draw.someOf(setting.servers).map((node) => {
      const start = Math.min(at + draw.between(0, Math.floor(window / 2)), places.to);
      const end = Math.min(at + draw.between(Math.floor(window / 2), window), places.to);
      const others = places.all.filter((other) => other !== node);
      return { kind: 'clog', from: others, to: [node], at: start, for: Math.max(1, end - start) };
    });
  }
}

/** Whenever it happens, from one of those events on. */
const eachTime = (fault: Fault, when: Trigger, times: number): readonly Fault[] =>
  Array.from({ length: times }, (_, place) => ({ ...fault, when: { ...when, nth: (when.nth ?? 1) + place } }));
