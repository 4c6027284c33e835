/** Plans out of seeds, by fast-check: one seed names one plan. */
import { Arbitrary, Random, type Stream as ShrinkStream, Value } from 'fast-check';
import type { Protocol } from '../check/protocol.ts';
import { PLAN_FORMAT, type Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { defaultLimits } from '../sim/config.ts';
import type { Micros, NodeId, Tolerance } from '../sim/protocol.ts';
import { Stream } from '../sim/random.ts';
import { type Budgeted, damagedDisksMax, damagesDisk, drawnTolerance, noFaults } from './budget.ts';
import { drawCalls } from './calls.ts';
import { calmBegins, drawCalm, endOfCalm, hasCalm } from './calm.ts';
import { drawFaults } from './chaos.ts';
import { Draw } from './draw.ts';
import { drawDisk, drawNetwork, drawNodes, drawOptions, drawPopulation, withLateCopies } from './environment.ts';
import { CLIENT_PERCENT } from './fault-places.ts';
import { drawOperators } from './operators.ts';
import { type Profile, profileName, profiles } from './profile.ts';
import { isPlan, simplerPlans } from './simplify.ts';
import { drawStorm } from './storm.ts';
import { emptyVocabulary, type Vocabulary } from './vocabulary.ts';

/** Length of a run where nothing is fuzzed, in base timeouts: 5 to 10 seconds where that is 150 ms. */
const SPAN = [33, 66] as const;
/** The quiet stretch at the end, in base timeouts: long enough to elect and to answer. */
const QUIET = 10;
/** No run is drawn longer than this, however patient the protocol: ten minutes. */
const UNTIL_MAX = 600_000_000;

const EVENTS_MAX = 1_000_000;
/** So many runs are drawn without any idea of what belongs together: ideas may be wrong. */
const UNIFORM_PERCENT = 20;

export interface Drawn {
  readonly plan: Plan;
  /** Faults that were weakened or dropped because the protocol does not claim to survive them, by kind. */
  readonly downgraded: Budgeted['downgraded'];
}

/** Draws plans for one protocol under one scenario. */
export interface PlanSource {
  /** The plan that this seed names. */
  plan(seed: string): Plan;
  /** The same, with what the fault budget did to it. */
  draw(seed: string): Drawn;
  /** For properties of a user's own test: generates plans like a campaign's, and shrinks them. */
  readonly arbitrary: Arbitrary<Plan>;
}

/**
 * @param vocabulary events that faults may hang on; none by default. A campaign observes them first, see probe.ts.
 */
export function planSource(
  protocol: Protocol,
  scenario: Scenario,
  vocabulary: Vocabulary = emptyVocabulary,
): PlanSource {
  const arbitrary = new PlanArbitrary(protocol, scenario, vocabulary);
  const draw = (seed: string): Drawn =>
    arbitrary.draw(seed, new Random(new StreamGenerator(new Stream(`${seed}/plan`))));
  return {
    arbitrary,
    plan: (seed) => draw(seed).plan,
    draw,
  };
}

class PlanArbitrary extends Arbitrary<Plan> {
  private readonly protocol: Protocol;
  private readonly scenario: Scenario;
  private readonly vocabulary: Vocabulary;
  private readonly profile: Profile | undefined;

  constructor(protocol: Protocol, scenario: Scenario, vocabulary: Vocabulary) {
    super();
    this.protocol = protocol;
    this.scenario = scenario;
    this.vocabulary = vocabulary;
    const name = profileName(scenario.chaos);
    this.profile = name === 'none' ? undefined : profiles[name];
  }

  override generate(source: Random): Value<Plan> {
    const seed = String(source.nextInt(0, 0xffff_ffff));
    return new Value(this.draw(seed, source).plan, undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Plan {
    return isPlan(value);
  }

  override shrink(plan: Plan, context: unknown): ShrinkStream<Value<Plan>> {
    return simplerPlans(this.protocol, plan, context);
  }

  private drawProfile(draw: Draw): Profile | undefined {
    const { profile } = this;
    return profile !== undefined && draw.chance(UNIFORM_PERCENT) ? { ...profile, isUniform: true } : profile;
  }

  draw(seed: string, source: Random): Drawn {
    const { protocol, scenario } = this;
    const draw = new Draw(source);
    const profile = this.drawProfile(draw);
    const options = drawOptions(protocol, scenario, profile, draw);
    const tolerates = drawnTolerance(protocol, options, scenario.chaos);
    const base = baseTimeout(protocol, options);
    const inhabitants = drawPopulation(protocol, scenario, profile, draw);
    const clients = inhabitants.filter(({ role }) => role === 'client').map(({ id }) => id);
    const servers = inhabitants.filter(({ role }) => role !== 'client').map(({ id }) => id);
    const [spanMin, spanMax] = profile?.span ?? SPAN;
    const drawnUntil = Math.min(UNTIL_MAX, draw.between(spanMin * base, spanMax * base));
    const until = scenario.limits.until ?? drawnUntil;
    const links = drawNetwork(tolerates, scenario, profile, base, draw);
    const disk = drawDisk(tolerates, scenario, profile, base, draw);
    const nodes = drawNodes(tolerates, scenario, profile, inhabitants, options, base, draw);
    const { calls, workload } = drawCalls(protocol, scenario, profile, clients, base, until, draw);
    const quietFrom = Math.max(Math.floor(until / 2), until - QUIET * base);
    const { chaos } = scenario;
    const { vocabulary } = this;
    const { faultsAtClientsPercent: clientPercent = CLIENT_PERCENT } = protocol;
    const { damageable = drawDamageable(tolerates, servers, draw) } = scenario.disk;
    const { faults: drawnFaults, downgraded: weakened } =
      profile === undefined || servers.length === 0
        ? noFaults
        : drawFaults(
            { tolerates, chaos, profile, vocabulary, servers, clients, clientPercent, base, damageable, quietFrom },
            draw,
          );
    // Apart from all other draws: whatever else a seed names stays as it is.
    const apart = new Draw(new Random(new StreamGenerator(new Stream(`${seed}/weather`))));
    const clear = { network: withLateCopies(links, tolerates, profile, drawnFaults, base, apart), faults: drawnFaults };
    const { network, faults: troubles } =
      profile === undefined
        ? clear
        : drawStorm({ ...clear, tolerates, scenario, profile, servers, base, quietFrom }, apart);
    // What a storm has taken the place of was not weakened, but left out.
    const downgraded = troubles === drawnFaults ? weakened : noFaults.downgraded;
    const operators = profile === undefined ? [] : drawOperators(protocol, scenario, quietFrom, draw);
    const faults = troubles.slice(0, (chaos.faultsMax ?? Number.POSITIVE_INFINITY) - operators.length);
    const plan = {
      format: PLAN_FORMAT,
      protocol: scenario.protocol,
      ...(scenario.bug === undefined ? {} : { bug: scenario.bug }),
      ...(scenario.properties === undefined ? {} : { properties: scenario.properties }),
      seed,
      nodes,
      network,
      disk: faults.some(damagesDisk) ? { ...disk, damageable } : disk,
      faults: [...scenario.faults, ...faults, ...operators],
      calls,
      ...(workload === undefined ? {} : { workload }),
      overrides: [],
      limits: { ...defaultLimits, ...runawayLimit(scenario), ...scenario.limits, until },
    } as const;
    const { liveness } = protocol;
    if (liveness === undefined || !hasCalm(protocol, scenario)) return { plan, downgraded };
    // A run of drawn length becomes calm where it would become quiet, if not before; one of given length is as long as it says, and
    // then calm.
    const calmAt =
      scenario.limits.until ?? (isScripted(scenario) ? quietFrom : calmBegins(faults, profile, base, quietFrom, draw));
    const calm = drawCalm(protocol, liveness, scenario, inhabitants, options, base, calmAt, draw);
    const calmed = { ...plan, ...whatBegins(plan, calmAt), calm };
    const end = endOfCalm(liveness, calmed, base);
    return { plan: { ...calmed, limits: { ...plan.limits, until: end } }, downgraded };
  }
}

/** Whether a scenario says itself what happens when: its story is not cut short. */
const isScripted = ({ faults, workload }: Scenario): boolean =>
  faults.length > 0 || (workload.calls ?? []).length > 0 || workload.end !== undefined;

/** What of a plan may happen before its calm. */
const whatBegins = (
  { faults, calls }: Pick<Plan, 'faults' | 'calls'>,
  calmAt: Micros,
): Pick<Plan, 'faults' | 'calls'> => ({
  faults: faults.filter(({ at = 0 }) => at < calmAt),
  calls: calls.filter(({ at }) => at < calmAt),
});

/** The fault atlas: drawn before the run, never more than the protocol claims to survive. */
const drawDamageable = (tolerates: Tolerance, servers: readonly NodeId[], draw: Draw): readonly NodeId[] =>
  draw.sample(servers, draw.between(0, Math.min(servers.length, damagedDisksMax(servers.length, tolerates))));

/** A run of drawn length has thousands of events; one with a million has gone astray. */
const runawayLimit = (scenario: Scenario): { eventsMax?: number } =>
  scenario.limits.until === undefined ? { eventsMax: EVENTS_MAX } : {};

function baseTimeout(protocol: Protocol, options: Parameters<Protocol['baseTimeout']>[0]): Micros {
  const base = protocol.baseTimeout(options);
  if (Number.isSafeInteger(base) && base >= 1) return base;
  throw new RangeError(
    `${protocol.name}.baseTimeout(...) gave ${base}: it must be a whole number of microseconds, at least 1`,
  );
}

/** A stream of the kernel as the source of fast-check's draws. */
class StreamGenerator {
  private readonly stream: Stream;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  next(): number {
    return this.stream.bits();
  }

  clone(): StreamGenerator {
    return new StreamGenerator(Stream.restored(this.stream.save()));
  }

  getState(): readonly number[] {
    return [];
  }
}
