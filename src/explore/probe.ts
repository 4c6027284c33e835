/** Learns a protocol's vocabulary by watching a few runs. */
import type { Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { Simulation } from '../sim/simulation.ts';
import { planSource } from './generate.ts';
import { watched } from './pool-watchdog.ts';
import { profileName } from './profile.ts';
import { emptyVocabulary, type Vocabulary, VocabularyBuilder } from './vocabulary.ts';

/** Enough for every event that is not rare, few enough not to be noticed. */
const PROBES = 5;
/** A probe of a very long scenario is cut short. */
const EVENTS_MAX = 10_000;
const HANG_MILLISECONDS = 10_000;

/**
 * The same for every campaign of a scenario, whatever its seeds: a seed names one plan.
 * Faults of a scenario's chaos take part, since much only happens in trouble.
 * @param milliseconds a probe that takes longer hangs; the campaign will find that, and report it
 */
export function observeVocabulary(
  protocol: Protocol,
  scenario: Scenario,
  milliseconds: number = HANG_MILLISECONDS,
): Vocabulary {
  if (profileName(scenario.chaos) === 'none') return emptyVocabulary;
  const source = planSource(protocol, scenario);
  const builder = new VocabularyBuilder(protocol);
  for (let probe = 0; probe < PROBES; probe++) {
    const plan = source.plan(`probe/${probe}`);
    const spec = { ...plan, limits: { ...plan.limits, eventsMax: Math.min(EVENTS_MAX, plan.limits.eventsMax) } };
    const run = watched(
      () => new Simulation({ spec, roles: protocol.roles, observers: builder.observers }).run(),
      milliseconds,
    );
    builder.endRun();
    if (!run.ended) break;
  }
  return builder.vocabulary();
}
