/**
 * The crash matrix: one small task, and every process crashed at every event and between any two effects of its handler, with recovery
 * never, soon and late; every pair of processes cut off from each other at every event; and, on demand, every second crash after every
 * first one. What becomes of the task each time.
 */
import type { Deciding, Task } from '../check/deciding.ts';
import { monitor } from '../check/monitor.ts';
import type { Protocol } from '../check/protocol.ts';
import { populate } from '../scenario/population.ts';
import { defaultLimits, type RunSpec } from '../sim/config.ts';
import type { Fault, Trigger } from '../sim/faults.ts';
import type { Observer, PlacedObserver, World } from '../sim/observer.ts';
import type { Json } from '../sim/plain.ts';
import type { Micros, NodeId, Tagged } from '../sim/protocol.ts';
import { Simulation } from '../sim/simulation.ts';
import type { TraceEvent, TraceSink } from '../sim/trace.ts';

/**
 * - `committed`, `aborted`: decided wherever somebody is up, without waiting. - `waited`: decided, but not before who had crashed was back.
 * - `blocked`: somebody that is up is in doubt for ever. - `split`: an invariant is broken.
 */
type MatrixOutcome = 'committed' | 'aborted' | 'waited' | 'blocked' | 'split';

type Recovery = 'never' | 'soon' | 'late';
export const RECOVERIES: readonly Recovery[] = ['never', 'soon', 'late'];

/** One event at one process, and what follows from a crash after each number of its effects: from none to all. */
interface MatrixRow {
  readonly at: Micros;
  readonly node: NodeId;
  readonly event: string;
  readonly outcomes: { readonly [recovery in Recovery]: readonly MatrixOutcome[] };
  /** What follows from a cut between two processes at this moment, for ever and for a while; by pair as in `pairs` of the report. */
  readonly cuts: { readonly forever: readonly MatrixOutcome[]; readonly healed: readonly MatrixOutcome[] };
}

type MatrixCounts = { readonly [outcome in MatrixOutcome]: number };

export interface MatrixReport {
  readonly format: 'worldline-matrix/1';
  readonly protocol: string;
  readonly bug?: string;
  readonly task: string;
  readonly links: readonly (readonly [NodeId, NodeId])[];
  readonly rows: readonly MatrixRow[];
  /** By what was done: crash and recovery, cut, two crashes. */
  readonly counts: { readonly [what: string]: MatrixCounts };
  readonly runs: number;
  readonly cpuSeconds: number;
}

interface MatrixOptions {
  /** Also every second crash after every first: neither recovers, or both do. */
  readonly pairs?: readonly Recovery[];
  /** The task with one process more. */
  readonly wide?: boolean;
  readonly bug?: string;
}

/** In base timeouts of the protocol. */
const SOON = 0.5;
const LATE = 40;
const UNTIL = 90;

/** @throws RangeError when the protocol does not decide anything. */
export function crashMatrix(protocol: Protocol, { pairs = [], wide = false, bug }: MatrixOptions = {}): MatrixReport {
  const { deciding } = protocol;
  if (deciding === undefined)
    throw new RangeError(`${protocol.name} is no protocol that decides: it has no task for a matrix`);
  const task = wide ? deciding.wideTask : deciding.task;
  if (task === undefined) throw new RangeError(`${protocol.name} has no task with one process more`);
  const cpuBefore = process.cpuUsage();
  const trial = new Trial(protocol, deciding, task);
  const moments = trial.momentsOf([]);
  const links = pairsOf(trial.processes);
  const rows = moments.map((moment) => rowOf(trial, moment, links));
  const counts: { [what: string]: MatrixCounts } = {};
  for (const recovery of RECOVERIES) {
    counts[`crash, back ${recovery}`] = tally(rows.flatMap(({ outcomes }) => outcomes[recovery]));
  }
  counts['cut for ever'] = tally(rows.flatMap(({ cuts }) => cuts.forever));
  counts['cut and healed'] = tally(rows.flatMap(({ cuts }) => cuts.healed));
  for (const recovery of pairs)
    counts[`two crashes, back ${recovery}`] = tally(secondCrashes(trial, moments, trial.downFor(recovery)));
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    format: 'worldline-matrix/1',
    protocol: protocol.name,
    ...(bug === undefined ? {} : { bug }),
    task: task.title,
    links,
    rows,
    counts,
    runs: trial.runs,
    cpuSeconds: (user + system) / 1_000_000,
  };
}

function rowOf(trial: Trial, moment: Moment, links: MatrixReport['links']): MatrixRow {
  const { at, node, event } = moment;
  const crashes = (recovery: Recovery): readonly MatrixOutcome[] =>
    Array.from({ length: moment.effects + 1 }, (_, effect) =>
      trial.outcome([crash(moment, effect, trial.downFor(recovery))]),
    );
  const cuts = (duration: Micros | undefined): readonly MatrixOutcome[] =>
    links.map(([one, other]) => trial.outcome(cut(one, other, at, duration)));
  return {
    at,
    node,
    event,
    outcomes: { never: crashes('never'), soon: crashes('soon'), late: crashes('late') },
    cuts: { forever: cuts(undefined), healed: cuts(trial.downFor('late')) },
  };
}

function secondCrashes(
  trial: Trial,
  moments: readonly Moment[],
  downFor: Micros | undefined,
): readonly MatrixOutcome[] {
  return moments.flatMap((first) =>
    Array.from({ length: first.effects + 1 }, (_, effect) => crash(first, effect, downFor)).flatMap((fault) =>
      trial
        .momentsOf([fault])
        .filter((second) => second.node !== first.node && second.at >= first.at)
        .flatMap((second) =>
          Array.from({ length: second.effects + 1 }, (_, effect) =>
            trial.outcome([fault, crash(second, effect, downFor)]),
          ),
        ),
    ),
  );
}

const crash = ({ node, when }: Moment, effect: number, duration: Micros | undefined): Fault => ({
  kind: 'crash',
  node,
  when,
  effect,
  unsynced: 'none',
  ...(duration === undefined ? {} : { for: duration }),
});

function cut(one: NodeId, other: NodeId, at: Micros, duration: Micros | undefined): readonly Fault[] {
  const lasting = duration === undefined ? {} : { for: duration };
  return [
    { kind: 'cut', from: [one], to: [other], at, ...lasting },
    { kind: 'cut', from: [other], to: [one], at, ...lasting },
  ];
}

const pairsOf = (nodes: readonly NodeId[]): readonly (readonly [NodeId, NodeId])[] =>
  nodes.flatMap((one, i) => nodes.slice(i + 1).map((other): [NodeId, NodeId] => [one, other]));

function tally(outcomes: readonly MatrixOutcome[]): MatrixCounts {
  const counts = { committed: 0, aborted: 0, waited: 0, blocked: 0, split: 0 };
  for (const outcome of outcomes) counts[outcome]++;
  return counts;
}

/** An event at a process, as a fault can name it. */
interface Moment {
  readonly at: Micros;
  readonly node: NodeId;
  readonly event: string;
  readonly when: Trigger;
  readonly effects: number;
}

/** The task under given faults, again and again. */
class Trial {
  readonly processes: readonly NodeId[];
  runs = 0;
  private readonly protocol: Protocol;
  private readonly deciding: Deciding;
  private readonly spec: RunSpec;
  private readonly base: Micros;

  constructor(protocol: Protocol, deciding: Deciding, task: Task) {
    this.protocol = protocol;
    this.deciding = deciding;
    const { processes } = deciding;
    const options: { [name: string]: Json } = {};
    for (const [name, spec] of Object.entries(protocol.options)) options[name] = task.options[name] ?? spec.default;
    this.base = protocol.baseTimeout(options);
    const inhabitants = populate(protocol, task.nodes);
    this.processes = inhabitants.filter(({ role }) => processes.includes(role)).map(({ id }) => id);
    const client = inhabitants.find(({ role }) => role === 'client')?.id as NodeId;
    this.spec = {
      seed: 'matrix',
      nodes: inhabitants.map(({ id, role }) => ({ id, role, options })),
      network: {
        latency: { kind: 'constant', value: Math.max(1, Math.floor(this.base / 50)) },
        lossPpm: 0,
        duplicationPpm: 0,
        fifo: true,
      },
      disk: { syncLatency: { kind: 'constant', value: Math.max(1, Math.floor(this.base / 250)) } },
      faults: [],
      calls: [{ at: 0, client, op: task.op }],
      overrides: [],
      limits: { ...defaultLimits, until: UNTIL * this.base },
    };
  }

  downFor(recovery: Recovery): Micros | undefined {
    return recovery === 'never' ? undefined : Math.floor(this.base * (recovery === 'soon' ? SOON : LATE));
  }

  outcome(faults: readonly Fault[]): MatrixOutcome {
    const watch = new Watch(this.deciding, this.processes);
    const simulation = this.open(faults, watch);
    simulation.run();
    if (simulation.violation !== undefined) return 'split';
    if (simulation.failure !== undefined) throw new Error(`the task fails: ${simulation.failure.sentence}`);
    const { world } = watch;
    if (watch.somebodyIsInDoubt()) return 'blocked';
    if (watch.waited) return 'waited';
    const committed = world?.nodes.some((_, node) => this.deciding.hasCommitted(world, node));
    return committed ? 'committed' : 'aborted';
  }

  /** All events at processes under these faults, with the number of effects of their handlers. */
  momentsOf(faults: readonly Fault[]): readonly Moment[] {
    const moments: Moment[] = [];
    const counts = new Map<string, number>();
    const add = (
      event: TraceEvent & { readonly node: NodeId },
      kind: 'message' | 'timer',
      name: string,
      text: string,
    ): void => {
      if (!this.processes.includes(event.node)) return;
      const key = `${event.node} ${kind} ${name}`;
      const nth = (counts.get(key) ?? 0) + 1;
      counts.set(key, nth);
      const when: Trigger = { [kind]: name, node: event.node, nth };
      moments.push({ at: event.at, node: event.node, event: text, when, effects: 0 });
    };
    this.open(faults, undefined, (event) => {
      if (event.kind === 'deliver') {
        add(event, 'message', (event.message as unknown as Tagged).type, this.tell(event.message, event.from));
      } else if (event.kind === 'timer') {
        add(event, 'timer', event.timer, `${event.timer} timer`);
      }
    }).run();
    return moments.map((moment) => ({ ...moment, effects: this.effectsAt(faults, moment) }));
  }

  /** What a crash before the first effect loses. */
  private effectsAt(faults: readonly Fault[], moment: Moment): number {
    let effects = 0;
    const simulation = this.open([...faults, crash(moment, 0, undefined)], undefined, (event) => {
      if (event.kind === 'crash' && event.node === moment.node) effects = event.lostEffects;
    });
    while (simulation.now <= moment.at && simulation.step());
    return effects;
  }

  private tell(message: Json, from: NodeId): string {
    return `${from}: ${this.protocol.tell?.message?.(message as never) ?? (message as unknown as Tagged).type}`;
  }

  private monitor(faults: readonly Fault[]): readonly PlacedObserver[] {
    const { protocol, deciding } = this;
    const isBeyond = !protocol.tolerates.partitions && faults.some(({ kind }) => kind === 'cut');
    return isBeyond ? monitor(protocol, { properties: deciding.agreement }) : monitor(protocol);
  }

  private open(faults: readonly Fault[], watch: Watch | undefined, sink?: TraceSink): Simulation {
    this.runs++;
    const observers = watch === undefined ? [] : [...this.monitor(faults), { path: '', observer: watch.observer }];
    return new Simulation({
      spec: { ...this.spec, faults },
      roles: this.protocol.roles,
      observers,
      ...(sink === undefined ? {} : { sink }),
    });
  }
}

/** Looks whether somebody is in doubt: when a process is back, and at the end. */
class Watch {
  world: World | undefined;
  waited = false;
  readonly observer: Observer<null>;
  private readonly deciding: Deciding;
  private readonly processes: readonly NodeId[];

  constructor(deciding: Deciding, processes: readonly NodeId[]) {
    this.deciding = deciding;
    this.processes = processes;
    this.observer = {
      name: 'matrix',
      start: (world) => {
        this.world = world;
        return null;
      },
      boot: (_memory, _node, world) => {
        // At the first boot nobody has a state yet.
        if (world.now > 0 && this.somebodyIsInDoubt()) this.waited = true;
        return undefined;
      },
    };
  }

  somebodyIsInDoubt(): boolean {
    const { world, deciding, processes } = this;
    if (world === undefined) return false;
    return processes.some((id) => {
      const state = world.stateOf(world.nodes.indexOf(id));
      return state !== undefined && deciding.inDoubt(state as never).length > 0;
    });
  }
}
