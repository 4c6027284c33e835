/**
 * A lock by the sessions of Chubby (Burrows 2006), over the replicated store: jeopardy and grace at the client, epochs at the master, and
 * sequencers, which are the tokens of this folder: there is one lock and one mode, so that the generation is all that is left of them.
 */
import type { OptionSpec, Protocol } from '../../../check/protocol.ts';
import { type AnyRole, ms } from '../../../sim/protocol.ts';
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

const guard: OptionSpec = {
  kind: 'choice',
  title:
    'what keeps late writes from the resource: it compares tokens, or a lock that was lost is not granted for a while',
  default: 'tokens',
  of: ['tokens', 'lock-delay'],
};

/** Burrows 2006, section 2.4: up to one minute, where a session lasts 12 s. */
const lockDelay: OptionSpec = {
  kind: 'duration',
  title: 'how long nobody gets a lock that was lost, where the resource compares nothing',
  default: ms(600),
  min: ms(250),
  max: ms(1_200),
};

export const chubbyLock: Protocol = createRecipeLock({
  name: 'chubby-lock',
  title: "a lock by Chubby's sessions: jeopardy, grace, sequencers, and masters with epochs",
  bugs: chubbyBugs,
  client: (rules) => createChubbyClient(rules) as AnyRole,
  hasEpochs: true,
  options: { gracePeriod, guard, lockDelay },
  properties: chubbyProperties,
  liveness: chubbyLiveness,
  tell: telling,
});
