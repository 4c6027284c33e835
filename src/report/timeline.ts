/** The ladder of the timeline as plain lines, one after the other while a run goes on: what `show --plain` prints. */
import type { Telling } from '../check/protocol.ts';
import type { NodeId } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { type Line, textOf } from '../timeline/ink.ts';
import { type LadderRow, ladderRows } from '../timeline/ladder.ts';
import { ladderHead, ladderLine } from '../timeline/ladder-lines.ts';
import { layoutFor, orderByGroups } from '../timeline/layout.ts';
import { foldText, isFoldable } from '../timeline/sight.ts';
import { asciiText } from '../timeline/signs.ts';
import { Stage } from '../timeline/stage.ts';
import { StepIndex } from '../timeline/step-index.ts';
import { type Step, StepMaker } from '../timeline/steps.ts';
import { type Teller, tellerOf } from '../timeline/tell.ts';

export interface PlainTimelineOptions {
  readonly nodes: readonly { readonly id: NodeId; readonly role: string }[];
  readonly tell: Telling | undefined;
  readonly width: number;
  readonly ascii: boolean;
}

export interface PlainTimeline {
  /** The lines that are complete now. */
  add(event: TraceEvent): string[];
  /** The rest, when the run is over. */
  end(): string[];
}

/** Rows between two repetitions of the head. */
const HEAD_EVERY = 40;
/** Rows that nobody can open again are folded sooner than on a screen. */
const FOLD_MIN = 3;

export function plainTimeline(options: PlainTimelineOptions): PlainTimeline {
  const maker = new PlainMaker(options);
  const steps = new StepMaker();
  return {
    add: (event) => {
      const step = steps.add(event);
      return step === undefined ? [] : maker.lines(step);
    },
    end: () => {
      const step = steps.end();
      return [...(step === undefined ? [] : maker.lines(step)), ...maker.unfold(), ...maker.inFlight()];
    },
  };
}

class PlainMaker {
  private readonly options: PlainTimelineOptions;
  private readonly teller: Teller;
  private readonly stage: Stage;
  private readonly clients: ReadonlySet<NodeId>;
  private readonly index = new StepIndex();
  private quiet: { readonly place: number; readonly rows: readonly LadderRow[] }[] = [];
  private sinceHead = HEAD_EVERY;
  private order = '';

  constructor(options: PlainTimelineOptions) {
    this.options = options;
    this.teller = tellerOf(options.tell);
    this.stage = new Stage(options.nodes.map(({ id }) => id));
    this.clients = new Set(options.nodes.filter(({ role }) => role === 'client').map(({ id }) => id));
  }

  /** Quiet steps are held back until it is known how many there are. */
  lines(step: Step): string[] {
    this.index.add(step);
    const place = this.index.length - 1;
    const rows = ladderRows(step, this.stage, { teller: this.teller });
    if (!isFoldable(this.index, place)) return [...this.unfold(), ...this.rowsLines(rows)];
    this.quiet.push({ place, rows });
    return [];
  }

  private rowsLines(rows: readonly LadderRow[]): string[] {
    return rows.flatMap((row, i) => this.rowLines(row, i === 0));
  }

  /** The quiet steps so far: one line where they are many. */
  unfold(): string[] {
    const { quiet } = this;
    this.quiet = [];
    const first = quiet[0]?.rows[0];
    if (quiet.length < FOLD_MIN || first === undefined) return quiet.flatMap(({ rows }) => this.rowsLines(rows));
    const text = foldText(
      this.index,
      quiet.map(({ place }) => place),
    );
    return this.rowsLines([{ ...first, body: { kind: 'mark', node: '', sign: '', text, ink: 'dim' } }]);
  }

  private rowLines(row: LadderRow, showTime: boolean): string[] {
    const order = orderByGroups([...row.looks.keys()], this.clients, row.cuts);
    const layout = layoutFor(this.options.width, row.looks, this.clients, order);
    const isNewOrder = order.join(' ') !== this.order;
    this.order = order.join(' ');
    const head = isNewOrder || this.sinceHead++ >= HEAD_EVERY ? [this.text(ladderHead(row, layout))] : [];
    if (head.length > 0) this.sinceHead = 0;
    return [...head, this.text(ladderLine(row, layout, { showTime }))];
  }

  private text(line: Line): string {
    const text = textOf(line).trimEnd();
    return this.options.ascii ? asciiText(text) : text;
  }

  /** Messages that had not arrived when the run ended. */
  inFlight(): string[] {
    const left = [...this.stage.flights.values()];
    if (left.length === 0) return [];
    const told = left.slice(0, 20).map(({ tag, from, to, message }) => {
      return this.text([{ text: `  ${tag} ${from} → ${to} ${this.teller.message(message as never)}`, ink: 'plain' }]);
    });
    const more = left.length > told.length ? [`  and ${left.length - told.length} more`] : [];
    return ['', 'still on their way at the end:', ...told, ...more];
  }
}
