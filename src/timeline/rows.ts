/** From a trace to the rows of a plain timeline: time, one cell per node, one sentence. Quiet stretches are folded into one row. */
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { Lanes } from './lanes.ts';
import { Narrator, type Weight } from './narrate.ts';
import { ofKind, type Step, StepMaker } from './steps.ts';
import { count, list, spaced, type Teller } from './tell.ts';

export interface Row {
  readonly at: Micros;
  /** Ordinal of the event; of the first one where steps are folded. */
  readonly event: number;
  /** One per lane, in the order of `lanesOf`. */
  readonly cells: readonly string[];
  readonly text: string;
  readonly weight: Weight;
  /** How many steps this row stands for. */
  readonly steps: number;
}

export interface RowOptions {
  readonly teller: Teller;
  /** The lanes to show; clients have none, their doings are told in words. */
  readonly lanes: readonly NodeId[];
  /** Steps below this weight are folded. Default `story`. */
  readonly show?: Weight;
}

const rank: { readonly [weight in Weight]: number } = { quiet: 0, detail: 1, story: 2 };

/** Rows of a whole trace, in order. */
export function rowsOf(events: Iterable<TraceEvent>, options: RowOptions): Row[] {
  const rows = new RowMaker(options);
  const made: Row[] = [];
  for (const event of events) made.push(...rows.add(event));
  return [...made, ...rows.end()];
}

/** Makes rows while a run goes on: memory does not grow with its length. */
export class RowMaker {
  private readonly narrator: Narrator;
  private readonly lanes: Lanes;
  private readonly shown: number;
  private readonly steps = new StepMaker();
  private starting: Starting | undefined = new Starting();
  private fold = new Fold();

  constructor({ teller, lanes, show }: RowOptions) {
    this.narrator = new Narrator(teller);
    this.lanes = new Lanes(lanes);
    this.shown = rank[show ?? 'story'];
  }

  /** The rows that are complete now. */
  add(event: TraceEvent): Row[] {
    const step = this.steps.add(event);
    return step === undefined ? [] : this.tell(step);
  }

  /** The rest, when the run is over. */
  end(): Row[] {
    const last = this.steps.end();
    const rows = last === undefined ? [] : this.tell(last);
    const cells = this.lanes.cells([]);
    return [...rows, ...(this.starting?.rows(cells) ?? []), ...this.fold.rows(cells)];
  }

  private tell(step: Step): Row[] {
    const before = this.lanes.cells([]);
    for (const event of step.events) this.lanes.apply(event);
    const { text, weight, nodes } = this.narrator.narrate(step);
    if (this.starting?.takes(step)) return [];
    const started = this.starting?.rows(before) ?? [];
    this.starting = undefined;
    const row: Row = { at: step.at, event: step.event, cells: this.lanes.cells(nodes), text, weight, steps: 1 };
    if (rank[weight] < this.shown) {
      this.fold.add(step, row);
      return started;
    }
    const folded = this.fold.rows(before);
    this.fold = new Fold();
    return [...started, ...folded, row];
  }
}

/** The first boots of all nodes are one row. */
class Starting {
  private first: Step | undefined = undefined;
  private steps = 0;
  private readonly nodesByRole = new Map<string, NodeId[]>();

  takes(step: Step): boolean {
    const boot = ofKind(step, 'boot')[0];
    if (boot === undefined || boot.incarnation !== 1 || (this.first !== undefined && step.at !== this.first.at))
      return false;
    if (ofKind(step, 'violation').length + ofKind(step, 'failure').length > 0) return false;
    this.first ??= step;
    this.steps++;
    this.nodesByRole.set(boot.role, [...(this.nodesByRole.get(boot.role) ?? []), boot.node]);
    return true;
  }

  rows(cells: readonly string[]): Row[] {
    if (this.first === undefined) return [];
    const groups = [...this.nodesByRole].map(
      ([role, nodes]) => `${list(nodes)} ${nodes.length === 1 ? `starts as a ${role}` : `start as ${role}s`}`,
    );
    const { at, event } = this.first;
    return [{ at, event, cells, text: `${groups.join('; ')}.`, weight: 'story', steps: this.steps }];
  }
}

/** A stretch of steps that are told together. */
class Fold {
  private single: Row | undefined = undefined;
  private steps = 0;
  private readonly counts = new Map<string, number>();

  add(step: Step, row: Row): void {
    this.single ??= row;
    this.steps++;
    const kind = quietKind(step);
    if (kind !== undefined) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  rows(cells: readonly string[]): Row[] {
    const first = this.single;
    if (first === undefined) return [];
    if (this.steps === 1) return [first];
    return [{ ...first, cells, steps: this.steps, text: this.text() }];
  }

  private text(): string {
    const sorted = [...this.counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1));
    const kinds = sorted.slice(0, 4).map(([kind, times]) => `${times} ${kind}`);
    const rest = sorted.length > 4 ? ', ...' : '';
    return `(${count(this.steps, 'quiet step')}${kinds.length === 0 ? '' : `: ${kinds.join(', ')}${rest}`})`;
  }
}

/** What a quiet step is counted as. */
function quietKind(step: Step): string | undefined {
  for (const event of step.events) {
    if (event.kind === 'deliver') return typeOf(event.message);
    if (event.kind === 'drop') return `${typeOf(event.message)} ${event.reason === 'loss' ? 'lost' : event.reason}`;
    if (event.kind === 'timer') return `${spaced(event.timer)} timer`;
    if (event.kind === 'synced') return 'sync';
  }
  return undefined;
}

function typeOf(message: unknown): string {
  const type = (message as { readonly type?: unknown } | null)?.type;
  return typeof type === 'string' ? type : 'message';
}

/** The nodes that get a lane: all but clients, in order of their joining. */
export function lanesOf(nodes: readonly { readonly id: NodeId; readonly role: string }[]): NodeId[] {
  return nodes.filter((node) => node.role !== 'client').map((node) => node.id);
}
