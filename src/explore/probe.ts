/** Learns a protocol's vocabulary by watching a few runs. */
import type { Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { executeWatched } from './execute-watched.ts';
import { planSource } from './generate.ts';
import { profileName } from './profile.ts';
import { emptyVocabulary, type Vocabulary, VocabularyBuilder } from './vocabulary.ts';

/** Enough for every event that is not rare, few enough not to be noticed. */
const PROBES = 6;
/** A probe of a very long scenario is cut short. */
const EVENTS_MAX = 20_000;
const HANG_MILLISECONDS = 10_000;

/**
 * The same for every campaign of a scenario, whatever its seeds: a seed names one plan.
 * Faults of a scenario's chaos take part, since much only happens in trouble.
 * @param milliseconds a handler that takes longer hangs
 */
export function observeVocabulary(
  protocol: Protocol,
  scenario: Scenario,
  milliseconds: number = HANG_MILLISECONDS,
): Vocabulary {
  if (profileName(scenario.chaos) === 'none') return emptyVocabulary;
  const source = planSource(protocol, scenario);
  const builder = new VocabularyBuilder();
  for (let probe = 0; probe < PROBES; probe++) {
    const plan = source.plan(`probe/${probe}`);
    const short = { ...plan, limits: { ...plan.limits, eventsMax: Math.min(EVENTS_MAX, plan.limits.eventsMax) } };
    const { failure } = executeWatched(protocol, short, milliseconds, { sink: builder.sink });
    builder.endRun();
    // The campaign will find that, and report it.
    if (failure?.kind === 'hung') break;
  }
  return builder.vocabulary();
}
