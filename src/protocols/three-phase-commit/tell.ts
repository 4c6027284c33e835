/** Messages and log records in a few words. */
import type { Telling } from '../../check/protocol.ts';
import { tellNumber } from '../atomic-commit/numbering.ts';
import type { ParticipantRecord } from '../atomic-commit/resource.ts';
import { tellParticipantRecord, tellWork, type WorkMessage } from '../atomic-commit/tell.ts';
import { tellOperation } from '../atomic-commit/workload.ts';
import type { CoordinatorRecord, PeerMessage, Prepare, Vote } from './shape.ts';

export const telling: Telling = {
  message: tellMessage as (message: never) => string,
  operation: tellOperation,
  note: tellNote,
  record: (_log, record) => tellRecord(record),
};

/** The notes that have a number of an election; others are told as they are. */
function tellNote(
  text: string,
  { txn, election }: { readonly txn: string; readonly election: number },
): string | undefined {
  switch (text) {
    case 'terminating':
      return `leads the termination of ${txn}${leader(election)}`;
    case 'preCommitting':
      return `proposes to commit ${txn}${leader(election)}`;
    case 'preCommittingAgain':
      return `proposes again to commit ${txn}${leader(election)}`;
    case 'preAborting':
      return `proposes to abort ${txn}${leader(election)}`;
    default:
      return undefined;
  }
}

function tellMessage(message: WorkMessage | Prepare | Vote | PeerMessage): string {
  switch (message.type) {
    case 'Prepare':
      return `prepare ${message.txn}`;
    case 'Vote':
      return `vote ${message.vote} ${message.txn}`;
    case 'Pre':
      return `${message.commit ? 'PRE-COMMIT' : 'PRE-ABORT'} ${message.txn}${leader(message.election)}`;
    case 'Ack':
      return `ack ${message.txn}${leader(message.election)}`;
    case 'Decision':
      return `${message.commit ? 'COMMIT' : 'ABORT'} ${message.txn}`;
    case 'StateRequest':
      return `I lead ${message.txn}${leader(message.election)}: your state?`;
    case 'StateReport':
      return `${message.txn}: I am in ${message.report.state}${message.report.recovered ? ', back from a crash' : ''}`;
    case 'Ask':
      return `what became of ${message.txn}?`;
    default:
      return tellWork(message);
  }
}

const leader = (election: number): string => (election <= 0 ? '' : ` (election ${tellNumber(election)})`);

function tellRecord(record: CoordinatorRecord | ParticipantRecord): string {
  switch (record.type) {
    case 'precommit':
      return `pre-commit ${record.txn}`;
    case 'preabort':
      return `pre-abort ${record.txn}`;
    case 'elected':
      return `obeys ${record.txn}${leader(record.election)}`;
    case 'open':
      return `open ${record.txn}`;
    default:
      return tellParticipantRecord(record);
  }
}
