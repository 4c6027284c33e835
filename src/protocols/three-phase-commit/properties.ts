/** The invariants and goals that all three variants have. */
import type { Property } from '../../check/property.ts';
import { agreement, stability, validity } from '../atomic-commit/properties/decisions.ts';
import { durable, writeAhead } from '../atomic-commit/properties/durability.ts';
import { decisionsHeeded, sessionsEnd } from '../atomic-commit/properties/hearing.ts';
import { deadlockFreedom, strictLocking } from '../atomic-commit/properties/locking.ts';
import { isolation, serializable } from '../atomic-commit/properties/serializable.ts';
import { conservation, once } from '../atomic-commit/properties/stores.ts';
import { deniedUndone } from '../atomic-commit/properties/told.ts';
import { threePhaseGoals } from './goals.ts';
import { reportsTrue } from './properties/reports.ts';
import type { Decision, Vote } from './shape.ts';

/** What must be on disk before a message leaves. */
const promises = {
  Vote: ({ vote }: Vote) => (vote === 'yes' ? ['prepared'] : undefined),
  Pre: () => ['precommit', 'preabort', 'prepared'],
  Ack: () => ['precommit', 'preabort'],
  Decision: ({ commit }: Decision) => [commit ? 'commit' : 'abort'],
};

export const threePhaseProperties: readonly Property[] = [
  agreement,
  stability,
  validity,
  writeAhead(promises),
  reportsTrue,
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
  ...threePhaseGoals,
];
