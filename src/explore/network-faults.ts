/** Writes faults of the network: partitions of every shape, links that are slow, lossy, bounded or silent. */
import type { Distribution } from '../sim/config.ts';
import type { Fault } from '../sim/faults.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { FaultPlaces } from './fault-places.ts';

type OfKind<K extends Fault['kind']> = Extract<Fault, { readonly kind: K }>;

/** A split into two groups is what happens most; the rest are shapes in which everybody still reaches somebody. */
export function partition(places: FaultPlaces, at: Micros): OfKind<'partition'> {
  const { draw, setting } = places;
  const shape = draw.weighted<'two' | 'bridge' | 'ring' | 'clients'>([
    [8, 'two'],
    [setting.servers.length > 2 ? 1 : 0, 'bridge'],
    [setting.servers.length > 3 ? 1 : 0, 'ring'],
    [setting.clients.length > 0 ? 1 : 0, 'clients'],
  ]);
  if (shape === 'two') {
    return { kind: 'partition', groups: twoGroups(places), ...places.moment(at), for: places.cutDuration(at) };
  }
  const groups = shape === 'bridge' ? bridge(places) : shape === 'ring' ? ring(places) : clientsApart(places);
  return { kind: 'partition', groups, ...places.moment(at), for: places.stableDuration(at) };
}

/** Of uniform size or by a coin per node; clients are on a side, or reach both. Who has other troubles is often in the minority. */
function twoGroups(places: FaultPlaces): readonly (readonly NodeId[])[] {
  const { draw, setting } = places;
  const nodes = draw.chance(60) ? places.all : setting.servers;
  if (nodes.length < 2) return [nodes];
  const outcast = places.outcast();
  const left = new Set(outcast !== undefined && nodes.includes(outcast) ? minorityWith(outcast) : anySide());
  if (left.size === nodes.length) left.delete(draw.pick(nodes));
  return [nodes.filter((node) => left.has(node)), nodes.filter((node) => !left.has(node))];

  function minorityWith(node: NodeId): readonly NodeId[] {
    const others = nodes.filter((other) => other !== node);
    return [node, ...draw.sample(others, draw.between(0, Math.max(0, Math.floor(nodes.length / 2) - 1)))];
  }

  function anySide(): readonly NodeId[] {
    return draw.chance(50) ? draw.sample(nodes, draw.between(1, nodes.length - 1)) : draw.someOf(nodes);
  }
}

/** Two groups that share one node. */
function bridge({ draw, setting }: FaultPlaces): readonly (readonly NodeId[])[] {
  const [shared, ...rest] = draw.sample(setting.servers, setting.servers.length) as [NodeId, ...NodeId[]];
  const half = draw.between(1, rest.length - 1);
  return [
    [shared, ...rest.slice(0, half)],
    [shared, ...rest.slice(half)],
  ];
}

/** Everybody reaches only two neighbours. */
function ring({ draw, setting }: FaultPlaces): readonly (readonly NodeId[])[] {
  const nodes = draw.sample(setting.servers, setting.servers.length);
  return nodes.map((node, place) => [node, nodes[(place + 1) % nodes.length] as NodeId]);
}

/** Some clients reach only some servers, which go on among themselves: all servers are in one group, and the clients' group overlaps it. */
function clientsApart({ draw, setting }: FaultPlaces): readonly (readonly NodeId[])[] {
  const clients = draw.someOf(setting.clients);
  const reached = draw.sample(setting.servers, draw.between(0, setting.servers.length - 1));
  return [setting.servers, [...clients, ...reached]];
}

/** The split moves: whenever one ends another begins, and messages that were under way meet it. */
export function movingPartition(places: FaultPlaces, at: Micros): readonly Fault[] {
  const { draw, setting } = places;
  const faults: Fault[] = [];
  const times = draw.between(2, 5);
  for (let next = at; faults.length < times && next < places.to; ) {
    const span = Math.min(draw.acrossScales(setting.base / 8, setting.base * 4), places.room(next));
    faults.push({ kind: 'partition', groups: twoGroups(places), at: next, for: span });
    next += span;
  }
  return faults;
}

/** Random pairs of servers do not reach each other. */
export function partial(places: FaultPlaces, at: Micros): OfKind<'partial'> {
  const { draw, setting } = places;
  const pairs = setting.servers.flatMap((one, place) =>
    setting.servers.slice(place + 1).map((other) => [one, other] as const),
  );
  return { kind: 'partial', pairs: draw.someOf(pairs), ...places.moment(at), for: places.stableDuration(at) };
}

export function flapping(places: FaultPlaces, at: Micros): OfKind<'flapping'> {
  const { draw, setting } = places;
  const cut = draw.acrossScales(setting.base / 8, setting.base * 4);
  const healed = draw.acrossScales(setting.base / 8, setting.base * 4);
  return {
    kind: 'flapping',
    groups: twoGroups(places),
    cut,
    healed,
    ...places.moment(at),
    for: places.stableDuration(at),
  };
}

export function isolate(places: FaultPlaces, at: Micros): OfKind<'isolate'> {
  const { draw, setting } = places;
  const direction = draw.weighted([
    [2, 'both'],
    [1, 'inbound'],
    [1, 'outbound'],
  ] as const);
  const struck = places.strike(at, false);
  // Clients often still reach it: they ask somebody who does not know that it is alone.
  const from = draw.chance(40) ? { from: setting.servers } : {};
  return { kind: 'isolate', ...struck, direction, ...from, for: places.cutDuration(at) };
}

export function swizzle(places: FaultPlaces, at: Micros): OfKind<'swizzle-clog'> {
  const { setting } = places;
  return { kind: 'swizzle-clog', nodes: setting.servers, ...places.moment(at), for: places.stableDuration(at) };
}

/** Some links get slow, lossy, bounded, or lose their order. */
export function degrade(places: FaultPlaces, at: Micros): OfKind<'degrade'> {
  const { draw, setting } = places;
  const { base, tolerates } = setting;
  const typical = draw.acrossScales(base / 50, base * 2);
  const latency: Distribution = draw.pick<Distribution>([
    { kind: 'uniform', min: Math.max(1, Math.floor(typical / 4)), max: 2 * typical },
    { kind: 'log-normal', median: typical },
  ]);
  const qualities = [
    { latency },
    ...(tolerates.messageLoss ? [{ lossPpm: draw.acrossScales(20_000, 900_000) }] : []),
    ...(tolerates.duplication ? [{ duplicationPpm: draw.acrossScales(20_000, 900_000) }] : []),
    ...(tolerates.messageLoss ? [{ capacity: draw.acrossScales(2, 20) }] : []),
    ...(tolerates.reordering ? [{ fifo: false, latency }] : []),
  ];
  return {
    kind: 'degrade',
    ...someLinks(places),
    ...draw.pick(qualities),
    ...places.moment(at),
    for: places.duration(at),
  };
}

/** One or two types of messages get lost, everywhere or on some links; nothing where no type is known. */
export function filter(places: FaultPlaces, at: Micros): OfKind<'filter'> | undefined {
  const { draw, setting } = places;
  const types = setting.vocabulary.messages.map(({ text }) => text);
  if (types.length === 0) return undefined;
  const messages = draw.sample(types, draw.between(1, 2));
  const links = draw.chance(50) ? {} : someLinks(places);
  return { kind: 'filter', messages, ...links, ...places.moment(at), for: places.duration(at) };
}

/** One link, all from or to one node, or a random set by another. */
export function someLinks(places: FaultPlaces): {
  from: readonly NodeId[];
  to: readonly NodeId[];
} {
  const { draw, setting, all } = places;
  const pool = draw.chance(60) ? setting.servers : all;
  const one = places.oneOf(pool);
  const others = pool.filter((node) => node !== one);
  if (others.length === 0) return { from: [one], to: all };
  switch (draw.between(0, 3)) {
    case 0:
      return { from: [one], to: [draw.pick(others)] };
    case 1:
      return { from: [one], to: draw.someOf(others) };
    case 2:
      return { from: draw.someOf(others), to: [one] };
    default: {
      const from = draw.someOf(pool);
      return { from, to: pool.filter((node) => from.length === 1 || !from.includes(node) || draw.chance(25)) };
    }
  }
}

export function noise(places: FaultPlaces, at: Micros): OfKind<'noise'> {
  return { kind: 'noise', ...rates(places), ...places.moment(at), for: places.duration(at) };
}

function rates({ draw, setting }: FaultPlaces): { lossPpm?: number; duplicationPpm?: number } {
  const { messageLoss, duplication } = setting.tolerates;
  const lossPpm = messageLoss ? { lossPpm: draw.acrossScales(20_000, 700_000) } : {};
  const duplicationPpm = duplication ? { duplicationPpm: draw.acrossScales(20_000, 900_000) } : {};
  if (!messageLoss || !duplication) return { ...lossPpm, ...duplicationPpm };
  return draw.pick([lossPpm, duplicationPpm, { ...lossPpm, ...duplicationPpm }]);
}
