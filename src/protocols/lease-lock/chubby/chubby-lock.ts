/**
 * A lock by the sessions of Chubby (Burrows 2006), over the replicated store: jeopardy and grace at the client, epochs at the master, and
 * sequencers, which are the tokens of this folder: there is one lock and one mode, so that the generation is all that is left of them.
 */
import type { OptionSpec, Protocol } from '../../../check/protocol.ts';
import { type AnyRole, ms } from '../../../sim/protocol.ts';
import { guardOptionSpecs } from '../options.ts';
import { createRecipeLock } from '../store/recipe-lock.ts';
import { chubbyBugs } from './bugs.ts';
import { createChubbyClient } from './client.ts';
import { chubbyLiveness } from './liveness.ts';
import { chubbyProperties } from './properties.ts';
import { telling } from './tell.ts';

const gracePeriod: OptionSpec = {
  kind: 'duration',
  title: 'how long a client in jeopardy waits for a master before it takes its session for lost',
  default: ms(1_000),
  min: ms(300),
  max: ms(2_000),
};

export const chubbyLock: Protocol = createRecipeLock({
  name: 'chubby-lock',
  title: "a lock by Chubby's sessions: jeopardy, grace, sequencers, and masters with epochs",
  bugs: chubbyBugs,
  client: (rules) => createChubbyClient(rules) as AnyRole,
  hasEpochs: true,
  options: { gracePeriod, ...guardOptionSpecs },
  properties: chubbyProperties,
  liveness: chubbyLiveness,
  tell: telling,
});
