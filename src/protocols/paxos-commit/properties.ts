/** Paxos Commit's invariants and goals. */
import type { Property } from '../../check/property.ts';
import { agreement, stability, validity } from '../atomic-commit/properties/decisions.ts';
import { durable, writeAhead } from '../atomic-commit/properties/durability.ts';
import { decisionsHeeded, sessionsEnd } from '../atomic-commit/properties/hearing.ts';
import { deadlockFreedom, strictLocking } from '../atomic-commit/properties/locking.ts';
import { isolation, serializable } from '../atomic-commit/properties/serializable.ts';
import { conservation, once } from '../atomic-commit/properties/stores.ts';
import { deniedUndone } from '../atomic-commit/properties/told.ts';
import { paxosGoals } from './goals.ts';
import { chosen } from './properties/chosen.ts';
import { promisesKept } from './properties/promises.ts';
import { proposalsFree } from './properties/proposals.ts';
import type { Vote } from './shape.ts';

/** What must be on disk before a message leaves; of ballots `promisesKept` knows more. */
const promises = {
  Vote: ({ vote }: Vote) => (vote === 'yes' ? ['prepared'] : undefined),
};

export const paxosProperties: readonly Property[] = [
  agreement,
  stability,
  validity,
  chosen,
  promisesKept,
  proposalsFree,
  writeAhead(promises),
  once,
  deniedUndone,
  conservation,
  durable,
  strictLocking,
  deadlockFreedom,
  serializable,
  isolation,
  decisionsHeeded('Decision'),
  sessionsEnd,
  ...paxosGoals,
];
