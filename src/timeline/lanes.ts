/** One short cell per node: what it is at this moment. `L2` leader in epoch 2, `x` down, `=` standing still; `*` marks who acted. */
import type { NodeId } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';

interface Lane {
  cell: string;
  paused: boolean;
  down: boolean;
}

export class Lanes {
  readonly nodes: readonly NodeId[];
  private readonly lanes: Map<NodeId, Lane>;

  constructor(nodes: readonly NodeId[]) {
    this.nodes = nodes;
    this.lanes = new Map(nodes.map((node) => [node, { cell: '-', paused: false, down: false }]));
  }

  apply(event: TraceEvent): void {
    const lane = 'node' in event && event.node !== undefined ? this.lanes.get(event.node) : undefined;
    if (lane === undefined) return;
    if (event.kind === 'boot') Object.assign(lane, { down: false, paused: false, cell: '?' });
    if (event.kind === 'crash' || event.kind === 'halt') lane.down = true;
    if (event.kind === 'pause') lane.paused = true;
    if (event.kind === 'resume') lane.paused = false;
    if (event.kind === 'view') lane.cell = `${(event.view.role[0] ?? '?').toUpperCase()}${event.view.epoch ?? ''}`;
  }

  /** The cells as they are now. */
  cells(acting: readonly NodeId[]): string[] {
    return this.nodes.map((node) => {
      const lane = this.lanes.get(node) as Lane;
      const state = lane.down ? 'x' : lane.paused ? `${lane.cell}=` : lane.cell;
      return acting.includes(node) ? `${state}*` : state;
    });
  }
}
