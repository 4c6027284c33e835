/** Which links are cut: what the faults in force make of a network. */
import type { Fault } from '../sim/faults.ts';
import type { NodeId } from '../sim/protocol.ts';

/** A fault in force, aimed: its target is a node's name. */
export interface InForce {
  readonly id: number;
  readonly fault: Fault;
  readonly node?: NodeId;
}

/** The cuts of one moment. Immutable: a fault that begins or ends makes a new one. */
export class Cuts {
  static readonly none: Cuts = new Cuts([]);
  readonly faults: readonly InForce[];

  constructor(faults: readonly InForce[]) {
    this.faults = faults;
  }

  with(fault: InForce): Cuts {
    return new Cuts([...this.faults, fault]);
  }

  without(id: number): Cuts {
    return this.faults.some((fault) => fault.id === id)
      ? new Cuts(this.faults.filter((fault) => fault.id !== id))
      : this;
  }

  /** Whether messages from one node to the other are stopped. */
  stops(from: NodeId, to: NodeId): boolean {
    return this.faults.some((fault) => isStopped(fault, from, to));
  }

  get isWhole(): boolean {
    return this.faults.every(({ fault }) => !networkKinds.has(fault.kind));
  }

  /**
   * Nodes that reach each other both ways, as groups in the order of `nodes`; one group where the network is whole. A node between two
   * groups that reaches both is in the first of them.
   */
  groups(nodes: readonly NodeId[]): NodeId[][] {
    const groups: NodeId[][] = [];
    for (const node of nodes) {
      const home = groups.find((group) => group.every((other) => !this.stops(node, other) && !this.stops(other, node)));
      if (home === undefined) groups.push([node]);
      else home.push(node);
    }
    return groups;
  }
}

const networkKinds: ReadonlySet<Fault['kind']> = new Set(['partition', 'flapping', 'isolate', 'partial', 'cut']);

function isStopped({ fault, node }: InForce, from: NodeId, to: NodeId): boolean {
  if (from === to) return false;
  switch (fault.kind) {
    case 'partition':
    case 'flapping': {
      const here = fault.groups.filter((group) => group.includes(from));
      const there = fault.groups.filter((group) => group.includes(to));
      return here.length > 0 && there.length > 0 && !here.some((group) => there.includes(group));
    }
    case 'isolate': {
      const reaches = (other: NodeId): boolean => fault.from === undefined || fault.from.includes(other);
      if (from === node) return fault.direction !== 'inbound' && reaches(to);
      return to === node && fault.direction !== 'outbound' && reaches(from);
    }
    case 'partial':
      return fault.pairs.some(([one, other]) => (one === from && other === to) || (one === to && other === from));
    case 'cut':
      return fault.from.includes(from) && fault.to.includes(to);
    default:
      return false;
  }
}
