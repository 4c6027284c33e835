/** An acceptor that stands by: it hears votes, and leads when it is asked. */

import { defineRole, type NodeView, type Role } from '../../sim/protocol.ts';
import { readWal } from '../atomic-commit/life.ts';
import { newAcceptor, remember } from './acceptor.ts';
import { acceptorMessages, acceptorTimers } from './leader.ts';
import type { Rules } from './rules.ts';
import type { StandbyShape, StandbyState } from './shape.ts';
import { ballotsPanel } from './view.ts';

export function createStandby(rules: Rules): Role<StandbyShape> {
  const kit = {
    rules,
    requestOf: () => ({}),
    decided: () => {},
    // Participants in doubt ask again.
    insists: () => false,
    isOver: () => false,
  };
  return defineRole<StandbyShape>({
    boot(context) {
      const acceptor = newAcceptor();
      for (const record of readWal(context)) remember(acceptor, record);
      return { role: 'acceptor', acceptor };
    },
    onMessage: acceptorMessages(kit),
    onTimer: acceptorTimers(kit),
    view: ({ acceptor }: StandbyState): NodeView => ({
      role: 'acceptor',
      label: `A ${acceptor.leading.length}`,
      panels: [ballotsPanel(acceptor)],
    }),
  });
}
