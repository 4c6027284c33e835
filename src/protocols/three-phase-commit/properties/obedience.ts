/**
 * OBEY (BHG 7.5; KD): in a termination processes ignore all earlier leaders. Who has taken part in an election acknowledges no proposal of an
 * older one: otherwise two leaders may each have what they need, for opposite decisions.
 */
import { always, type Property } from '../../../check/property.ts';
import { tellNumber } from '../../atomic-commit/numbering.ts';
import { factAt, factNow, nameOf } from '../../atomic-commit/properties/facts.ts';
import type { TxnId } from '../../atomic-commit/transactions.ts';
import type { Ack, StateReport, StateRequest } from '../shape.ts';

interface Joined {
  readonly election: number;
  readonly event: number;
}

/** By node, by transaction: the latest election that it has led, or reported in. */
type Memory = Map<TxnId, Joined>[];

/** @param outlivesCrashes whether elections are on disk before anybody is told (KD, Last_Elected). */
export const obedience = (outlivesCrashes: boolean): Property =>
  always<Memory>({
    name: 'OBEY',
    title: 'who has taken part in an election acknowledges no proposal of an older one',
    source: 'BHG 7.5; Keidar, Dolev 1998',
    oracle: 'internal',
    messages: ['StateRequest', 'StateReport', 'Ack'],
    start: ({ nodes }) => nodes.map(() => new Map()),
    send(memory, from, _to, { type, txn, election }: StateRequest | StateReport | Ack, world) {
      const joined = memory[from] as Map<TxnId, Joined>;
      const latest = joined.get(txn);
      if (type !== 'Ack') {
        if (latest === undefined || election > latest.election) joined.set(txn, { election, event: world.event });
        return undefined;
      }
      if (latest === undefined || election >= latest.election) return undefined;
      const name = nameOf(world, from);
      return {
        sentence: `${name} acknowledges a proposal of election ${tellNumber(election)} for ${txn}, and has taken part in election ${tellNumber(latest.election)}`,
        facts: [
          factAt(world, latest.event, from, `takes part in election ${tellNumber(latest.election)}`),
          factNow(world, from, `acknowledges election ${tellNumber(election)}`),
        ],
      };
    },
    crash(memory, node) {
      if (!outlivesCrashes) memory[node] = new Map();
      return undefined;
    },
  });
