/** Draws what a run takes place in: options, nodes, network, disks, clocks. What the scenario fixes stays fixed. */
import type { OptionSpec, Protocol } from '../check/protocol.ts';
import { type Inhabitant, populate } from '../scenario/population.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ClockModel, DiskModel, Distribution, NetworkModel, NodeSpec } from '../sim/config.ts';
import type { Fault } from '../sim/faults.ts';
import type { Json } from '../sim/plain.ts';
import type { Micros, Tolerance } from '../sim/protocol.ts';
import { isSynchronous, mayCopy, SYNCHRONOUS } from './budget.ts';
import type { Draw } from './draw.ts';
import type { Profile } from './profile.ts';

export type Options = { readonly [name: string]: Json };

/** Clients of a drawn run, where the protocol does not say. */
const CLIENTS_MIN = 3;
const CLIENTS_MAX = 5;
/** A clock that the protocol does not rely on may be off by this much and no more: a node that is never scheduled proves nothing. */
const CLOCK_RATE_PPM_MAX = 300_000;

/** An option that must not be below another is so often close above it. */
const CLOSE_PERCENT = 40;

/** Without a profile every option is what the scenario or the protocol says. */
export function drawOptions(protocol: Protocol, scenario: Scenario, profile: Profile | undefined, draw: Draw): Options {
  const options: { [name: string]: Json } = {};
  const untouched = profile === undefined || draw.chance(profile.defaultOptionsPercent);
  for (const [name, spec] of Object.entries(protocol.options)) {
    const fixed = scenario.options[name];
    if (fixed !== undefined) options[name] = fixed;
    else if (untouched) options[name] = spec.default;
    else options[name] = drawOption(spec, options, profile, draw);
  }
  return options;
}

/** What is a choice switches whole parts of a protocol on and off: each has the same share. A number is mostly what it usually is. */
function drawOption(spec: OptionSpec, others: Options, profile: Profile, draw: Draw): Json {
  if (spec.kind === 'choice') return draw.pick(spec.of);
  if (draw.chance(profile.usualNumberPercent)) return spec.default;
  const { notBelow, extremes = [] } = spec;
  const floor = notBelow === undefined ? undefined : others[notBelow];
  if (typeof floor === 'number' && draw.chance(CLOSE_PERCENT)) return floor + draw.acrossScales(floor / 32, floor / 4);
  const least = Math.max(spec.min, typeof floor === 'number' ? floor : spec.min);
  const most = Math.max(spec.max, least);
  if (draw.chance(profile.extremePercent)) return draw.pick([least, most, ...extremes]);
  if (spec.kind === 'duration' && least > 0) return draw.acrossScales(least, most);
  return draw.between(least, most);
}

/** Who takes part. Numbers that the scenario leaves open are drawn where the protocol names choices. */
export function drawPopulation(
  protocol: Protocol,
  scenario: Scenario,
  profile: Profile | undefined,
  draw: Draw,
): readonly Inhabitant[] {
  const counts: { [role: string]: number } = { ...scenario.nodes };
  if (profile !== undefined) {
    for (const [role, { default: usual, choices }] of Object.entries(protocol.population)) {
      if (counts[role] !== undefined) continue;
      if (choices !== undefined && choices.length > 0) counts[role] = draw.chance(60) ? usual : draw.pick(choices);
      else if (role === 'client' && usual >= CLIENTS_MIN) counts[role] = draw.between(CLIENTS_MIN, CLIENTS_MAX);
    }
  }
  return populate(protocol, counts);
}

export function drawNetwork(
  tolerates: Tolerance,
  scenario: Scenario,
  profile: Profile | undefined,
  base: Micros,
  draw: Draw,
): NetworkModel {
  const lossless = profile === undefined || draw.chance(profile.losslessPercent);
  const drawn: NetworkModel = {
    latency: drawLatency(tolerates, profile, base, draw),
    lossPpm: lossless || !tolerates.messageLoss ? 0 : draw.acrossScales(500, profile.lossPpmMax),
    duplicationPpm:
      lossless || !tolerates.duplication || draw.chance(40) ? 0 : draw.acrossScales(500, profile.duplicationPpmMax),
    fifo: !tolerates.reordering || draw.chance(30),
  };
  return { ...drawn, ...scenario.network };
}

/**
 * Where links do not keep order copies of messages may come late, after restarts and when all others have gone on: a network may hold a copy
 * for as long as it likes.
 */
export function withLateCopies(
  network: NetworkModel,
  tolerates: Tolerance,
  profile: Profile | undefined,
  faults: readonly Fault[],
  base: Micros,
  draw: Draw,
): NetworkModel {
  if (
    profile === undefined ||
    isSynchronous(tolerates) ||
    !tolerates.reordering ||
    network.fifo ||
    !mayCopy(network, faults)
  )
    return network;
  if (network.copyLatency !== undefined || !draw.chance(LATE_COPIES_PERCENT)) return network;
  const max = draw.acrossScales(base / 2, base * LATE_COPIES_TIMES);
  return { ...network, copyLatency: { kind: 'uniform', min: 1, max } };
}

/** In so many of the runs in which copies may overtake; and so late at most, in base timeouts: a third of a run. */
const LATE_COPIES_PERCENT = 60;
const LATE_COPIES_TIMES = 20;

function drawLatency(tolerates: Tolerance, profile: Profile | undefined, base: Micros, draw: Draw): Distribution {
  if (profile === undefined) return { kind: 'uniform', min: atLeastOne(base / 150), max: atLeastOne(base / 15) };
  const divisorMin = isSynchronous(tolerates)
    ? Math.max(SYNCHRONOUS.latencyDivisor, profile.latencyDivisorMin)
    : profile.latencyDivisorMin;
  const typical = draw.acrossScales(base / (draw.chance(10) ? 2_000 : 200), base / divisorMin);
  if (isSynchronous(tolerates)) {
    return { kind: 'uniform', min: draw.between(atLeastOne(typical / 8), typical), max: 2 * typical };
  }
  return draw.weighted<() => Distribution>([
    [1, () => ({ kind: 'constant', value: typical })],
    [4, () => ({ kind: 'uniform', min: atLeastOne(typical / 8), max: 2 * typical })],
    [3, () => ({ kind: 'exponential', min: atLeastOne(typical / 4), mean: typical })],
    [2, () => ({ kind: 'log-normal', median: typical })],
    [4, () => drawBimodal(typical, base, draw)],
  ])();
}

/** Nearly always fast; now and then a message is overtaken by whole elections. */
const drawBimodal = (typical: Micros, base: Micros, draw: Draw): Distribution => ({
  kind: 'bimodal',
  min: atLeastOne(typical / 2),
  max: atLeastOne((typical * 3) / 2),
  slowMax: atLeastOne((typical * 3) / 2) + draw.acrossScales(base / 4, base * 6),
  slowPpm: draw.acrossScales(1_000, 150_000),
});

export function drawDisk(
  tolerates: Tolerance,
  scenario: Scenario,
  profile: Profile | undefined,
  base: Micros,
  draw: Draw,
): DiskModel {
  return { syncLatency: drawSyncLatency(tolerates, profile, base, draw), ...scenario.disk };
}

function drawSyncLatency(tolerates: Tolerance, profile: Profile | undefined, base: Micros, draw: Draw): Distribution {
  if (profile === undefined) return { kind: 'uniform', min: atLeastOne(base / 1_000), max: atLeastOne(base / 200) };
  const typical = draw.acrossScales(base / 2_000, base / (isSynchronous(tolerates) ? SYNCHRONOUS.syncDivisor : 12));
  return draw.weighted<() => Distribution>([
    [1, () => ({ kind: 'constant', value: 0 })],
    [2, () => ({ kind: 'constant', value: typical })],
    [4, () => ({ kind: 'uniform', min: atLeastOne(typical / 8), max: 2 * typical })],
    [isSynchronous(tolerates) ? 0 : 2, () => ({ kind: 'exponential', min: 0, mean: typical })],
  ])();
}

/** A clock of its own for every node of some runs: skew and drift within what the protocol claims to survive. */
export function drawNodes(
  tolerates: Tolerance,
  scenario: Scenario,
  profile: Profile | undefined,
  inhabitants: readonly Inhabitant[],
  options: Options,
  base: Micros,
  draw: Draw,
): readonly NodeSpec[] {
  const skewed = profile !== undefined && draw.chance(50);
  const isApart = skewed && draw.chance(40);
  return inhabitants.map(({ id, role }) => {
    const fixed = scenario.clocks[id];
    const drawn = skewed ? drawClock(tolerates, base, isApart, draw) : undefined;
    if (fixed === undefined && drawn === undefined) return { id, role, options };
    return { id, role, options, clock: { offset: 0, ratePpm: 0, ...drawn, ...fixed } };
  });
}

function drawClock(tolerates: Tolerance, base: Micros, isApart: boolean, draw: Draw): ClockModel {
  return {
    // Clocks that are stepped are clocks that nobody has set: an offset between nodes is the same thing seen from the start.
    offset: tolerates.clockSteps ? signed(draw.acrossScales(base / 8, base * 64), draw) : 0,
    ratePpm: isApart ? drawExtremeRate(tolerates, draw) : drawClockRate(tolerates, draw),
  };
}

/** Parts per million, either way, within the claim. */
export function drawClockRate(tolerates: Tolerance, draw: Draw): number {
  const most = Math.min(tolerates.clockRatePpm, CLOCK_RATE_PPM_MAX);
  return most < 1 ? 0 : signed(draw.acrossScales(Math.max(1, most / 1_000), most), draw);
}

/** As far apart as clocks may be: some nodes always time out before others. */
function drawExtremeRate(tolerates: Tolerance, draw: Draw): number {
  const most = Math.min(tolerates.clockRatePpm, CLOCK_RATE_PPM_MAX);
  return most < 1 ? 0 : signed(draw.between(Math.ceil((most * 2) / 3), most), draw);
}

export const signed = (size: number, draw: Draw): number => (draw.between(0, 1) === 1 ? size : -size);

const atLeastOne = (micros: number): Micros => Math.max(1, Math.floor(micros));
