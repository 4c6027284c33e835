/** Learns a protocol's vocabulary by watching a few runs. */
import type { Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { openRun } from './execute.ts';
import { planSource } from './generate.ts';
import { profileName } from './profile.ts';
import { emptyVocabulary, type Vocabulary, VocabularyBuilder } from './vocabulary.ts';

/** Enough for every event that is not rare, few enough not to be noticed. */
const PROBES = 6;
/** A probe of a very long scenario is cut short. */
const EVENTS_MAX = 20_000;

/**
 * The same for every campaign of a scenario, whatever its seeds: a seed names one plan.
 * Faults of a scenario's chaos take part, since much only happens in trouble.
 */
export function observeVocabulary(protocol: Protocol, scenario: Scenario): Vocabulary {
  if (profileName(scenario.chaos) === 'none') return emptyVocabulary;
  const source = planSource(protocol, scenario);
  const builder = new VocabularyBuilder();
  for (let probe = 0; probe < PROBES; probe++) {
    const { simulation } = openRun(protocol, source.plan(`probe/${probe}`), { sink: builder.sink });
    while (simulation.event < EVENTS_MAX && simulation.step());
    builder.endRun();
  }
  return builder.vocabulary();
}
