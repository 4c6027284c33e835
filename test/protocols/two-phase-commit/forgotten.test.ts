/** Liveness: sooner or later a coordinator has forgotten everything, since all have acknowledged what they must. */
import { expect, it } from 'vitest';
import { fuzz } from '../../../src/explore/fuzz-api.ts';
import { entryOf } from '../../../src/protocols/atomic-commit/ledger.ts';
import type { Decision } from '../../../src/protocols/two-phase-commit/shape.ts';
import { twoPhaseCommit } from '../../../src/protocols/two-phase-commit/two-phase-commit.ts';
import type { AnyRole } from '../../../src/sim/protocol.ts';

// biome-ignore lint/suspicious/noExplicitAny: handlers of all kinds.
type Handler = (...inputs: any[]) => void;

it('is broken by a participant that acknowledges once, whether or not that arrives', async () => {
  const role = twoPhaseCommit.roles.participant as unknown as {
    readonly onMessage: { readonly [type: string]: Handler };
  };
  const { Decision: obey } = role.onMessage as { readonly Decision: Handler };
  const Decision: Handler = (state, from, message: Decision, context) => {
    if (entryOf(state.resource.finished, message.txn) === undefined) obey(state, from, message, context);
  };
  const once = { ...role, onMessage: { ...role.onMessage, Decision } } as unknown as AnyRole;
  const protocol = { ...twoPhaseCommit, roles: { ...twoPhaseCommit.roles, participant: once } };
  const report = await fuzz(protocol, { seed: 1, runs: 40, shrink: false });
  expect(JSON.stringify(report)).toMatch(/waits for n\d( and n\d)* to answer about n\d\.\d\.\d+/);
});
