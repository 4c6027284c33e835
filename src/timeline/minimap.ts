/** The whole run in a few lines: time runs to the right, a line a node, one for the network, one for clients. */
import type { Micros, NodeId } from '../sim/protocol.ts';
import { type Change, type Chronicle, type Episode, nameOf } from './chronicle.ts';
import { Canvas, type Ink, type Line } from './ink.ts';

export interface MinimapOptions {
  readonly width: number;
  /** Nodes with a line of their own, in order. */
  readonly nodes: readonly NodeId[];
  /** Where the cursor stands. */
  readonly at: Micros;
  readonly clients: boolean;
  /** A letter behind each line, for the groups of a cut network. */
  readonly letters: ReadonlyMap<NodeId, string>;
  readonly bookmarks: readonly Micros[];
  /** What comes later is not shown. */
  readonly until?: Micros | undefined;
}

/** Axis, network, nodes and, where wished, clients. */
export function minimap(whole: Chronicle, options: MinimapOptions): Line[] {
  const chronicle = options.until === undefined ? whole : whole.until(options.until);
  const margin = Math.max(8, ...options.nodes.map((node) => node.length + 2));
  const scale = new Scale(chronicle.end, margin, options.width - margin - 3);
  return [
    axis(scale, options),
    network(chronicle, scale, options),
    ...options.nodes.map((node) => lane(node, chronicle, scale, options)),
    ...(options.clients ? [clients(chronicle, scale, options)] : []),
  ];
}

class Scale {
  readonly margin: number;
  readonly cells: number;
  private readonly end: Micros;

  constructor(end: Micros, margin: number, cells: number) {
    this.end = Math.max(1, end);
    this.margin = margin;
    this.cells = Math.max(1, cells);
  }

  x(at: Micros): number {
    return this.margin + Math.min(this.cells - 1, Math.floor((at / this.end) * this.cells));
  }

  /** Time between two numbers on the axis: 1, 2 or 5 times a power of ten, at least nine cells apart. */
  tick(): Micros {
    const least = Math.max(1, (9 / this.cells) * this.end);
    let size = 1;
    while (size * 10 < least) size *= 10;
    return [1, 2, 5, 10].map((factor) => factor * size).find((tick) => tick >= least) ?? size * 10;
  }

  get right(): number {
    return this.margin + this.cells;
  }
}

function axis(scale: Scale, { width, at, bookmarks }: MinimapOptions): Line {
  const canvas = new Canvas(width);
  canvas.put(0, 'ms', 'dim');
  const tick = scale.tick();
  for (let time = 0; scale.x(time) < scale.right - 6; time += tick) {
    canvas.put(scale.x(time), String(Number((time / 1_000).toFixed(1))), 'dim');
    if (time + tick === time) break;
  }
  for (const mark of bookmarks) canvas.put(scale.x(mark), '•', 'hint');
  canvas.put(scale.x(at), '▼', 'bold');
  return canvas.line();
}

function lane(node: NodeId, chronicle: Chronicle, scale: Scale, { width, letters }: MinimapOptions): Line {
  const canvas = new Canvas(width);
  canvas.put(0, node, 'bold');
  const changes = chronicle.changes.get(node) ?? [];
  let next = 0;
  let now: Change | undefined;
  let free = scale.margin;
  for (let x = scale.margin; x < scale.right; x++) {
    let changed = false;
    while (next < changes.length && scale.x((changes[next] as Change).at) <= x) {
      now = changes[next++];
      changed = true;
    }
    if (now === undefined) continue;
    const { sign, ink } = cellOf(now, changed);
    if (x >= free) canvas.put(x, sign, ink);
    if (!changed || now.status !== 'up') continue;
    canvas.put(Math.max(x, free), now.badge, ink);
    free = Math.max(x, free) + now.badge.length;
  }
  const letter = letters.get(node);
  if (letter !== undefined) canvas.put(scale.right + 1, letter, 'fault');
  return canvas.line();
}

function cellOf({ badge, status }: Change, changed: boolean): { readonly sign: string; readonly ink: Ink } {
  if (status === 'absent') return { sign: ' ', ink: 'dim' };
  if (status === 'down') return { sign: changed ? '╳' : '╌', ink: 'fault' };
  if (status === 'paused') return { sign: '▒', ink: 'fault' };
  const ink: Ink =
    badge.startsWith('L') || badge.startsWith('H') ? 'leader' : badge.startsWith('C') ? 'candidate' : 'dim';
  return { sign: '─', ink };
}

function network(chronicle: Chronicle, scale: Scale, { width }: MinimapOptions): Line {
  const canvas = new Canvas(width);
  canvas.put(0, 'net', 'bold');
  canvas.put(scale.margin, '─'.repeat(scale.cells), 'dim');
  for (const { at } of chronicle.losses) canvas.put(scale.x(at), '·', 'fault');
  for (const episode of chronicle.episodes) if (isOfNetwork(episode)) putEpisode(canvas, episode, chronicle.end, scale);
  return canvas.line();
}

const isOfNetwork = ({ fault, skipped }: Episode): boolean =>
  skipped === undefined &&
  ['partition', 'flapping', 'isolate', 'partial', 'cut', 'clog', 'noise', 'degrade', 'filter'].includes(fault.kind);

function putEpisode(canvas: Canvas, episode: Episode, end: Micros, scale: Scale): void {
  const from = scale.x(episode.start);
  const to = scale.x(episode.end ?? end);
  canvas.put(from, '├', 'fault');
  for (let x = from + 1; x < to; x++) canvas.put(x, ' ', 'fault');
  const name = nameOf(episode);
  canvas.fit(from + 1, to - from - 1, name, 'fault');
  if (to > from) canvas.put(to, '┤', 'fault');
}

function clients(chronicle: Chronicle, scale: Scale, { width }: MinimapOptions): Line {
  const canvas = new Canvas(width);
  canvas.put(0, 'clients', 'bold');
  for (const { at, outcome } of chronicle.clients) {
    const x = scale.x(at);
    if (outcome === 'ok' && canvas.at(x) === ' ') canvas.put(x, '●', 'good');
    if (outcome === 'fail' && canvas.at(x) !== '○') canvas.put(x, '×', 'dim');
    if (outcome === 'unknown') canvas.put(x, '○', 'client');
  }
  return canvas.line();
}
