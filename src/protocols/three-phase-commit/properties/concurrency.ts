/**
 * NB (Skeen 1981; BHG 7.5): what makes three-phase commit non-blocking. Nobody is in w when somebody commits, and nobody in p when somebody
 * aborts, of those that have not crashed since they voted: so whoever is left may always decide by its own states. Stricter than AC1, and
 * broken before it: a decision that leaves such a state behind is wrong as soon as the right process fails.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { appended, factAt, factNow, isPrepared, nameOf, txnOf } from '../../atomic-commit/properties/facts.ts';
import type { TxnId } from '../../atomic-commit/transactions.ts';

interface Standing {
  /** `x`: it has crashed since it voted, and does not count, whatever it is told afterwards. */
  readonly state: 'w' | 'p' | 'x';
  readonly event: number;
}

interface Memory {
  /** By transaction, by node: who is in w or in p, or has been and has crashed. */
  readonly standings: Map<TxnId, (Standing | undefined)[]>;
}

export const nonBlocking: Property = always<Memory>({
  name: 'NB',
  title: 'nobody is in w when somebody commits, nobody is pre-committed when somebody aborts',
  source: 'Skeen 1981; BHG 7.5',
  oracle: 'internal',
  withinModel: true,
  start: () => ({ standings: new Map() }),
  log({ standings }, node, log, change, world) {
    const record = appended(log, change);
    if (record === undefined) return undefined;
    const txn = txnOf(record);
    if (isPrepared(record)) stand(standings, txn, node, 'w', world);
    else if (record.type === 'precommit') stand(standings, txn, node, 'p', world);
    else if (record.type === 'commit' || record.type === 'abort')
      return decided(standings, txn, node, record.type, world);
    return undefined;
  },
  crash({ standings }, node, _unsynced, { event }) {
    for (const states of standings.values()) if (states[node] !== undefined) states[node] = { state: 'x', event };
    return undefined;
  },
});

function stand(
  standings: Memory['standings'],
  txn: TxnId,
  node: number,
  state: Standing['state'],
  { event, nodes }: World,
): void {
  let states = standings.get(txn);
  if (states === undefined) {
    states = nodes.map(() => undefined);
    standings.set(txn, states);
  }
  if (states[node]?.state !== 'x') states[node] = { state, event };
}

function decided(
  standings: Memory['standings'],
  txn: TxnId,
  node: number,
  outcome: 'commit' | 'abort',
  world: World,
): Finding | undefined {
  const states = standings.get(txn);
  if (states === undefined) return undefined;
  const wrong = outcome === 'commit' ? 'w' : 'p';
  const place = states.findIndex((standing) => standing?.state === wrong);
  states[node] = undefined;
  if (states.every((standing) => standing === undefined)) standings.delete(txn);
  if (place === -1) return undefined;
  const verb = `${outcome}s ${txn}`;
  const words = wrong === 'w' ? 'has voted and is not pre-committed' : 'is pre-committed';
  return {
    sentence: `${nameOf(world, node)} ${verb} while ${nameOf(world, place)} ${words}`,
    facts: [
      factAt(world, (states[place] ?? { event: world.event }).event, place, `is in ${wrong}`),
      factNow(world, node, verb),
    ],
  };
}
