/** Two-phase commit's invariants and goals. */
import type { Property } from '../../check/property.ts';
import { agreement, nonTriviality, stability, validity } from '../atomic-commit/properties/decisions.ts';
import { durable, writeAhead } from '../atomic-commit/properties/durability.ts';
import { decisionsHeeded, sessionsEnd } from '../atomic-commit/properties/hearing.ts';
import { deadlockFreedom, strictLocking } from '../atomic-commit/properties/locking.ts';
import { isolation, serializable } from '../atomic-commit/properties/serializable.ts';
import { conservation, once } from '../atomic-commit/properties/stores.ts';
import { deniedUndone } from '../atomic-commit/properties/told.ts';
import { twoPhaseGoals } from './goals.ts';
import { heuristicsTold } from './properties/heuristics.ts';
import { presumptionKept } from './properties/presumption.ts';
import type { Decision, Hearsay, TwoPhaseOptions, Vote } from './shape.ts';

const collecting = ['collecting'];
const prepared = ['prepared'];
const commit = ['commit'];
const abort = ['abort'];
const decision = ['commit', 'abort'];
const damage = ['damage'];

/** What must be on disk before a message leaves. */
const promises = {
  Prepare: (_message: never, { presumption }: TwoPhaseOptions) => (presumption === 'commit' ? collecting : undefined),
  Decision: ({ commit: isCommit }: Decision) => (isCommit ? commit : undefined),
  Ack: () => decision,
  Vote: ({ vote }: Vote) => (vote === 'yes' ? prepared : undefined),
  Hearsay: ({ commit: isCommit }: Hearsay) => (isCommit ? undefined : abort),
  Noted: () => damage,
};

export const twoPhaseProperties: readonly Property[] = [
  agreement,
  stability,
  validity,
  nonTriviality,
  writeAhead(promises),
  presumptionKept,
  heuristicsTold,
  once,
  conservation,
  durable,
  strictLocking,
  deadlockFreedom,
  serializable,
  isolation,
  deniedUndone,
  decisionsHeeded('Decision', 'Hearsay'),
  sessionsEnd,
  ...twoPhaseGoals,
];
