/** Every state in which one crash can leave a node's disk: for tests of recovery code, which see all of them and not a drawn few. */
import { nameOf } from './damage.ts';
import { contentsOf, type Write } from './image.ts';
import { canonicalText } from './plain.ts';
import type { NodeId } from './protocol.ts';
import type { Simulation } from './simulation.ts';

export interface CrashState {
  /** The unsynced writes that have survived, e.g. `append log[3]`. */
  readonly kept: readonly string[];
  /** The first append that was lost has left a part of itself. */
  readonly torn: boolean;
}

/** More unsynced writes than this have more states than a test can go through. */
const WRITES_MAX = 12;

/**
 * Crashes `node`, as it is now, in every way that leaves another disk: any subset of its unsynced writes survives, with and without a torn
 * entry. At each state the simulation stands right after the crash: `simulation.restart(node)` boots the node, and the run may go on.
 * Afterwards the simulation is where it was before.
 * @throws RangeError when the node has more than 12 unsynced writes, or is not running.
 */
export function* crashStates(simulation: Simulation, node: NodeId): Generator<CrashState, void, void> {
  const writes = simulation.unsyncedWrites(node);
  if (writes.length > WRITES_MAX)
    throw new RangeError(`${node} has ${writes.length} unsynced writes: that are more than ${WRITES_MAX}`);
  const before = simulation.snapshot();
  const seen = new Set<string>();
  for (let subset = 0; subset < 1 << writes.length; subset++) {
    for (const torn of [false, true]) {
      const kept = writes.flatMap((_, i) => (((subset >> i) & 1) === 1 ? [i] : []));
      simulation.crash(node, kept, torn);
      const state = diskOf(simulation, node);
      if (!seen.has(state)) {
        seen.add(state);
        yield { kept: kept.map((i) => tell(writes[i] as Write)), torn };
      }
      simulation.restore(before);
    }
  }
}

function diskOf(simulation: Simulation, node: NodeId): string {
  const found = simulation.snapshot().nodes.find(({ spec }) => spec.id === node);
  return found === undefined ? '' : canonicalText(contentsOf(found.saved.disk.durable));
}

const tell = (write: Write): string =>
  `${write.kind} ${nameOf(write.area, write.target, 'index' in write ? write.index : undefined)}`;
