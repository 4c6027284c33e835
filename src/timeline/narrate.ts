/**
 * Steps in words: one sentence each, in the order of a trace. The narrator remembers what it needs to speak plainly: what each node
 * looked like, what each client asked, which node a fault struck.
 */
import type { Fault, Target } from '../sim/faults.ts';
import type { Json } from '../sim/plain.ts';
import type { NodeId, NodeView } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { type OfKind, ofKind, type Step } from './steps.ts';
import { count, list, spaced, type Teller, tellRecord } from './tell.ts';
import { tellFault, tellFaultEnd } from './tell-fault.ts';
import { spellDuration } from './time.ts';

/**
 * How much a step matters to a reader: `story` moves the story on, `detail` is the machinery behind it (a write, a message that is
 * new), `quiet` is what happens all the time.
 */
export type Weight = 'story' | 'detail' | 'quiet';

export interface Narration {
  readonly text: string;
  readonly weight: Weight;
  /** The nodes at which something happened. */
  readonly nodes: readonly NodeId[];
}

export class Narrator {
  private readonly views = new Map<NodeId, NodeView>();
  private readonly asked = new Map<number, Json>();
  private readonly noted = new Map<string, NodeId>();
  private readonly struck = new Map<number, Fault>();
  private readonly teller: Teller;

  constructor(teller: Teller) {
    this.teller = teller;
  }

  /** A step that is not told. Every step of a trace must be given to this or to `narrate`, in order. */
  note(step: Step): void {
    this.remember(step);
    for (const { request } of ofKind(step, 'return')) this.asked.delete(request);
  }

  narrate(step: Step): Narration {
    const before = new Map(ofKind(step, 'view').map(({ node }) => [node, this.views.get(node)]));
    this.remember(step);
    const damage = ofKind(step, 'disk-error').filter((event) => !isWriteError(event));
    const clauses = [
      ...this.openings(step),
      ...this.consequences(step, before),
      ...this.faults(step),
      ...damage.map(tellDiskError),
    ];
    return {
      text: sentence(clauses),
      weight: weightOf(step, before),
      nodes: actingNodes(step),
    };
  }

  /** As `narrate`, but only what matters most: for stories, in which a row is one short sentence. */
  narrateBriefly(step: Step): Narration {
    const before = new Map(ofKind(step, 'view').map(({ node }) => [node, this.views.get(node)]));
    this.remember(step);
    const clauses = [...this.openings(step), ...this.outcome(step, before), ...this.faults(step)];
    return { text: sentence(clauses), weight: weightOf(step, before), nodes: actingNodes(step) };
  }

  private remember(step: Step): void {
    for (const event of step.events) {
      if (event.kind === 'view') this.views.set(event.node, event.view);
      if (event.kind === 'crash' || event.kind === 'halt') this.views.delete(event.node);
      if (event.kind === 'call') this.asked.set(event.request, event.op);
      if (event.kind === 'fault' && event.phase === 'start') this.struck.set(event.id, this.aimed(event.fault));
      if (event.kind === 'note') this.noted.set(event.text, event.node);
    }
  }

  /** A fault aimed at "the node that last noted ..." is told with that node's name. */
  private aimed(fault: Fault): Fault {
    if (!('node' in fault)) return fault;
    const target: Target = fault.node;
    const node = typeof target === 'string' || !('noted' in target) ? undefined : this.noted.get(target.noted);
    return node === undefined ? fault : ({ ...fault, node } as Fault);
  }

  // What a node reacted to, or what came over it.

  private openings(step: Step): string[] {
    const crashes = new Set(ofKind(step, 'fault').flatMap((event) => (isCrash(event) ? [event.fault] : [])));
    const answered = step.events.some(({ kind }) => kind === 'return');
    // Told by what came of them: the crash by its fault, the reply by the answer that it is.
    const openings = step.events.filter(
      ({ kind }) => !(kind === 'crash' && crashes.size > 0) && !(kind === 'deliver' && answered) && kind !== 'drop',
    );
    const drop = step.events[0];
    if (drop?.kind === 'drop') return [`from ${drop.from} to ${drop.to}, ${this.tellDrop(drop)}`];
    return [
      ...tellBoots(ofKind(step, 'boot')),
      ...openings.map((event) => this.opening(event)).filter((text) => text !== ''),
    ];
  }

  private opening(event: TraceEvent): string {
    switch (event.kind) {
      case 'deliver':
        return `${event.node} gets ${event.copy === undefined ? '' : 'a copy '}from ${event.from}: ${this.teller.message(event.message)}`;
      case 'timer':
        return `${event.node}'s ${spaced(event.timer)} timer fires${event.key === undefined ? '' : ` (${event.key})`}`;
      case 'synced':
        return event.ok
          ? ''
          : `${event.node}'s disk fails to sync: what was written since the last sync is not durable`;
      case 'call':
        return `${event.node} asks: ${this.teller.operation(event.op)}`;
      case 'crash':
        return `${event.node} crashes${tellLosses(event)}`;
      case 'resume':
        return `${event.node} goes on as if no time had passed`;
      case 'calm':
        return `the world becomes calm: ${list(event.core)} run and reach each other from now on, and are cut off from all others`;
      case 'halt':
        return `${event.node} stops: ${event.reason}`;
      default:
        return '';
    }
  }

  // What the world does to the nodes, at a time or because of what has just happened.

  private faults(step: Step): string[] {
    return ofKind(step, 'fault').flatMap((event) => {
      const crashes = isCrash(event) ? ofKind(step, 'crash') : [];
      if (crashes.length === 0) return [this.tellFaultEvent(event)];
      if (event.fault.kind === 'outage') return [tellFault(event.fault), ...crashes.map(tellItsLosses).filter(Boolean)];
      return [tellCrash(event.fault, crashes[0] as OfKind<'crash'>)];
    });
  }

  private tellFaultEvent(event: OfKind<'fault'>): string {
    const fault = this.struck.get(event.id) ?? event.fault;
    if (event.phase === 'skipped')
      return `${spaced(fault.kind)} has no effect${event.why === undefined ? '' : `: ${event.why}`}`;
    if (event.phase === 'step') return event.why ?? spaced(fault.kind);
    return event.phase === 'start' ? tellFault(fault) : tellFaultEnd(fault);
  }

  // What a node did about it.

  private consequences(step: Step, before: ReadonlyMap<NodeId, NodeView | undefined>): string[] {
    const subject = subjectOf(step);
    const parts = [
      ...this.tellChanges(step, before),
      ...tellWrites(ofKind(step, 'write')),
      ...this.tellReturns(step),
      ...this.tellSends(step),
      ...this.tellDropsAtOnce(step),
      ...ofKind(step, 'disk-error').filter(isWriteError).map(tellDiskError),
      ...ofKind(step, 'violation').map((event) => `${qualified(event)} is broken: ${event.sentence}`),
      ...ofKind(step, 'failure').map((event) => `the run ends here: ${event.sentence}`),
    ];
    const durable = ofKind(step, 'synced').some((event) => event.ok);
    if (!durable || subject === undefined) return parts;
    return [`${subject}'s writes are durable`, ...parts];
  }

  /** What came of it: the best that can be said in one clause, and what broke. */
  private outcome(step: Step, before: ReadonlyMap<NodeId, NodeView | undefined>): string[] {
    const changes = this.tellChanges(step, before);
    const writes = tellWrites(ofKind(step, 'write'));
    const ends = [
      ...this.tellReturns(step),
      ...ofKind(step, 'disk-error').filter(isWriteError).map(tellDiskError),
      ...ofKind(step, 'violation').map((event) => `${qualified(event)} is broken`),
      ...ofKind(step, 'failure').map((event) => `the run ends here: ${event.sentence}`),
    ];
    const synced = ofKind(step, 'synced').find((event) => event.ok);
    const durable = synced === undefined ? [] : [`${synced.node}'s writes are durable`];
    const [most = []] = [changes, writes].filter((clauses) => clauses.length > 0);
    const spoken = [...durable, ...most, ...ends];
    return spoken.length > durable.length ? spoken : [...spoken, ...this.tellSends(step)];
  }

  /** Notes say it best; without one, what the view shows. */
  private tellChanges(step: Step, before: ReadonlyMap<NodeId, NodeView | undefined>): string[] {
    const notes = ofKind(step, 'note').map(({ node, text, data }) => `${node} ${this.teller.note(text, data)}`);
    if (notes.length > 0) return notes;
    return ofKind(step, 'view').flatMap(({ node, view }) => {
      const old = before.get(node);
      if (old === undefined) return [];
      if (old.role !== view.role) return [`${node} is now ${view.role} (${view.label})`];
      return old.epoch === view.epoch ? [] : [`${node} is now at ${view.label}`];
    });
  }

  private tellReturns(step: Step): string[] {
    const source = ofKind(step, 'deliver')[0]?.from;
    return ofKind(step, 'return').map((event) => {
      const op = this.asked.get(event.request);
      this.asked.delete(event.request);
      if (event.outcome === 'ok') {
        const from = source === undefined ? '' : ` from ${source}`;
        return `${event.node} has its answer${from}: ${this.teller.operation(op ?? null, event.result ?? null)}`;
      }
      const what = op === undefined ? 'its request' : this.teller.operation(op);
      if (event.outcome === 'unknown') return `${event.node} gives up on ${what}: it may have happened or not`;
      return `${event.node} is refused ${what}${event.reason === undefined ? '' : ` (${event.reason})`}`;
    });
  }

  private tellDrop(drop: OfKind<'drop'>): string {
    return `${dropped[drop.reason]}: ${this.teller.message(drop.message)}`;
  }

  /** What an explicit schedule drops never leaves: it is told with what sent it. */
  private tellDropsAtOnce(step: Step): string[] {
    if (step.events[0]?.kind === 'drop') return [];
    return ofKind(step, 'drop').map((drop) => `to ${drop.to}, ${this.tellDrop(drop)}`);
  }

  private tellSends(step: Step): string[] {
    const head = step.events.find((event) => event.kind === 'deliver');
    const told = new Map<string, NodeId[]>();
    for (const event of ofKind(step, 'send')) {
      const text = this.teller.message(event.message);
      told.set(text, [...(told.get(text) ?? []), event.to]);
    }
    return [...told].map(([text, to]) =>
      to.length === 1 && to[0] === head?.from ? `answers: ${text}` : `sends to ${list(to)}: ${text}`,
    );
  }
}

const dropped = {
  loss: 'lost on the way',
  cut: 'stopped by a cut',
  dead: 'nobody at home',
  overflow: 'pushed out of a full link',
  filtered: 'filtered out',
  override: 'dropped by the schedule',
} as const;

/** What a node runs into, apart from what befalls its disk. */
const isWriteError = ({ error }: OfKind<'disk-error'>): boolean => error === 'write' || error === 'full';

function tellDiskError({ node, error, target }: OfKind<'disk-error'>): string {
  switch (error) {
    case 'read':
      return `${node}'s disk cannot read ${target} any more`;
    case 'corrupt':
      return `the checksum of ${target} on ${node}'s disk does not match any more`;
    case 'torn':
      return `half of ${target} is on ${node}'s disk`;
    case 'silent':
      return `a bit of ${target} on ${node}'s disk has flipped, and nobody knows`;
    case 'misdirected':
      return `what ${node} wrote to ${target} has gone to a wrong place of its disk`;
    case 'full':
      return `${node} cannot write ${target}: its disk is full`;
    default:
      return `${node} cannot write ${target}: its disk reports an error`;
  }
}

const qualified = (event: { readonly path?: string; readonly property: string }): string =>
  event.path === undefined ? event.property : `${event.path}:${event.property}`;

/** Clauses become one sentence, in which the node it begins with is `it` from then on. */
function sentence(clauses: readonly string[]): string {
  const [first = 'nothing more happens', ...rest] = clauses;
  const subject = /^(\S+?)(?:'s)? /.exec(first)?.[1] ?? '';
  const later = rest.map((clause) =>
    clause.startsWith(`${subject} `) ? `it ${clause.slice(subject.length + 1)}` : clause,
  );
  return `${[first, ...later].join('; ')}.`;
}

function tellBoots(boots: readonly OfKind<'boot'>[]): string[] {
  return boots.map(({ node, role, incarnation }) =>
    incarnation === 1 ? `${node} starts as ${role}` : `${node} restarts with what its disk has kept`,
  );
}

const isCrash = ({ phase, fault }: OfKind<'fault'>): boolean =>
  (phase === 'start' || phase === 'step') && ['crash', 'outage', 'crash-loop'].includes(fault.kind);

const tellItsLosses = (crash: OfKind<'crash'>): string => {
  const losses = tellLosses(crash);
  return losses === '' ? '' : `${crash.node}${losses}`;
};

/** A crash that a fault brought about: told once, with what it cost. */
function tellCrash(fault: Fault, crash: OfKind<'crash'>): string {
  const down = fault.kind === 'crash-loop' ? fault.down : 'for' in fault ? fault.for : undefined;
  const back = down === undefined ? '' : `, to restart after ${spellDuration(down)}`;
  return `${crash.node} crashes${back}${tellLosses(crash)}`;
}

function tellLosses({ lostWrites, lostEffects }: OfKind<'crash'>): string {
  const losses: string[] = [];
  if (lostWrites > 0) losses.push(`it loses ${count(lostWrites, 'unsynced write')}`);
  if (lostEffects > 0) losses.push(`the last ${count(lostEffects, 'effect')} of its handler never happen`);
  return losses.length === 0 ? '' : `: ${losses.join(', and ')}`;
}

function tellWrites(writes: readonly OfKind<'write'>[]): string[] {
  const byTarget = new Map<string, OfKind<'write'>[]>();
  for (const write of writes) {
    const key = `${write.write} ${write.target}`;
    byTarget.set(key, [...(byTarget.get(key) ?? []), write]);
  }
  return [...byTarget.values()].map((group) => tellWriteGroup(group));
}

function tellWriteGroup(group: readonly OfKind<'write'>[]): string {
  const first = group[0] as OfKind<'write'>;
  const { target, index } = first;
  switch (first.write) {
    case 'put':
      return `saves ${spaced(target)}${first.data === undefined ? '' : ` (${tellRecord(first.data)})`}`;
    case 'append':
      return group.length === 1
        ? `writes ${target}[${index ?? '?'}]`
        : `writes ${target}[${index ?? '?'}..${group.at(-1)?.index ?? '?'}]`;
    case 'truncate':
      return `erases ${target} from ${index ?? '?'} on`;
    case 'drop-prefix':
      return `drops ${target} before ${index ?? '?'}`;
    case 'replace':
      return `replaces its ${target} from ${index ?? '?'} on`;
  }
}

const subjectOf = (step: Step): NodeId | undefined => actingNodes(step)[0];

/** Where something happened; a message that arrives nowhere marks the node that it was meant for. */
function actingNodes(step: Step): NodeId[] {
  const nodes = step.events.flatMap((event) => ('node' in event && event.node !== undefined ? [event.node] : []));
  const meant = ofKind(step, 'drop').map(({ to }) => to);
  return [...new Set(nodes.length > 0 ? nodes : meant)];
}

const storyKinds: ReadonlySet<TraceEvent['kind']> = new Set([
  'boot',
  'call',
  'return',
  'note',
  'crash',
  'pause',
  'resume',
  'halt',
  'admin',
  'fault',
  'calm',
  'disk-error',
  'violation',
  'failure',
]);

function weightOf(step: Step, before: ReadonlyMap<NodeId, NodeView | undefined>): Weight {
  if (step.events.some((event) => storyKinds.has(event.kind) || (event.kind === 'synced' && !event.ok))) return 'story';
  const changed = ofKind(step, 'view').some(({ node, view }) => {
    const old = before.get(node);
    return old !== undefined && (old.role !== view.role || old.epoch !== view.epoch);
  });
  if (changed) return 'story';
  return step.events.some((event) => event.kind === 'write') ? 'detail' : 'quiet';
}
