/** Whom a server takes for the leader. */
import { always, type Property } from '../../../check/property.ts';
import type { NodeId } from '../../../sim/protocol.ts';
import type { AppendEntries, Heartbeat, ServerState } from '../shape.ts';
import { factNow, nameOf } from './facts.ts';

interface Leaders {
  /** By term: who acts as its leader. */
  readonly of: Map<number, number>;
  /** Who was last noted, and for which term: mostly the next one too. */
  term: number;
  node: number;
  /** By node: what was judged last. Little of it changes from one event to the next. */
  readonly judged: (Judged | undefined)[];
}

interface Judged {
  readonly leader: NodeId | null;
  readonly role: ServerState['role'];
  readonly term: number;
}

/** Clients are sent to whom a server names: who names a leader of before sends them in circles. */
export const hintsTrue: Property = always<Leaders>({
  name: 'HINT',
  title: 'whom a server names as leader leads its current term; itself it names while it leads, and only then',
  source:
    'section 8: "the server will reject the request and supply information about the most recent leader it has heard from"',
  oracle: 'internal',
  role: 'server',
  messages: ['AppendEntries', 'Heartbeat'],
  start: () => ({ of: new Map(), term: 0, node: -1, judged: [] }),
  boot({ judged }, node) {
    judged[node] = undefined;
    return undefined;
  },
  send(leaders, from, _to, { term }: AppendEntries | Heartbeat) {
    if (term !== leaders.term || from !== leaders.node) note(leaders, term, from);
    return undefined;
  },
  step(leaders, node, { leader, role, currentTerm }: ServerState, world) {
    const last = leaders.judged[node];
    if (last !== undefined && last.leader === leader && last.role === role && last.term === currentTerm)
      return undefined;
    leaders.judged[node] = { leader, role, term: currentTerm };
    if (role === 'leader') note(leaders, currentTerm, node);
    if (leader === null) return undefined;
    const named = world.nodes.indexOf(leader);
    if ((named === node) === (role === 'leader') && leaders.of.get(currentTerm) === named) return undefined;
    return {
      sentence: `${nameOf(world, node)}, ${role} of term ${currentTerm}, names ${leader} as its leader`,
      facts: [factNow(world, node, `names ${leader}`)],
    };
  },
});

function note(leaders: Leaders, term: number, node: number): void {
  leaders.of.set(term, node);
  leaders.term = term;
  leaders.node = node;
}
