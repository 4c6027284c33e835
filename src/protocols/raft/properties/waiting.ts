/** What waits at a server: only what can still come. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { termAt } from '../log.ts';
import type { ServerState } from '../shape.ts';
import { factNow, nameOf } from './facts.ts';

/** Whoever waits for what never comes has to ask again, if it can. */
export const nothingStale: Property = always<null>({
  name: 'WAIT',
  title:
    'who does not lead keeps no proposals and reads, who leads has taken up all reads once it knows what is committed, hosts know what is new, and each client has one query',
  source: 'diss 6.4: "the leader waits until it has marked an entry committed in its term"',
  oracle: 'internal',
  role: 'server',
  start: () => null,
  step(_memory, node, state: ServerState, world) {
    const { role, host, reads, queries, pending } = state;
    // Mostly there is nothing to look at.
    const isIdle = reads.length === 0 && queries.length === 0 && (role === 'leader' || pending.length === 0);
    if (isIdle && host === null) return undefined;
    return leftovers(node, state, world) ?? leftStanding(node, state, world) ?? untold(node, state, world);
  },
});

function leftovers(node: number, { role, reads, pending }: ServerState, world: World): Finding | undefined {
  if (role === 'leader' || reads.length + pending.length === 0) return undefined;
  return {
    sentence: `${nameOf(world, node)} does not lead, and keeps ${reads.length} reads and ${pending.length} proposals`,
    facts: [factNow(world, node, `is a ${role}`)],
  };
}

function leftStanding(node: number, state: ServerState, world: World): Finding | undefined {
  const { role, reads, queries, commitIndex, currentTerm } = state;
  if (queries.length > 1 && new Set(queries.map(({ client }) => client)).size < queries.length)
    return { sentence: `${nameOf(world, node)} keeps several queries of one client` };
  if (role !== 'leader' || reads.length === 0 || termAt(state, commitIndex) !== currentTerm) return undefined;
  const waiting = reads.find(({ index }) => index < 0);
  if (waiting === undefined) return undefined;
  return {
    sentence: `${nameOf(world, node)} knows what is committed, and does not go on with the query of ${waiting.client}`,
    facts: [factNow(world, node, `has committed index ${commitIndex} in its own term ${currentTerm}`)],
  };
}

/** Where the server is a component: who hosts it waits for news. */
function untold(node: number, state: ServerState, world: World): Finding | undefined {
  const { host, role, lastApplied, currentTerm } = state;
  if (host === null) return undefined;
  const leading = role === 'leader' && termAt(state, lastApplied) === currentTerm ? currentTerm : 0;
  if (host.op.after === lastApplied && host.op.leading === leading) return undefined;
  return {
    sentence: `${nameOf(world, node)} does not tell its host what is new`,
    facts: [
      factNow(
        world,
        node,
        `has applied index ${lastApplied}${leading > 0 ? `, and leads term ${leading}` : ', and does not lead'}`,
      ),
    ],
  };
}
