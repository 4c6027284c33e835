/** What the lock guards, and which has nothing to compare: whoever writes, writes. */
import type { Role } from '../../../sim/protocol.ts';
import type { ResourceShape } from './shape.ts';

export function createResource(): Role<ResourceShape> {
  return {
    boot: () => ({ writes: 0 }),
    onMessage: {
      Write(state, from, { id, step }, context) {
        state.writes++;
        context.note('wrote', { id, step });
        context.send(from, { type: 'Written', id, step });
      },
    },
    view: ({ writes }) => ({ role: 'resource', label: `${writes} writes` }),
  };
}
