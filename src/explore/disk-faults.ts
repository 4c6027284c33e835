/** Writes faults of disks, and the restarts that bring back who stopped because of one. */
import type { Fault, UnsyncedWrites } from '../sim/faults.ts';
import type { Micros } from '../sim/protocol.ts';
import type { FaultPlaces } from './fault-places.ts';

type DiskFault = Extract<
  Fault['kind'],
  'sync-error' | 'write-error' | 'full-disk' | 'read-error' | 'bit-flip' | 'misdirected-write'
>;

export const isDiskFault = (kind: Fault['kind']): kind is DiskFault =>
  kind === 'sync-error' ||
  kind === 'write-error' ||
  kind === 'full-disk' ||
  kind === 'read-error' ||
  kind === 'bit-flip' ||
  kind === 'misdirected-write';

/** What a crash leaves on the disk. */
export function diskLoss({ draw }: FaultPlaces): { unsynced: UnsyncedWrites; torn?: true } {
  const unsynced = draw.pick<UnsyncedWrites>(['none', 'none', 'prefix', 'subset', 'all']);
  return unsynced !== 'all' && draw.chance(15) ? { unsynced, torn: true } : { unsynced };
}

/** A disk that fails, and somebody who starts the node again some time later: protocols stop where they cannot trust their disk. */
export function diskFault(kind: DiskFault, places: FaultPlaces, at: Micros): readonly Fault[] {
  const { draw, setting } = places;
  const damages = kind === 'read-error' || kind === 'bit-flip' || kind === 'misdirected-write';
  if (damages && setting.damageable.length === 0) return [];
  const node = draw.pick(damages ? setting.damageable : setting.servers);
  const lasting = kind === 'full-disk' || kind === 'read-error' ? { for: places.duration(at) } : {};
  const fault = { kind, node, at, ...lasting } as Fault;
  const back: Fault = { kind: 'restart', node, at: Math.min(places.to, at + places.duration(at)) };
  // What is on the disk is read when a node boots.
  if (!damages) return [fault, back];
  const crash: Fault = {
    kind: 'crash',
    node,
    at: Math.min(places.to, at + draw.acrossScales(setting.base / 16, setting.base * 4)),
    ...diskLoss(places),
    for: places.duration(at),
  };
  return [fault, crash, back];
}
