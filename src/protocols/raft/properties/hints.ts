/** Whom a server takes for the leader. */
import { always, type Property } from '../../../check/property.ts';
import type { AppendEntries, Heartbeat, ServerState } from '../shape.ts';
import { factNow, nameOf } from './facts.ts';

/** By term: who acts as its leader. */
type Leaders = Map<number, number>;

/** Clients are sent to whom a server names: who names a leader of before sends them in circles. */
export const hintsTrue: Property = always<Leaders>({
  name: 'HINT',
  title: 'whom a server names as leader leads its current term; itself it names while it leads, and only then',
  source:
    'section 8: "the server will reject the request and supply information about the most recent leader it has heard from"',
  oracle: 'internal',
  role: 'server',
  messages: ['AppendEntries', 'Heartbeat'],
  start: () => new Map(),
  send(leaders, from, _to, { term }: AppendEntries | Heartbeat) {
    leaders.set(term, from);
    return undefined;
  },
  step(leaders, node, { leader, role, currentTerm }: ServerState, world) {
    if (role === 'leader') leaders.set(currentTerm, node);
    if (leader === null) return undefined;
    const named = world.nodes.indexOf(leader);
    if ((named === node) === (role === 'leader') && leaders.get(currentTerm) === named) return undefined;
    return {
      sentence: `${nameOf(world, node)}, ${role} of term ${currentTerm}, names ${leader} as its leader`,
      facts: [factNow(world, node, `names ${leader}`)],
    };
  },
});
