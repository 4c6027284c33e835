/** Which nodes a scenario has, and their names. */
import type { Protocol } from '../check/protocol.ts';
import type { NodeId } from '../sim/protocol.ts';

export interface Inhabitant {
  readonly id: NodeId;
  readonly role: string;
}

/** How many nodes of each role: what the scenario fixes, else the protocol's default. */
export function countsOf(
  protocol: Pick<Protocol, 'population'>,
  fixed: { readonly [role: string]: number },
): { readonly [role: string]: number } {
  const counts: { [role: string]: number } = {};
  for (const [role, { default: usual }] of Object.entries(protocol.population)) counts[role] = fixed[role] ?? usual;
  return counts;
}

/**
 * Clients are `c1`, `c2`, ...; all other nodes `n1`, `n2`, ..., numbered through in the order in which the protocol's population
 * lists their roles. Non-clients come first, so that servers run before anybody asks them.
 */
export function populate(
  protocol: Pick<Protocol, 'population'>,
  fixed: { readonly [role: string]: number },
): readonly Inhabitant[] {
  const servers: Inhabitant[] = [];
  const clients: Inhabitant[] = [];
  for (const [role, count] of Object.entries(countsOf(protocol, fixed))) {
    const group = role === 'client' ? clients : servers;
    const letter = role === 'client' ? 'c' : 'n';
    for (let made = 0; made < count; made++) group.push({ id: `${letter}${group.length + 1}`, role });
  }
  return [...servers, ...clients];
}
