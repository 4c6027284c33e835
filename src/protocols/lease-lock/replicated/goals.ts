/** What a campaign of replicated locks must have reached besides. */
import { type Property, sometimes } from '../../../check/property.ts';

/** By index of the grant: who told of it first. */
export const failedOver: Property = sometimes<{ readonly by: Map<number, number> }>({
  name: 'failed-over',
  title: 'a new leader found the lock held under a grant of another one',
  oracle: 'internal',
  role: 'server',
  requiredWithinSeeds: 50,
  reachableUnder: (_fixed, { nodes }) => nodes.server !== 1,
  start: () => ({ by: new Map() }),
  note({ by }, node, text, data) {
    if (text !== 'granted' && text !== 'restored') return false;
    const { since } = data as unknown as { readonly since: number };
    const first = by.get(since);
    if (first === undefined) by.set(since, node);
    return first !== undefined && first !== node;
  },
});
