/**
 * Draws the calm at the end of a run, for protocols that say what they owe in it: a random core that suffices for progress is healed,
 * and what has befallen the others stays as it is (src/check/liveness.ts judges what comes of it).
 */
import { type CalmRun, type LivenessClaim, livenessDeadlines } from '../check/liveness.ts';
import type { Protocol } from '../check/protocol.ts';
import type { Inhabitant } from '../scenario/population.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Calm } from '../sim/config.ts';
import type { Fault } from '../sim/faults.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import { drawCalmCalls } from './calls.ts';
import type { Draw } from './draw.ts';
import type { Options } from './environment.ts';
import { type Profile, profileName } from './profile.ts';

/** Everything is quick: what a protocol owes must not hang on messages that are as slow as its timeouts. In parts of its base timeout. */
const LATENCY_DIVISOR = 4_000;
const SYNC_DIVISOR = 8_000;
/** Observers look this often in a base timeout. */
const LOOKS = 4;
const CALLS_EACH = 2;
/** Where nothing is owed the calm lasts so many base timeouts: it is still a time in which damage done before may show. */
const UNOWED = 10;

export function drawCalm(
  protocol: Protocol,
  claim: LivenessClaim,
  scenario: Scenario,
  inhabitants: readonly Inhabitant[],
  options: Options,
  base: Micros,
  at: Micros,
  draw: Draw,
): Calm {
  const core = drawCore(claim, inhabitants, draw);
  const clients = core.filter((id) => inhabitants.some((one) => one.id === id && one.role === 'client'));
  const latency = atLeastOne(base / LATENCY_DIVISOR);
  return {
    at,
    core,
    ...(claim.hearsOthers?.(options) === true && draw.chance(50) ? { hearsOthers: true } : {}),
    latency: { kind: 'uniform', min: atLeastOne(latency / 4), max: latency },
    syncLatency: { kind: 'constant', value: atLeastOne(base / SYNC_DIVISOR) },
    calls: drawCalmCalls(protocol, scenario, clients, CALLS_EACH, draw),
    every: atLeastOne(base / LOOKS),
  };
}

/** So many calms of a hundred begin in the middle of the troubles: few, since what would have come after is lost. */
const AMID_PERCENT = 4;

/**
 * When the calm begins: when all troubles are over and those whom they have befallen have had time to recover, or a while after one of
 * them began, from where they would have to recover.
 */
export function calmBegins(
  faults: readonly Fault[],
  profile: Profile | undefined,
  base: Micros,
  latest: Micros,
  draw: Draw,
): Micros {
  const times = faults.flatMap(({ at }) => (at === undefined ? [] : [at]));
  if (profile?.isUniform) return latest;
  if (times.length === 0 || !draw.chance(AMID_PERCENT)) return latest;
  return Math.min(latest, draw.pick(times) + draw.acrossScales(base / 16, base * 4));
}

/** Whether runs of a scenario end in a calm. */
export const hasCalm = (protocol: Protocol, { liveness, chaos }: Scenario): boolean =>
  protocol.liveness !== undefined && chaos.overBudget !== true && (liveness ?? profileName(chaos) !== 'none');

/** When a run with this calm ends at the latest. */
export const endOfCalm = (claim: LivenessClaim, run: CalmRun, base: Micros): Micros =>
  livenessDeadlines(claim, run)?.service ?? run.calm.at + UNOWED * base;

/** Of every role as few as suffice (then each of them is needed), all, or a number between; of clients at least one. */
function drawCore({ quorum }: LivenessClaim, inhabitants: readonly Inhabitant[], draw: Draw): readonly NodeId[] {
  const chosen = new Set<NodeId>();
  for (const role of new Set(inhabitants.map((one) => one.role))) {
    const ids = inhabitants.filter((one) => one.role === role).map(({ id }) => id);
    const least = role === 'client' ? 1 : Math.min(ids.length, quorum?.[role]?.(ids.length) ?? ids.length);
    const size = draw.pick([least, least, draw.between(least, ids.length), ids.length]);
    for (const id of draw.sample(ids, size)) chosen.add(id);
  }
  return inhabitants.map(({ id }) => id).filter((id) => chosen.has(id));
}

const atLeastOne = (micros: number): Micros => Math.max(1, Math.floor(micros));
