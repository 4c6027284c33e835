/** Faults in words: what the world does to the protocol. */
import type { Distribution } from '../sim/config.ts';
import type { Fault, Target } from '../sim/faults.ts';
import { list, spaced, tellValue } from './tell.ts';
import { spellDuration } from './time.ts';

/** A fault that begins, as a sentence without its full stop. */
export function tellFault(fault: Fault): string {
  const lasting = 'for' in fault && fault.for !== undefined ? ` for ${spellDuration(fault.for)}` : '';
  switch (fault.kind) {
    case 'partition':
      return `${tellGroups(fault.groups)}${lasting}`;
    case 'isolate': {
      const others = fault.from === undefined ? 'everybody' : list(fault.from.filter((node) => node !== fault.node));
      return `${isolation[fault.direction ?? 'both'](target(fault.node), others)}${lasting}`;
    }
    case 'partial':
      return `${list(fault.pairs.map(([one, other]) => `${one}-${other}`))} lose${fault.pairs.length === 1 ? 's' : ''} contact${lasting}`;
    case 'flapping':
      return `${tellGroups(fault.groups)} for ${spellDuration(fault.cut)}, not for the last time`;
    case 'swizzle-clog':
      return `some of ${list(fault.nodes)} are clogged one by one and released in another order, within ${spellDuration(fault.for)}`;
    case 'degrade':
      return `links from ${list(fault.from)} to ${list(fault.to)} get worse: ${quality(fault)}${lasting}`;
    case 'filter': {
      const from = fault.from === undefined ? '' : ` from ${list(fault.from)}`;
      const to = fault.to === undefined ? '' : ` to ${list(fault.to)}`;
      return `every ${list(fault.messages)}${from}${to} is filtered out${lasting}`;
    }
    case 'cut':
      return `messages from ${list(fault.from)} to ${list(fault.to)} are cut${lasting}`;
    case 'clog':
      return `messages from ${list(fault.from)} to ${list(fault.to)} are held back${lasting}`;
    case 'noise':
      return `the network gets worse: ${noise(fault)}${lasting}`;
    case 'crash':
      return `${target(fault.node)} crashes${fault.for === undefined ? '' : `, to restart after ${spellDuration(fault.for)}`}`;
    case 'outage':
      return `the power fails at ${list(fault.nodes)}${fault.for === undefined ? '' : `, to return after ${spellDuration(fault.for)}`}`;
    case 'crash-loop':
      return `${target(fault.node)} crashes, ${fault.times} times in a row`;
    case 'restart':
      return `${target(fault.node)} is started again`;
    case 'pause':
      return `${target(fault.node)} stands still${lasting}`;
    case 'slow-node':
      return `${target(fault.node)} gets slow: every handler takes ${spellDuration(fault.cost)}${lasting}`;
    case 'timer-jitter':
      return `timers of ${list(fault.nodes)} may be late, seldom by up to ${spellDuration(fault.max)}${lasting}`;
    case 'clock-drift':
      return `the clock of ${target(fault.node)} drifts by up to ${percent(fault.ppm)}, another way every ${spellDuration(fault.every)}${lasting}`;
    case 'clock-step':
      return `the wall clock of ${target(fault.node)} jumps ${fault.by < 0 ? 'back' : 'ahead'} by ${spellDuration(Math.abs(fault.by))}`;
    case 'clock-rate':
      return `the clock of ${target(fault.node)} runs ${percent(Math.abs(fault.ppm))} too ${fault.ppm < 0 ? 'slow' : 'fast'}${lasting}`;
    case 'slow-disk':
      return `the disk of ${target(fault.node)} takes ${spellDuration(fault.latency)} for every sync${lasting}`;
    case 'disk-stall':
      return `the disk of ${target(fault.node)} stalls${lasting}`;
    case 'write-error':
      return `the next write of ${target(fault.node)} will fail`;
    case 'full-disk':
      return `the disk of ${target(fault.node)} is full${lasting}`;
    case 'read-error':
      return `the disk of ${target(fault.node)} has a bad sector${lasting}`;
    case 'bit-flip':
      return `a bit flips on the disk of ${target(fault.node)}`;
    case 'misdirected-write':
      return `the next write of ${target(fault.node)} that becomes durable will do so at a wrong place`;
    case 'sync-error':
      return `the next sync of ${target(fault.node)} will fail`;
    case 'join':
      return `${fault.node} joins as ${fault.role}`;
    case 'admin':
      return `the operator tells ${target(fault.node)}: ${tellValue(fault.action)}`;
  }
}

/** A fault whose time is over. */
export function tellFaultEnd(fault: Fault): string {
  switch (fault.kind) {
    case 'partition':
      return 'the network is whole again';
    case 'flapping':
      return 'the network is whole again';
    case 'partial':
      return 'everybody reaches everybody again';
    case 'isolate':
      return `${target(fault.node)} is connected again`;
    case 'cut':
      return `messages from ${list(fault.from)} to ${list(fault.to)} get through again`;
    case 'clog':
      return `messages held back from ${list(fault.from)} to ${list(fault.to)} are let go`;
    case 'swizzle-clog':
      return 'nothing is held back any more';
    case 'degrade':
      return `links from ${list(fault.from)} to ${list(fault.to)} are as good as before`;
    case 'filter':
      return `${list(fault.messages)} gets through again`;
    case 'slow-node':
      return `${target(fault.node)} is as fast as before`;
    case 'timer-jitter':
      return `timers of ${list(fault.nodes)} are punctual again`;
    case 'clock-drift':
      return `the clock of ${target(fault.node)} runs as before`;
    case 'disk-stall':
      return `the disk of ${target(fault.node)} works again`;
    case 'full-disk':
      return `the disk of ${target(fault.node)} has room again`;
    case 'read-error':
      return `the disk of ${target(fault.node)} can read everything again`;
    case 'noise':
      return 'the network is as good as before';
    case 'clock-rate':
      return `the clock of ${target(fault.node)} runs as before`;
    case 'slow-disk':
      return `the disk of ${target(fault.node)} is as fast as before`;
    default:
      return `${spaced(fault.kind)} is over`;
  }
}

function target(node: Target): string {
  if (typeof node === 'string') return node;
  return 'noted' in node ? `the node that last noted "${spaced(node.noted)}"` : 'the node that tells several others';
}

const isolation = {
  both: (node: string, others: string): string => `${node} is cut off from ${others}`,
  inbound: (node: string, others: string): string =>
    `${node} can speak but hears ${others === 'everybody' ? 'nobody' : `nothing from ${others}`}`,
  outbound: (node: string, others: string): string =>
    `${node} can hear but reaches ${others === 'everybody' ? 'nobody' : `none of ${others}`}`,
};

function noise(fault: Extract<Fault, { kind: 'noise' }>): string {
  const parts: string[] = [];
  if (fault.lossPpm !== undefined) parts.push(`${percent(fault.lossPpm)} of messages lost`);
  if (fault.duplicationPpm !== undefined) parts.push(`${percent(fault.duplicationPpm)} delivered twice`);
  return parts.join(', ');
}

const percent = (ppm: number): string => `${Number((ppm / 10_000).toFixed(4))} %`;

/** Groups that overlap have names: everybody with two neighbours is a ring, two groups that share nodes have a bridge. */
function tellGroups(groups: readonly (readonly string[])[]): string {
  const written = groups.map((group) => `{${group.join(' ')}}`);
  const shared = new Set(
    groups.flatMap((group, i) => group.filter((node) => groups.some((other, j) => j > i && other.includes(node)))),
  );
  const members = new Set(groups.flat());
  if (shared.size === 0) return `the network splits into ${written.join(' and ')}`;
  const isRing = groups.length > 2 && groups.length === members.size && groups.every((group) => group.length === 2);
  if (isRing && shared.size === members.size)
    return `the network becomes a ring: ${[...groups.map(([node]) => node), groups[0]?.[0]].join('-')}`;
  return `the network splits into ${written.join(' and ')}, with ${list([...shared])} as a bridge`;
}

function quality(fault: Extract<Fault, { kind: 'degrade' }>): string {
  const { latency, lossPpm, duplicationPpm, fifo, capacity } = fault;
  const parts: string[] = [];
  if (latency !== undefined) parts.push(`latency ${tellLatency(latency)}`);
  if (lossPpm !== undefined) parts.push(`${percent(lossPpm)} of messages lost`);
  if (duplicationPpm !== undefined) parts.push(`${percent(duplicationPpm)} delivered twice`);
  if (fifo !== undefined) parts.push(fifo ? 'in order' : 'out of order');
  if (capacity !== undefined) parts.push(`room for ${capacity} at a time`);
  return parts.join(', ');
}

function tellLatency(latency: Distribution): string {
  switch (latency.kind) {
    case 'constant':
      return spellDuration(latency.value);
    case 'log-normal':
      return `about ${spellDuration(latency.median)}`;
    case 'exponential':
      return `about ${spellDuration(latency.min + latency.mean)}`;
    case 'uniform':
      return `${spellDuration(latency.min)} to ${spellDuration(latency.max)}`;
    case 'bimodal':
      return `${spellDuration(latency.min)} to ${spellDuration(latency.max)}, seldom up to ${spellDuration(latency.slowMax)}`;
  }
}
