/**
 * Liveness: once the world is calm (config.ts, Calm), a protocol must make progress and agree within the time it publishes itself.
 * Calls made in the calm must be acknowledged, and the nodes of the core must come to the same state. Before a violation is reported the
 * protocol is asked whether its state could have been recovered from at all.
 */
import { CALM_PATIENCE, type Calm, type NodeSpec, type RunSpec } from '../sim/config.ts';
import { longest } from '../sim/distribution.ts';
import type { Operation } from '../sim/history.ts';
import type { Fact, Finding, Observer, World } from '../sim/observer.ts';
import type { Json } from '../sim/plain.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';

/** Name of the property. */
export const LIVENESS = 'liveness';

export const LIVENESS_TITLE =
  'once the world is calm, calls are acknowledged and the nodes agree within the published time';

/** What a protocol owes in the calm. */
export interface LivenessClaim {
  /** Of a role's nodes the fewest that suffice, out of so many; a role that is not named is needed as a whole. */
  readonly quorum?: { readonly [role: string]: (count: number) => number };
  /** Whether the core may go on hearing those outside, who do not hear it. */
  hearsOthers?(options: Options): boolean;
  /**
   * By when what is done, counted from the beginning of the calm; undefined where nothing is owed. Published bounds: where chance has a
   * say, ones that are missed less than once in 10^9 runs.
   */
  within(circumstances: Circumstances): Bounds | undefined;
  /** In what the nodes of the core do not agree yet, in a sentence; absent where they need not. */
  disagreement?(world: World, core: readonly number[]): string | undefined;
  /** Why nobody could have gone on from the state the core is in, in a sentence: then no violation is reported. */
  whyUnrecoverable?(world: World, core: readonly number[]): string | undefined;
}

export interface Bounds {
  /** The core has agreed, once at least. Never, where a protocol does not say when it agrees. */
  readonly agreement?: Micros;
  /** Every call of the calm is acknowledged, and the core agrees about it. */
  readonly service: Micros;
}

export type Options = { readonly [name: string]: Json };

/** What a bound may depend on. */
export interface Circumstances {
  readonly options: Options;
  /** Nodes by role: all of them, and those of the core. */
  readonly nodes: { readonly [role: string]: number };
  readonly core: { readonly [role: string]: number };
  /** The longest that a message and a sync take in the calm. */
  readonly latencyMax: Micros;
  readonly syncMax: Micros;
  /** Least and greatest clock rate in the core: local seconds per true second, e.g. 0.9 for a clock that is 10 % slow. */
  readonly clockRateMin: number;
  readonly clockRateMax: number;
  /** Calls listed for the whole run, those of the calm included: how much there may be to catch up with. */
  readonly calls: number;
  /** The longest a client waits before it makes a call again that was not acknowledged. */
  readonly callAgainMax: Micros;
}

/** A run with a calm. */
export type CalmRun = Pick<RunSpec, 'nodes' | 'faults' | 'calls' | 'workload'> & { readonly calm: Calm };

/** By when the run's calm must have done its work, in true time; undefined where the protocol owes nothing. */
export function livenessDeadlines(claim: LivenessClaim, run: CalmRun): Bounds | undefined {
  const circumstances = circumstancesOf(run);
  const within = claim.within(circumstances);
  if (within === undefined) return undefined;
  const { agreement, service } = within;
  // A timer that was set while timers fired late may still fire late.
  const late = run.faults.map((fault) => (fault.kind === 'timer-jitter' ? fault.max : 0));
  const latest = Math.max(0, ...late) / circumstances.clockRateMin;
  const deadline = (bound: Micros): Micros => run.calm.at + Math.ceil(bound + latest);
  return { service: deadline(service), ...(agreement === undefined ? {} : { agreement: deadline(agreement) }) };
}

function circumstancesOf({ nodes, calls, workload, calm }: CalmRun): Circumstances {
  const members = nodes.filter(({ id }) => calm.core.includes(id));
  const rates = members.map(({ clock }) => 1 + (clock?.ratePpm ?? 0) / 1_000_000);
  const streamed =
    workload === undefined
      ? 0
      : Math.ceil(((workload.end - workload.start) / workload.interval) * workload.clients.length);
  return {
    options: (nodes[0]?.options ?? {}) as Options,
    nodes: countByRole(nodes),
    core: countByRole(members),
    latencyMax: longest(calm.latency),
    syncMax: longest(calm.syncLatency),
    clockRateMin: Math.min(...rates),
    clockRateMax: Math.max(...rates),
    calls: calls.length + streamed + calm.calls.length,
    callAgainMax: calm.every * CALM_PATIENCE,
  };
}

function countByRole(nodes: readonly NodeSpec[]): { readonly [role: string]: number } {
  const counts: { [role: string]: number } = {};
  for (const { role } of nodes) counts[role] = (counts[role] ?? 0) + 1;
  return counts;
}

/**
 * - `live`: served and agreed in time. - `unrecoverable`: it was not, and could not have been.
 * - `unjudged`: nothing was owed, or the run ended before the time was up.
 */
export interface LivenessJudgement {
  readonly verdict: 'live' | 'unrecoverable' | 'unjudged';
  /** With `live`: how long after the beginning of the calm. */
  readonly afterMicros?: Micros;
  /** With `unrecoverable`: why. */
  readonly why?: string;
}

interface Memory {
  /** Event at which the calm began; -1 before. */
  begun: number;
  /** Calls of the calm that each client has had acknowledged. */
  readonly acknowledged: Map<NodeId, number>;
  hasAgreed: boolean;
  judgement: LivenessJudgement | undefined;
}

export interface LivenessMemory {
  readonly judgement: LivenessJudgement | undefined;
}

/** Judges a run's calm. The run ends as soon as there is nothing more to wait for. */
export function livenessObserver(claim: LivenessClaim, run: CalmRun): Observer<Memory> {
  const judge = new CalmJudge(claim, run);
  return {
    name: LIVENESS,
    endsRun: true,
    start: () => ({ begun: -1, acknowledged: new Map(), hasAgreed: false, judgement: undefined }),
    returned: hear,
    calm: (memory, world) => judge.look(memory, world),
    end: (memory, world) => judge.end(memory, world),
  };
}

/** Not made anew for each run: the kernel makes code for what it calls. */
function hear(memory: Memory, { process, outcome, calledEvent = -1 }: Operation): undefined {
  if (memory.begun < 0 || outcome !== 'ok' || calledEvent < memory.begun) return;
  const client = clientOf(process);
  memory.acknowledged.set(client, (memory.acknowledged.get(client) ?? 0) + 1);
}

class CalmJudge {
  private readonly claim: LivenessClaim;
  private readonly calm: Calm;
  private readonly deadlines: Bounds | undefined;
  /** How many calls of the calm each client makes. */
  private readonly wanted = new Map<NodeId, number>();
  /** Of the core. */
  private indexes: readonly number[] | undefined = undefined;

  constructor(claim: LivenessClaim, run: CalmRun) {
    this.claim = claim;
    this.calm = run.calm;
    this.deadlines = livenessDeadlines(claim, run);
    for (const { client } of run.calm.calls) this.wanted.set(client, (this.wanted.get(client) ?? 0) + 1);
  }

  /** True when the run need not go on. */
  look(memory: Memory, world: World): Finding | true | undefined {
    if (memory.begun < 0) {
      memory.begun = world.event;
      return undefined;
    }
    const disagreement = this.disagreement(world);
    memory.hasAgreed ||= disagreement === undefined;
    if (disagreement === undefined && this.unserved(memory) === undefined) {
      memory.judgement = { verdict: 'live', afterMicros: world.now - this.calm.at };
      return true;
    }
    const { agreement = Number.POSITIVE_INFINITY } = this.deadlines ?? {};
    return !memory.hasAgreed && world.now >= agreement ? this.late(memory, world, true) : undefined;
  }

  end(memory: Memory, world: World): Finding | undefined {
    if (memory.judgement !== undefined) return undefined;
    if (memory.begun < 0 || this.deadlines === undefined || world.now < this.deadlines.service) {
      memory.judgement = { verdict: 'unjudged' };
      return undefined;
    }
    const finding = this.late(memory, world, this.unserved(memory) === undefined);
    return finding === true ? undefined : finding;
  }

  /** What is wrong; or true where nobody could have done better. */
  private late(memory: Memory, world: World, isAboutAgreement: boolean): Finding | true {
    const why = this.claim.whyUnrecoverable?.(world, this.members(world));
    if (why !== undefined) {
      memory.judgement = { verdict: 'unrecoverable', why };
      return true;
    }
    const disagreement = this.disagreement(world);
    const facts = [
      factOfCalm(memory, this.calm),
      ...(disagreement === undefined ? [] : [{ event: world.event, text: disagreement }]),
    ];
    const waited = seconds(world.now - this.calm.at);
    if (isAboutAgreement) return { sentence: `after ${waited} of calm the nodes do not agree: ${disagreement}`, facts };
    return neverServed(this.unserved(memory) as NodeId, memory, waited, world, facts);
  }

  private members(world: World): readonly number[] {
    this.indexes ??= this.calm.core.map((id) => world.nodes.indexOf(id));
    return this.indexes;
  }

  private disagreement(world: World): string | undefined {
    return this.claim.disagreement?.(world, this.members(world));
  }

  /** The first client with a call of the calm that was not acknowledged. */
  private unserved({ acknowledged }: Memory): NodeId | undefined {
    for (const [client, calls] of this.wanted) if ((acknowledged.get(client) ?? 0) < calls) return client;
    return undefined;
  }
}

/** `c1/2` is the second process of client `c1`. */
const clientOf = (process: string): NodeId => process.split('/')[0] as NodeId;

function neverServed(client: NodeId, memory: Memory, waited: string, world: World, facts: readonly Fact[]): Finding {
  const attempts = world
    .history()
    .filter(({ process, calledEvent = -1 }) => clientOf(process) === client && calledEvent >= memory.begun);
  const last = attempts.findLast(({ outcome }) => outcome !== 'ok');
  if (last === undefined) {
    return { sentence: `${client} was to make calls in the calm, and was not free to make one in ${waited}`, facts };
  }
  const failed = attempts.filter((operation) => isSameCall(operation, last));
  const times = failed.length === 1 ? 'asked once' : `asked ${failed.length} times`;
  return {
    sentence: `${JSON.stringify(last.input)} of ${client}, ${times} in ${waited} of calm, was not acknowledged`,
    facts: [...facts, ...failed.slice(0, 1).map(factOfCall)],
  };
}

const isSameCall = (one: Operation, other: Operation): boolean =>
  one.outcome !== 'ok' && JSON.stringify(one.input) === JSON.stringify(other.input);

const factOfCalm = ({ begun }: Memory, { core }: Calm): Fact => ({
  event: begun,
  text: `the world becomes calm: ${core.join(', ')} run and reach each other from now on`,
});

const factOfCall = ({ process, input, calledEvent = 0 }: Operation): Fact => ({
  event: calledEvent,
  text: `${process} asks ${JSON.stringify(input)}`,
});

const seconds = (micros: Micros): string => `${(micros / 1_000_000).toFixed(1)} s`;
