/**
 * The fault budget: a protocol is tested within what it claims to survive (`tolerates`). One gate weakens or drops what goes beyond, and
 * says what it did; the same table tells which parts of a plan lie outside the model.
 */
import { type Protocol, toleranceOf } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Chaos } from '../scenario/scenario.ts';
import type { Distribution, NetworkModel } from '../sim/config.ts';
import { longest } from '../sim/distribution.ts';
import type { DiskLoss, Fault, FaultKind } from '../sim/faults.ts';
import { type Json, samePlain } from '../sim/plain.ts';
import type { Tolerance } from '../sim/protocol.ts';

/**
 * The fault as far as the protocol claims to survive it: itself, a weaker one, or nothing.
 * Two kinds are the operator's doing and always within the model: `restart`, `join`, `admin`.
 */
export function withinBudget(fault: Fault, tolerates: Tolerance): Fault | undefined {
  switch (fault.kind) {
    case 'partition':
    case 'isolate':
    case 'partial':
    case 'flapping':
    case 'cut':
    case 'clog':
    case 'swizzle-clog':
      return tolerates.partitions ? fault : undefined;
    case 'filter':
      return tolerates.messageLoss ? fault : undefined;
    case 'noise':
    case 'degrade':
      return bearableLinks(fault, tolerates);
    case 'crash':
    case 'outage':
    case 'crash-loop':
      return tolerates.crashes ? bearableCrash(fault, tolerates) : undefined;
    case 'pause':
    case 'slow-node':
    case 'timer-jitter':
      return tolerates.pauses ? fault : undefined;
    case 'clock-rate':
    case 'clock-drift':
      return bearableRate(fault, tolerates);
    case 'clock-step':
      return tolerates.clockSteps ? fault : undefined;
    case 'slow-disk':
    case 'disk-stall':
      return isSynchronous(tolerates) ? undefined : fault;
    case 'misdirected-write':
      if (tolerates.misdirectedWrites === true) return fault;
      return tolerates.corruption === true ? ({ ...fault, kind: 'bit-flip' } as Fault) : undefined;
    case 'bit-flip':
      return tolerates.corruption === true && fault.silent !== true ? fault : undefined;
    case 'sync-error':
    case 'write-error':
    case 'full-disk':
    case 'read-error':
      return tolerates.diskErrors === true ? fault : undefined;
    case 'restart':
    case 'join':
    case 'admin':
      return fault;
  }
}

/** True where the protocol assumes that messages arrive, and in time: then latencies are bounded well below its timeout. */
export const isSynchronous = (tolerates: Tolerance): boolean => !tolerates.partitions && !tolerates.messageLoss;

/** What such a protocol's messages and syncs take, typically: its base timeout over so much, and twice as much at most. */
export const SYNCHRONOUS = { latencyDivisor: 20, syncDivisor: 60 } as const;

function bearableLinks(
  fault: Extract<Fault, { readonly kind: 'noise' | 'degrade' }>,
  tolerates: Tolerance,
): Fault | undefined {
  const { lossPpm, duplicationPpm, ...rest } = fault;
  const noise = {
    ...(lossPpm === undefined || !tolerates.messageLoss ? {} : { lossPpm }),
    ...(duplicationPpm === undefined || !tolerates.duplication ? {} : { duplicationPpm }),
  };
  if (rest.kind === 'noise') return Object.keys(noise).length === 0 ? undefined : sameOr(fault, { ...rest, ...noise });
  const { capacity, fifo, latency, ...links } = rest;
  const quality = {
    ...noise,
    ...(capacity === undefined || !tolerates.messageLoss ? {} : { capacity }),
    ...(fifo === undefined || (!fifo && !tolerates.reordering) ? {} : { fifo }),
    ...(latency === undefined || isSynchronous(tolerates) ? {} : { latency }),
  };
  return Object.keys(quality).length === 0 ? undefined : sameOr(fault, { ...links, ...quality });
}

function bearableCrash(
  fault: Extract<Fault, { readonly kind: 'crash' | 'outage' | 'crash-loop' }>,
  tolerates: Tolerance,
): Fault {
  const losses: DiskLoss = {
    ...(tolerates.unsyncedLoss ? {} : { unsynced: 'all' }),
    ...(fault.torn === true && tolerates.tornWrites !== true ? { torn: false } : {}),
  };
  const empty = fault.kind === 'crash' && fault.empty === true && tolerates.emptyRestarts !== true;
  return sameOr(fault, { ...fault, ...losses, ...(empty ? { empty: false } : {}) } as Fault);
}

function bearableRate(
  fault: Extract<Fault, { readonly kind: 'clock-rate' | 'clock-drift' }>,
  { clockRatePpm }: Tolerance,
): Fault | undefined {
  if (clockRatePpm < 1) return fault.ppm === 0 ? fault : undefined;
  const ppm = Math.max(-clockRatePpm, Math.min(clockRatePpm, fault.ppm));
  return sameOr(fault, { ...fault, ppm });
}

/** `fault` itself where the weaker one is the same: then nothing was downgraded. */
const sameOr = (fault: Fault, weaker: Fault): Fault => (samePlain(fault, weaker) ? fault : weaker);

export interface Budgeted {
  readonly faults: readonly Fault[];
  /** How many faults were weakened or dropped, by kind. */
  readonly downgraded: { readonly [kind in FaultKind]?: number };
}

export const noFaults: Budgeted = { faults: [], downgraded: {} };

/** What is left of drawn faults. */
export function budgeted(faults: readonly Fault[], tolerates: Tolerance): Budgeted {
  const downgraded: { [kind in FaultKind]?: number } = {};
  const within: Fault[] = [];
  for (const fault of faults) {
    const bearable = withinBudget(fault, tolerates);
    if (bearable !== undefined) within.push(bearable);
    if (bearable !== fault) downgraded[fault.kind] = (downgraded[fault.kind] ?? 0) + 1;
  }
  return { faults: within, downgraded };
}

/**
 * What of a plan the protocol does not claim to survive, a few words each; empty for a plan within the model. Disks that may be damaged
 * count where damage comes to more of them than is claimed.
 */
export function outsideModel(protocol: Protocol, plan: Plan): readonly string[] {
  const tolerates = toleranceOf(protocol, (plan.nodes[0]?.options ?? {}) as Options);
  const outside = new Set<string>();
  for (const fault of plan.faults) if (withinBudget(fault, tolerates) !== fault) outside.add(fault.kind);
  const { latency, lossPpm, duplicationPpm, capacity, fifo } = plan.network;
  const mayOvertake = latency.kind !== 'constant' || lateCopies(plan) !== undefined;
  if (!tolerates.messageLoss && (lossPpm > 0 || capacity !== undefined)) outside.add('loss');
  if (!tolerates.duplication && duplicationPpm > 0) outside.add('duplication');
  if (!tolerates.reordering && !fifo && mayOvertake) outside.add('reordering');
  if (!tolerates.messageLoss && plan.overrides.some((override) => 'drop' in override)) outside.add('loss');
  if (isSynchronous(tolerates)) for (const late of lateness(protocol, plan)) outside.add(late);
  const rate = Math.max(0, ...plan.nodes.map(({ clock }) => Math.abs(clock?.ratePpm ?? 0)));
  if (rate > tolerates.clockRatePpm) outside.add('clock-rate');
  if (damagedDisks(plan) > damagedDisksMax(serversOf(plan), tolerates)) outside.add('damaged disks');
  return [...outside].sort();
}

/** What takes longer than a protocol assumes that relies on it. */
function lateness(protocol: Protocol, plan: Plan): readonly string[] {
  const { nodes, network, disk, overrides } = plan;
  const base = protocol.baseTimeout((nodes[0]?.options ?? {}) as Options);
  const most = (divisor: number): number => Math.max(2, (2 * base) / divisor);
  const latencies = overrides.map((override) => ('latency' in override ? override.latency : 0));
  const copies = longest(lateCopies(plan) ?? network.latency);
  const isLate = Math.max(longest(network.latency), copies, ...latencies) > most(SYNCHRONOUS.latencyDivisor);
  const isSlow = longest(disk.syncLatency) > most(SYNCHRONOUS.syncDivisor);
  return [...(isLate ? ['latency'] : []), ...(isSlow ? ['sync latency'] : [])];
}

/** How long copies take, where that is said and there are any that may come out of turn. */
function lateCopies({ network, faults }: Plan): Distribution | undefined {
  const { copyLatency, fifo } = network;
  const mayOvertake = !fifo || faults.some((fault) => fault.kind === 'degrade' && fault.fifo === false);
  return mayOvertake && mayCopy(network, faults) ? copyLatency : undefined;
}

/** Whether messages may come twice, always or while a fault lasts. */
export const mayCopy = ({ duplicationPpm }: NetworkModel, faults: readonly Fault[]): boolean =>
  duplicationPpm > 0 || faults.some((fault) => 'duplicationPpm' in fault);

/** How findings outside the model are labelled: they are no failures of the protocol. */
const OUTSIDE = 'outside model: ';

export const outside = (signature: string): string => `${OUTSIDE}${signature}`;

export const isOutside = (signature: string): boolean => signature.startsWith(OUTSIDE);

/** What broke, wherever it was. */
export const withoutLabel = (signature: string): string =>
  isOutside(signature) ? signature.slice(OUTSIDE.length) : signature;

/** Of how many nodes faults of this plan may damage the disk for good. */
function damagedDisks(plan: Plan): number {
  const { damageable = plan.nodes.map(({ id }) => id) } = plan.disk;
  const struck = new Set(
    plan.faults.filter(damagesDisk).map((fault) => ('node' in fault ? JSON.stringify(fault.node) : '')),
  );
  return Math.min(struck.size, damageable.length);
}

export const damagesDisk = (fault: Fault): boolean =>
  fault.kind === 'bit-flip' ||
  fault.kind === 'misdirected-write' ||
  fault.kind === 'read-error' ||
  (fault.kind === 'crash' && fault.empty === true);

const serversOf = ({ nodes }: Plan): number => nodes.filter(({ role }) => role !== 'client').length;

/** How many nodes' disks may be damaged: what the protocol claims, else less than half of those that are no clients. */
export const damagedDisksMax = (servers: number, tolerates: Tolerance): number =>
  tolerates.damagedDisksMax ?? Math.max(0, Math.floor((servers - 1) / 2));

/** Claims to survive everything. */
const fearless: Tolerance = {
  crashes: true,
  unsyncedLoss: true,
  partitions: true,
  messageLoss: true,
  duplication: true,
  reordering: true,
  pauses: true,
  clockRatePpm: Number.POSITIVE_INFINITY,
  clockSteps: true,
  tornWrites: true,
  diskErrors: true,
  corruption: true,
  misdirectedWrites: true,
  emptyRestarts: true,
  damagedDisksMax: Number.POSITIVE_INFINITY,
};

/** What runs of a scenario are drawn for: what the protocol claims, or everything. */
export const drawnTolerance = (protocol: Protocol, options: Options, { overBudget }: Chaos): Tolerance =>
  overBudget === true ? fearless : toleranceOf(protocol, options);

type Options = { readonly [name: string]: Json };
