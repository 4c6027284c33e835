/** Steps as rows of the ladder: one column a node, one row an arrow, a mark or a banner. Which cells they take is decided later. */
import type { Fault } from '../sim/faults.ts';
import type { Json } from '../sim/plain.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import type { Cuts } from './cuts.ts';
import type { Ink } from './ink.ts';
import type { Look, Stage } from './stage.ts';
import { type OfKind, ofKind, type Step } from './steps.ts';
import { count, spaced, type Teller, tellRecord } from './tell.ts';
import { tellFault, tellFaultEnd } from './tell-fault.ts';
import { spellDuration } from './time.ts';

/** What every row of one step shares, and what it shows behind its own signs: lanes and walls. */
export interface LadderRow {
  /** Ordinal of the event. */
  readonly event: number;
  readonly at: Micros;
  readonly looks: ReadonlyMap<NodeId, Look>;
  readonly cuts: Cuts;
  readonly body: RowBody;
}

export type RowBody =
  /** A message arrives, or is lost on its last bit of way. */
  | {
      readonly kind: 'arrow';
      readonly from: NodeId;
      readonly to: NodeId;
      readonly tag: string;
      /** Short where the protocol has a short form. */
      readonly label: string;
      readonly lost?: string;
    }
  /** A sign on a lane, with a few words beside it. */
  | { readonly kind: 'mark'; readonly node: NodeId; readonly sign: string; readonly text: string; readonly ink: Ink }
  /** Words across all lanes. */
  | { readonly kind: 'banner'; readonly text: string; readonly ink: Ink };

export interface LadderOptions {
  readonly teller: Teller;
  /** Also what a handler does inside its node: timers set, writes, syncs. */
  readonly everything?: boolean;
}

/** The rows of the next step. `stage` stands before it, and behind it afterwards. */
export function ladderRows(step: Step, stage: Stage, options: LadderOptions): LadderRow[] {
  const before = new Map(stage.looks);
  const maker = new RowsOfStep(step, stage, options, before);
  for (const event of step.events) {
    maker.before(event);
    stage.apply(event);
    maker.after(event);
  }
  const { looks, cuts } = stage;
  return maker.rows().map((body) => ({ event: step.event, at: step.at, looks, cuts, body }));
}

class RowsOfStep {
  private readonly step: Step;
  private readonly stage: Stage;
  private readonly options: LadderOptions;
  private readonly looksBefore: ReadonlyMap<NodeId, Look>;
  private readonly bodies: RowBody[] = [];
  /** Messages of the handler that say the same, by what they say: one row, a letter each. */
  private readonly sends = new Map<string, { node: NodeId; tags: string }>();
  /** The operation whose answer comes. */
  private asked: Json | undefined = undefined;

  constructor(step: Step, stage: Stage, options: LadderOptions, looksBefore: ReadonlyMap<NodeId, Look>) {
    this.step = step;
    this.stage = stage;
    this.options = options;
    this.looksBefore = looksBefore;
  }

  rows(): readonly RowBody[] {
    const sends = [...this.sends].map(
      ([text, { node, tags }]): RowBody => ({ kind: 'mark', node, sign: '●', text: `${tags} ${text}`, ink: 'message' }),
    );
    const ends = this.bodies.filter((body) => body.kind === 'mark' && body.sign === '‼');
    const bodies = [...this.bodies.filter((body) => !ends.includes(body)), ...sends, ...ends];
    // What says nothing to a reader still is an event that can be stood upon.
    return bodies.length > 0 ? bodies : this.silent();
  }

  private silent(): RowBody[] {
    const event = this.step.events[0] as TraceEvent;
    if (!('node' in event) || event.node === undefined) return [];
    if (event.kind === 'synced') return [{ kind: 'mark', node: event.node, sign: '■', text: 'synced', ink: 'disk' }];
    return [{ kind: 'mark', node: event.node, sign: '·', text: spaced(event.kind), ink: 'dim' }];
  }

  private mark(node: NodeId, sign: string, text: string, ink: Ink): void {
    this.bodies.push({ kind: 'mark', node, sign, text, ink });
  }

  /** Messages are read while they are on their way. */
  before(event: TraceEvent): void {
    const { teller } = this.options;
    if (event.kind === 'return') this.asked = this.stage.calls.get(event.request)?.op as Json | undefined;
    if (event.kind === 'deliver') {
      const tag = this.stage.tagOf(event.id, event.copy);
      this.bodies.push({ kind: 'arrow', from: event.from, to: event.node, tag, label: teller.brief(event.message) });
    } else if (event.kind === 'drop') {
      const tag = this.stage.tagOf(event.id);
      const label = teller.brief(event.message);
      this.bodies.push({
        kind: 'arrow',
        from: event.from,
        to: event.to,
        tag,
        label,
        lost: event.reason === 'override' ? 'schedule' : event.reason,
      });
    }
  }

  after(event: TraceEvent): void {
    switch (event.kind) {
      case 'timer':
        this.mark(event.node, 'T', `${spaced(event.timer)}${event.key === undefined ? '' : ` ${event.key}`}`, 'timer');
        return;
      case 'send':
        this.send(event);
        return;
      case 'duplicate':
        this.duplicate(event);
        return;
      case 'note':
        this.mark(event.node, '◆', this.options.teller.caption(event.text, event.data), 'note');
        return;
      case 'view':
        this.change(event);
        return;
      case 'fault':
        this.fault(event);
        return;
      case 'violation': {
        const node = this.step.events.find((one) => 'node' in one && one.node !== undefined);
        const name = event.path === undefined ? event.property : `${event.path}:${event.property}`;
        const text = `${name} is broken: ${event.sentence}`;
        if (node !== undefined && 'node' in node && node.node !== undefined) this.mark(node.node, '‼', text, 'bad');
        else this.bodies.push({ kind: 'banner', text: `‼ ${text}`, ink: 'bad' });
        return;
      }
      case 'calm':
        this.bodies.push({ kind: 'banner', text: `calm: ${event.core.join(' ')} reach each other`, ink: 'good' });
        return;
      case 'failure':
        this.bodies.push({ kind: 'banner', text: `‼ the run ends here: ${event.sentence}`, ink: 'bad' });
        return;
      default:
        this.atNode(event);
    }
  }

  private atNode(event: TraceEvent): void {
    const { teller } = this.options;
    switch (event.kind) {
      case 'call':
        this.mark(event.node, '▸', `asks ${teller.operation(event.op)}`, 'client');
        return;
      case 'return':
        this.mark(event.node, event.outcome === 'unknown' ? '○' : '◂', this.returned(event), 'client');
        return;
      case 'boot':
        if (event.incarnation > 1) this.mark(event.node, '↻', 'restarts', 'fault');
        return;
      case 'crash':
        this.mark(event.node, '╳', `crash${losses(event)}`, 'fault');
        return;
      case 'disk-error':
        this.mark(event.node, '■', `disk: ${spaced(event.error)} at ${event.target}`, 'fault');
        return;
      case 'halt':
        this.mark(event.node, '╳', `stops: ${event.reason}`, 'fault');
        return;
      case 'pause':
        this.mark(event.node, '▒', 'stands still', 'fault');
        return;
      case 'resume':
        this.mark(event.node, '▒', 'goes on', 'fault');
        return;
      case 'admin':
        this.mark(event.node, '▸', `operator: ${teller.operation(event.action)}`, 'client');
        return;
      case 'synced':
        if (!event.ok) this.mark(event.node, '■', 'sync fails: writes are not durable', 'fault');
        else if (this.options.everything) this.mark(event.node, '■', 'synced: writes are durable', 'disk');
        return;
      default:
        if (this.options.everything) this.inside(event);
    }
  }

  /** What nobody outside of the node can see. */
  private inside(event: TraceEvent): void {
    if (event.kind === 'write') this.mark(event.node, '■', tellWrite(event), 'disk');
    if (event.kind === 'sync')
      this.mark(event.node, '■', event.blocking ? 'sync, waits for it' : 'sync begins', 'disk');
    if (event.kind === 'set-timer')
      this.mark(event.node, '·', `sets ${spaced(event.timer)} ${spellDuration(event.delay)}`, 'dim');
    if (event.kind === 'cancel-timer') this.mark(event.node, '·', `cancels ${spaced(event.timer)}`, 'dim');
  }

  private returned(event: OfKind<'return'>): string {
    if (event.outcome === 'unknown') return 'gives up: it may have happened or not';
    if (event.outcome === 'fail') return `refused${event.reason === undefined ? '' : `: ${event.reason}`}`;
    return `has its answer: ${this.options.teller.operation(this.asked ?? null, event.result ?? null)}`;
  }

  private send(event: OfKind<'send'>): void {
    const text = this.options.teller.brief(event.message);
    const tag = this.stage.tagOf(event.id);
    const known = this.sends.get(text);
    if (known !== undefined && known.node === event.node) known.tags += tag;
    else this.sends.set(text, { node: event.node, tags: tag });
  }

  private duplicate(event: OfKind<'duplicate'>): void {
    const tag = this.stage.tagOf(event.id, event.copy);
    this.mark(event.from, '●', `${tag} a copy to ${event.to}`, 'fault');
  }

  /** Notes say it best; without one, what the view shows. */
  private change({ node, view }: OfKind<'view'>): void {
    const old = this.looksBefore.get(node);
    if (old === undefined || old.view === undefined || ofKind(this.step, 'note').length > 0) return;
    if (old.role !== view.role) this.mark(node, '◆', `now ${view.role}: ${view.label}`, 'note');
    else if (old.epoch !== view.epoch) this.mark(node, '◆', `now at ${view.label}`, 'note');
  }

  private fault({ fault, phase, why }: OfKind<'fault'>): void {
    const node = this.stage.targetOf(fault);
    const aimed = node === undefined ? fault : ({ ...fault, node } as Fault);
    if (phase === 'skipped') {
      const text = `${spaced(fault.kind)} has no effect${why === undefined ? '' : `: ${why}`}`;
      this.bodies.push({ kind: 'banner', text, ink: 'dim' });
      return;
    }
    // Crashes, pauses and restarts have a mark of their own.
    if (fault.kind === 'crash' || fault.kind === 'pause' || fault.kind === 'restart') return;
    const text =
      phase === 'step' ? (why ?? spaced(fault.kind)) : phase === 'start' ? tellFault(aimed) : tellFaultEnd(aimed);
    this.bodies.push({ kind: 'banner', text, ink: 'fault' });
  }
}

function losses({ lostWrites, lostEffects }: OfKind<'crash'>): string {
  const parts: string[] = [];
  if (lostWrites > 0) parts.push(`loses ${count(lostWrites, 'unsynced write')}`);
  if (lostEffects > 0) parts.push(`its handler's last ${count(lostEffects, 'effect')} never happen`);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function tellWrite({ write, target, index, data }: OfKind<'write'>): string {
  switch (write) {
    case 'put':
      return `saves ${spaced(target)}${data === undefined ? '' : ` (${tellRecord(data)})`}`;
    case 'append':
      return `writes ${target}[${index ?? '?'}]`;
    case 'truncate':
      return `erases ${target} from ${index ?? '?'} on`;
    case 'drop-prefix':
      return `drops ${target} before ${index ?? '?'}`;
    case 'replace':
      return `replaces ${target} from ${index ?? '?'} on`;
  }
}

/** A row in words alone; also what search and filters look at. */
export function wordsOf(body: RowBody): string {
  if (body.kind === 'banner') return body.text;
  if (body.kind === 'mark') return `${body.node} ${body.sign} ${body.text}`;
  const end = body.lost === undefined ? '' : ` ╳ ${body.lost}`;
  return `${body.from} → ${body.to} ${body.tag} ${body.label}${end}`;
}
