/** An acceptor is held to what it has said, also after a crash. */
import { always, type Property } from '../../../check/property.ts';
import type { World } from '../../../sim/observer.ts';
import { factNow, nameOf } from '../../atomic-commit/properties/facts.ts';
import type { TxnId } from '../../atomic-commit/transactions.ts';
import type { Phase1b, Phase2b } from '../shape.ts';
import { noteWriting, takeDurable, type Writings } from './ballots.ts';

interface OnDisk {
  readonly writings: Writings;
  /** By node: of each transaction the highest ballot promised, and the highest accepted. */
  readonly promised: Map<TxnId, number>[];
  readonly accepted: Map<TxnId, number>[];
}

function mapAt(maps: Map<TxnId, number>[], node: number): Map<TxnId, number> {
  while (maps.length <= node) maps.push(new Map());
  return maps[node] as Map<TxnId, number>;
}

export const promisesKept: Property = always<OnDisk>({
  name: 'PROMISE',
  title:
    'what an acceptor says it has promised or accepted is on its disk, what it accepts it also promises, and later promises and acceptances are higher',
  source: 'Gray, Lamport 2006, 4.1, 4.2',
  oracle: 'internal',
  messages: ['Phase1b', 'Phase2b'],
  start: () => ({ writings: [], promised: [], accepted: [] }),
  log(memory, node, log, change) {
    noteWriting(memory.writings, node, log, change);
    return undefined;
  },
  durable: (memory, node, world) => onDisk(memory, node, world, false),
  boot: (memory, node, world) => onDisk(memory, node, world, true),
  send(memory, from, _to, { type, txn, ballot }: Phase1b | Phase2b, world) {
    const known = (type === 'Phase1b' ? memory.promised : memory.accepted)[from]?.get(txn) ?? -1;
    if (known >= ballot) return undefined;
    const what = type === 'Phase1b' ? 'promises' : 'has accepted in';
    return {
      sentence: `${nameOf(world, from)} says that it ${what} ballot ${ballot} of ${txn}, and its disk does not`,
      facts: [factNow(world, from, `says so to another; on its disk is ${known < 0 ? 'none' : `ballot ${known}`}`)],
    };
  },
});

function onDisk(memory: OnDisk, node: number, world: World, isRestart: boolean): string | undefined {
  const promised = mapAt(memory.promised, node);
  for (const { type, txn, ballot, accepted } of takeDurable(memory.writings, node, world, isRestart)) {
    const before = promised.get(txn) ?? -1;
    if (ballot < before) {
      return `${nameOf(world, node)} has ${type} ballot ${ballot} of ${txn}, after it had promised ballot ${before}`;
    }
    if (accepted !== null && accepted.ballot > ballot) {
      return `${nameOf(world, node)} has accepted ballot ${accepted.ballot} of ${txn}, and promises no more than ballot ${ballot}`;
    }
    promised.set(txn, ballot);
    if (accepted !== null) mapAt(memory.accepted, node).set(txn, accepted.ballot);
  }
  return undefined;
}
