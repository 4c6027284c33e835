/** What one run did with each message and timer, by the names that overrides know them by, and what of it the failure depends on. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Fact } from '../sim/observer.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import { Simulation } from '../sim/simulation.ts';
import type { TraceEvent } from '../sim/trace.ts';
import type { Execution } from './execution.ts';

export interface SentMessage {
  /** `n1>n2/Vote`, and which of its messages this is: together the name that overrides use. */
  readonly lane: string;
  readonly ordinal: number;
  readonly sentAt: Micros;
  /** When it was handled; undefined when it was not. */
  readonly handledAt: Micros | undefined;
  /** Handled before the failure, at a node and a time from which something led to it. */
  readonly matters: boolean;
}

export interface SetTimer {
  /** `n3/election`, and which of its settings this is. */
  readonly lane: string;
  readonly ordinal: number;
  readonly setAt: Micros;
  readonly delay: Micros;
  /** When it fired, or was set anew or cancelled; undefined while it is armed. */
  readonly firedAt: Micros | undefined;
  readonly replacedAt: Micros | undefined;
  readonly matters: boolean;
}

export interface Schedule {
  /** In order of sending, and of setting. */
  readonly messages: readonly SentMessage[];
  readonly timers: readonly SetTimer[];
  /** True times at which handlers ran, ascending, each once. */
  readonly times: readonly Micros[];
  /** By index of the fault: when it struck first, and which node it crashed or paused. */
  readonly strikes: ReadonlyMap<number, Strike>;
  /** Handlers that ran in the causal past of the failure: how much of the run there is to tell. */
  readonly pastHandlers: number;
}

export interface Strike {
  readonly at: Micros;
  readonly node: NodeId | undefined;
}

/** The name that overrides use. */
export const nameOf = ({ lane, ordinal }: { readonly lane: string; readonly ordinal: number }): string =>
  `${lane}#${ordinal}`;

const schedules = new WeakMap<Plan, Schedule>();

/**
 * Runs `plan` with a trace and reads its schedule, once for each plan.
 * @param execution the run of `plan`, which says where the failure was.
 */
export function scheduleOf(protocol: Protocol, plan: Plan, execution: Execution): Schedule {
  const known = schedules.get(plan);
  if (known !== undefined) return known;
  const { violation, failure, statistics } = execution;
  const end = violation?.event ?? failure?.event ?? statistics.events;
  const until = Math.min(plan.limits.until, violation?.at ?? failure?.at ?? plan.limits.until);
  const reader = new Reader();
  // Nobody needs to look once more, and views are not shown: this costs half of what a traced run costs.
  new Simulation({
    spec: { ...plan, limits: { ...plan.limits, until } },
    roles: withoutViews(protocol),
    sink: reader.sink,
  }).run();
  const facts = (violation?.facts ?? []).map((fact) => reader.placeOf(fact));
  // What clients were told is judged when all is over: not the last event matters, but what they were told.
  const roots = violation?.oracle === 'client' && facts.length > 0 ? facts : [end, ...facts];
  const schedule = reader.schedule(roots);
  schedules.set(plan, schedule);
  return schedule;
}

const noView = { role: '', label: '' };

const withoutViews = (protocol: Protocol): Protocol['roles'] =>
  Object.fromEntries(Object.entries(protocol.roles).map(([name, role]) => [name, { ...role, view: () => noView }]));

interface Sent {
  readonly lane: string;
  readonly ordinal: number;
  readonly sentAt: Micros;
  handledAt: Micros | undefined;
  handledBy: number | undefined;
}
interface Armed {
  readonly lane: string;
  readonly ordinal: number;
  readonly setAt: Micros;
  readonly delay: Micros;
  firedAt: Micros | undefined;
  firedBy: number | undefined;
  replacedAt: Micros | undefined;
}

class Reader {
  private readonly sent = new Map<number, Sent>();
  private readonly armed: Armed[] = [];
  private readonly latest = new Map<string, Armed>();
  private readonly times = new Set<Micros>();
  /** Of every event that happens at a node: which node, and what brought it about. */
  private readonly places = new Map<number, { readonly node: NodeId; readonly cause: number | undefined }>();
  private readonly byNode = new Map<NodeId, number[]>();
  private readonly handlers = new Set<number>();
  private readonly strikes = new Map<number, Strike>();
  /** The node that was crashed or paused at an event. */
  private readonly struck = new Map<number, NodeId>();

  readonly sink = (event: TraceEvent): void => {
    switch (event.kind) {
      case 'send':
        this.sent.set(event.id, {
          ...parsed(event.name),
          sentAt: event.at,
          handledAt: undefined,
          handledBy: undefined,
        });
        break;
      case 'deliver':
        this.deliver(event);
        this.place(event, true);
        break;
      case 'set-timer':
        this.arm(event);
        break;
      case 'cancel-timer':
        this.end(event, undefined);
        break;
      case 'timer':
        this.end(event, event.event);
        this.place(event, true);
        break;
      case 'call':
      case 'boot':
      case 'admin':
        this.place(event, true);
        break;
      case 'synced':
        // What waited for a blocking sync is the rest of a handler, not another one.
        this.place(event, !event.blocking);
        this.times.add(event.at);
        break;
      case 'fault':
        if (event.phase !== 'start' || this.strikes.has(event.id)) break;
        this.strikes.set(event.id, { at: event.at, node: this.struck.get(event.event) });
        break;
      case 'crash':
      case 'pause':
        this.struck.set(event.event, event.node);
        this.place(event, false);
        break;
      case 'resume':
      case 'halt':
        this.place(event, false);
        break;
    }
  };

  private deliver(event: Extract<TraceEvent, { kind: 'deliver' }>): void {
    const sent = this.sent.get(event.id);
    if (sent === undefined || sent.handledBy !== undefined) return;
    sent.handledBy = event.event;
    sent.handledAt = event.at;
  }

  private arm(event: Extract<TraceEvent, { kind: 'set-timer' }>): void {
    this.end(event, undefined);
    const { at, delay, name } = event;
    const lane = parsed(name);
    const armed: Armed = { ...lane, setAt: at, delay, firedAt: undefined, firedBy: undefined, replacedAt: undefined };
    this.armed.push(armed);
    this.latest.set(timerKey(event), armed);
  }

  private end(event: TimerEvent, firedBy: number | undefined): void {
    const armed = this.latest.get(timerKey(event));
    if (armed === undefined) return;
    this.latest.delete(timerKey(event));
    if (firedBy === undefined) armed.replacedAt = event.at;
    else Object.assign(armed, { firedAt: event.at, firedBy });
  }

  private place(event: TraceEvent & { readonly node: NodeId }, isHandler: boolean): void {
    if (isHandler) {
      this.handlers.add(event.event);
      this.times.add(event.at);
    }
    if (this.places.has(event.event)) return;
    this.places.set(event.event, { node: event.node, cause: event.cause });
    const own = this.byNode.get(event.node);
    if (own === undefined) this.byNode.set(event.node, [event.event]);
    else own.push(event.event);
  }

  /** What a fact about a node is about may have come to it before, and by another way than the event that it contradicts. */
  placeOf({ event, node }: Fact): number {
    if (node === undefined || this.places.get(event)?.node === node) return event;
    return this.byNode.get(node)?.findLast((own) => own <= event) ?? event;
  }

  schedule(roots: readonly number[]): Schedule {
    const past = this.past(roots);
    const isPast = (event: number | undefined): boolean => event !== undefined && past.has(event);
    let pastHandlers = 0;
    for (const event of past) if (this.handlers.has(event)) pastHandlers++;
    return {
      messages: [...this.sent.values()].map(({ handledBy, ...sent }) => ({ ...sent, matters: isPast(handledBy) })),
      timers: this.armed.map(({ firedBy, ...armed }) => ({ ...armed, matters: isPast(firedBy) })),
      times: [...this.times],
      strikes: this.strikes,
      pastHandlers,
    };
  }

  /** Events that some root may depend on: what happened before at the same node, and what brought those about. */
  private past(roots: readonly number[]): ReadonlySet<number> {
    const past = new Set<number>();
    /** Of every node: how many of its events are in the past already; the rest follows them. */
    const taken = new Map<NodeId, number>();
    const placed = roots.filter((event) => this.places.has(event));
    // What is judged when time is up has no place: everything led to it.
    const open = placed.length > 0 ? placed : [...this.byNode.values()].flatMap((own) => own.slice(-1));
    for (let event = open.pop(); event !== undefined; event = open.pop()) {
      const place = this.places.get(event);
      if (place === undefined) continue;
      const own = this.byNode.get(place.node) as number[];
      let next = taken.get(place.node) ?? 0;
      for (; next < own.length && (own[next] as number) <= event; next++) {
        const earlier = own[next] as number;
        past.add(earlier);
        const cause = this.places.get(earlier)?.cause;
        if (cause !== undefined) open.push(cause);
      }
      taken.set(place.node, Math.max(next, taken.get(place.node) ?? 0));
    }
    return past;
  }
}

interface TimerEvent {
  readonly node: NodeId;
  readonly path?: string;
  readonly timer: string;
  readonly key?: string;
  readonly at: Micros;
}

const timerKey = ({ node, path = '', timer, key = '' }: TimerEvent): string => `${node} ${path} ${timer} ${key}`;

function parsed(name: string): { readonly lane: string; readonly ordinal: number } {
  const hash = name.lastIndexOf('#');
  return { lane: name.slice(0, hash), ordinal: Number(name.slice(hash + 1)) };
}
