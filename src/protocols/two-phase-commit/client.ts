/** The family's client, who is also told where operators have decided otherwise than the transaction was decided. */
import { defineRole, type Role } from '../../sim/protocol.ts';
import { client as askingClient } from '../atomic-commit/client.ts';
import type { TwoPhaseClientShape } from './shape.ts';

export const client: Role<TwoPhaseClientShape> = defineRole<TwoPhaseClientShape>({
  ...askingClient,
  onMessage: {
    ...askingClient.onMessage,
    Damaged: (_state, _from, { txn, participant }, context) => context.note('toldOfDamage', { txn, participant }),
  },
});
