/** What an acceptor looks like. */
import type { Panel } from '../../sim/protocol.ts';
import type { Acceptor } from './shape.ts';

const outcomeOf = (committed: boolean | undefined): string => {
  if (committed === undefined) return '';
  return committed ? 'committed' : 'aborted';
};

export const ballotsPanel = ({ consensus, leading, outcomes }: Acceptor): Panel => ({
  kind: 'table',
  title: 'ballots',
  columns: ['transaction', 'promised', 'accepted', 'prepared', 'leads', 'outcome'],
  rows: Object.keys(consensus).map((txn) => {
    const one = consensus[txn];
    return [
      txn,
      one?.promised ?? 0,
      one?.accepted?.ballot ?? '',
      one?.accepted?.prepared.join(' ') ?? '',
      leading.find((ballot) => ballot.txn === txn)?.phase ?? '',
      outcomeOf(outcomes[txn]),
    ];
  }),
});
