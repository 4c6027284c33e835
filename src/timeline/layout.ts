/** Where lanes stand: columns for a width, and the order in which groups of a cut network are contiguous. */
import type { NodeId } from '../sim/protocol.ts';
import type { Cuts } from './cuts.ts';
import type { Look } from './stage.ts';

export interface Layout {
  readonly width: number;
  /** Names in the order of their columns. */
  readonly lanes: readonly NodeId[];
  /** Nodes without a lane of their own, whose doings stand beside those they speak to. */
  readonly others: ReadonlySet<NodeId>;
  /** Column of the lane of each node. */
  readonly columns: ReadonlyMap<NodeId, number>;
  /** Columns between two lanes. */
  readonly pitch: number;
  /** Columns that time and cursor take. */
  readonly margin: number;
}

const PITCH_MIN = 13;
const PITCH_MAX = 22;
/** Columns beside the last lane. */
const TAIL = 9;

/** Nodes that can have a lane: servers first; clients only where all of them find room. */
export function layoutFor(
  width: number,
  looks: ReadonlyMap<NodeId, Look>,
  clients: ReadonlySet<NodeId>,
  order: readonly NodeId[],
): Layout {
  const margin = width >= 90 ? 15 : 13;
  const most = Math.floor((width - margin - TAIL) / PITCH_MIN) + 1;
  const nodes = order.filter((node) => looks.has(node));
  const servers = nodes.filter((node) => !clients.has(node));
  const shown = nodes.length <= most || servers.length === 0 ? nodes : servers;
  const lanes = [...shown.filter((node) => !clients.has(node)), ...shown.filter((node) => clients.has(node))];
  const room = Math.floor((width - margin - TAIL) / Math.max(1, lanes.length - 1));
  const pitch = Math.min(PITCH_MAX, room);
  return {
    width,
    lanes,
    others: new Set(nodes.filter((node) => !lanes.includes(node))),
    columns: new Map(lanes.map((node, i) => [node, margin + i * pitch])),
    pitch,
    margin,
  };
}

/** Whether lanes have room for labels; where not, a list of events with a column of status is shown. */
export const hasLanes = (layout: Layout): boolean => layout.pitch >= PITCH_MIN && layout.lanes.length > 0;

/** The nodes group by group, so that a wall can stand between two groups; as they are where nothing is cut. */
export function orderByGroups(nodes: readonly NodeId[], clients: ReadonlySet<NodeId>, cuts: Cuts): readonly NodeId[] {
  if (cuts.isWhole) return nodes;
  const servers = nodes.filter((node) => !clients.has(node));
  return [...cuts.groups(servers).flat(), ...nodes.filter((node) => clients.has(node))];
}

/** A letter for the group of each node; none where the network is whole. */
export function groupLetters(nodes: readonly NodeId[], cuts: Cuts): ReadonlyMap<NodeId, string> {
  if (cuts.isWhole) return new Map();
  const groups = cuts.groups(nodes);
  if (groups.length < 2) return new Map();
  return new Map(groups.flatMap((group, i) => group.map((node) => [node, String.fromCharCode(65 + (i % 26))])));
}
