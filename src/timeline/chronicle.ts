/** The whole run at a glance: what each node was, when; which faults were in force; how clients fared. What the minimap is drawn from. */
import type { Fault } from '../sim/faults.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { badgeOf, type Stage } from './stage.ts';
import { spaced } from './tell.ts';

/** From `at` on a node looks like this. */
export interface Change {
  readonly at: Micros;
  readonly event: number;
  readonly badge: string;
  readonly status: 'absent' | 'up' | 'down' | 'paused';
}

/** A fault in force from `start` to `end` (undefined: to the end of the run). */
export interface Episode {
  readonly id: number;
  readonly event: number;
  readonly start: Micros;
  readonly fault: Fault;
  readonly node: NodeId | undefined;
  end: Micros | undefined;
  /** Why it had no effect. */
  readonly skipped: string | undefined;
}

export interface ClientMark {
  readonly at: Micros;
  readonly event: number;
  readonly outcome: 'ok' | 'fail' | 'unknown';
}

/** More than this many are thinned out: a minimap has no room for them. */
const MARKS_MAX = 20_000;

export class Chronicle {
  readonly changes: Map<NodeId, Change[]> = new Map();
  readonly episodes: Episode[] = [];
  readonly clients: ClientMark[] = [];
  readonly losses: { readonly at: Micros }[] = [];
  end: Micros = 0;

  /** `stage` has taken the event in already. */
  add(event: TraceEvent, stage: Stage): void {
    this.end = event.at;
    switch (event.kind) {
      case 'boot':
      case 'view':
      case 'crash':
      case 'halt':
      case 'pause':
      case 'resume':
        this.change(event, event.node, stage);
        return;
      case 'fault':
        this.fault(event, stage);
        return;
      case 'return':
        if (this.clients.length < MARKS_MAX)
          this.clients.push({ at: event.at, event: event.event, outcome: event.outcome });
        return;
      case 'drop':
        if (this.losses.length < MARKS_MAX) this.losses.push({ at: event.at });
        return;
      default:
    }
  }

  /** The same as far as it was known at this time; the axis keeps its length. */
  until(at: Micros): Chronicle {
    const known = new Chronicle();
    known.end = this.end;
    for (const [node, changes] of this.changes)
      known.changes.set(
        node,
        changes.filter((change) => change.at <= at),
      );
    for (const episode of this.episodes) {
      if (episode.start <= at)
        known.episodes.push({ ...episode, end: episode.end === undefined || episode.end > at ? at : episode.end });
    }
    known.clients.push(...this.clients.filter((mark) => mark.at <= at));
    known.losses.push(...this.losses.filter((loss) => loss.at <= at));
    return known;
  }

  private change({ at, event }: TraceEvent, node: NodeId, stage: Stage): void {
    const look = stage.looks.get(node);
    if (look === undefined) return;
    const changes = this.changes.get(node) ?? [];
    this.changes.set(node, changes);
    const badge = badgeOf(look);
    const last = changes.at(-1);
    if (last?.badge === badge && last.status === look.status) return;
    changes.push({ at, event, badge, status: look.status });
  }

  private fault(event: Extract<TraceEvent, { kind: 'fault' }>, stage: Stage): void {
    const { id, fault, phase, at } = event;
    if (phase === 'step') return;
    if (phase === 'end') {
      const open = this.episodes.findLast((episode) => episode.id === id && episode.end === undefined);
      if (open !== undefined) open.end = at;
      return;
    }
    const lasting = ('for' in fault && fault.for !== undefined) || open.has(fault.kind);
    this.episodes.push({
      id,
      event: event.event,
      start: at,
      fault,
      node: stage.targetOf(fault),
      end: lasting && phase === 'start' ? endOf(fault, at) : at,
      skipped: phase === 'skipped' ? (event.why ?? 'no effect') : undefined,
    });
  }
}

/** Faults that last until they are ended, or to the end of the run. */
const open: ReadonlySet<Fault['kind']> = new Set([
  'partition',
  'flapping',
  'isolate',
  'partial',
  'cut',
  'clog',
  'swizzle-clog',
  'degrade',
  'filter',
  'noise',
  'slow-node',
  'slow-disk',
  'disk-stall',
  'full-disk',
  'timer-jitter',
  'clock-rate',
  'clock-drift',
]);

/** Crashes and pauses end by themselves, which no event of the fault tells. */
const endOf = (fault: Fault, at: Micros): Micros | undefined =>
  (fault.kind === 'crash' || fault.kind === 'pause' || fault.kind === 'outage') && fault.for !== undefined
    ? at + fault.for
    : undefined;

/** `partition {n1 n2} {n3}`: a fault in a few words, for lists. */
export function nameOf({ fault, node }: Pick<Episode, 'fault' | 'node'>): string {
  const who = node === undefined ? '' : ` ${node}`;
  if (fault.kind === 'partition' || fault.kind === 'flapping')
    return `${fault.kind} ${fault.groups.map((group) => `{${group.join(' ')}}`).join(' ')}`;
  if (fault.kind === 'partial') return `partial ${fault.pairs.map((pair) => pair.join('-')).join(' ')}`;
  if (fault.kind === 'cut' || fault.kind === 'clog')
    return `${fault.kind} ${fault.from.join(' ')} → ${fault.to.join(' ')}`;
  if ('nodes' in fault) return `${spaced(fault.kind)} ${fault.nodes.join(' ')}`;
  return `${spaced(fault.kind)}${who}`;
}
