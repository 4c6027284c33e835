/** Faults in words: what the world does to the protocol. */
import type { Fault, Target } from '../sim/faults.ts';
import { list, spaced, tellValue } from './tell.ts';
import { spellDuration } from './time.ts';

/** A fault that begins, as a sentence without its full stop. */
export function tellFault(fault: Fault): string {
  const lasting = 'for' in fault && fault.for !== undefined ? ` for ${spellDuration(fault.for)}` : '';
  switch (fault.kind) {
    case 'partition':
      return `the network splits into ${fault.groups.map((group) => `{${group.join(' ')}}`).join(' and ')}${lasting}`;
    case 'isolate':
      return `${isolation[fault.direction ?? 'both'](target(fault.node))}${lasting}`;
    case 'cut':
      return `messages from ${list(fault.from)} to ${list(fault.to)} are cut${lasting}`;
    case 'clog':
      return `messages from ${list(fault.from)} to ${list(fault.to)} are held back${lasting}`;
    case 'noise':
      return `the network gets worse: ${noise(fault)}${lasting}`;
    case 'crash':
      return `${target(fault.node)} crashes${fault.for === undefined ? '' : `, to restart after ${spellDuration(fault.for)}`}`;
    case 'restart':
      return `${target(fault.node)} is started again`;
    case 'pause':
      return `${target(fault.node)} stands still${lasting}`;
    case 'clock-step':
      return `the wall clock of ${target(fault.node)} jumps ${fault.by < 0 ? 'back' : 'ahead'} by ${spellDuration(Math.abs(fault.by))}`;
    case 'clock-rate':
      return `the clock of ${target(fault.node)} runs ${percent(Math.abs(fault.ppm))} too ${fault.ppm < 0 ? 'slow' : 'fast'}${lasting}`;
    case 'slow-disk':
      return `the disk of ${target(fault.node)} takes ${spellDuration(fault.latency)} for every sync${lasting}`;
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
    case 'isolate':
      return `${target(fault.node)} is connected again`;
    case 'cut':
      return `messages from ${list(fault.from)} to ${list(fault.to)} get through again`;
    case 'clog':
      return `messages held back from ${list(fault.from)} to ${list(fault.to)} are let go`;
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

const target = (node: Target): string =>
  typeof node === 'string' ? node : `the node that last noted "${spaced(node.noted)}"`;

const isolation = {
  both: (node: string): string => `${node} is cut off from everybody`,
  inbound: (node: string): string => `${node} can speak but hears nobody`,
  outbound: (node: string): string => `${node} can hear but reaches nobody`,
};

function noise(fault: Extract<Fault, { kind: 'noise' }>): string {
  const parts: string[] = [];
  if (fault.lossPpm !== undefined) parts.push(`${percent(fault.lossPpm)} of messages lost`);
  if (fault.duplicationPpm !== undefined) parts.push(`${percent(fault.duplicationPpm)} delivered twice`);
  return parts.join(', ');
}

const percent = (ppm: number): string => `${Number((ppm / 10_000).toFixed(4))} %`;
