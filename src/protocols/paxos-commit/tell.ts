/** Messages and log records in a few words. */
import type { Telling } from '../../check/protocol.ts';
import { tellNumber } from '../atomic-commit/numbering.ts';
import type { ParticipantRecord } from '../atomic-commit/resource.ts';
import { tellParticipantRecord, tellWork, type WorkMessage } from '../atomic-commit/tell.ts';
import { tellOperation } from '../atomic-commit/workload.ts';
import type { Acceptance, AcceptorRecord, GroupRecord, Inquiry, PeerMessage, Prepare, Vote } from './shape.ts';

export const telling: Telling = {
  message: tellMessage as (message: never) => string,
  operation: tellOperation,
  note: tellNote,
  record: (_log, record) => tellRecord(record),
};

/** The notes that have a ballot; others are told as they are. */
function tellNote(
  text: string,
  { txn, ballot }: { readonly txn: string; readonly ballot: number },
): string | undefined {
  switch (text) {
    case 'leading':
      return `leads ballot ${number(ballot)} of ${txn}`;
    case 'outvoted':
      return `is outvoted in ${txn} by ballot ${number(ballot)}`;
    default:
      return undefined;
  }
}

function tellMessage(message: WorkMessage | Prepare | Vote | Inquiry | PeerMessage): string {
  switch (message.type) {
    case 'Prepare':
      return `prepare ${message.txn}`;
    case 'Vote':
      return `vote ${message.vote} ${message.txn}`;
    case 'Phase1a':
      return `1a ${message.txn}: I lead ballot ${number(message.ballot)}, what have you accepted?`;
    case 'Phase1b':
      return `1b ${message.txn}: ballot ${number(message.ballot)}; ${tellAcceptance(message.accepted)}`;
    case 'Phase2a':
      return `2a ${message.txn}: ballot ${number(message.ballot)}, prepared: ${list(message.prepared)}`;
    case 'Phase2b':
      return `2b ${message.txn}: accepted in ballot ${number(message.ballot)}`;
    case 'Outvoted':
      return `${message.txn}: I have promised ballot ${number(message.ballot)}`;
    case 'Decision':
      return `${message.commit ? 'COMMIT' : 'ABORT'} ${message.txn}`;
    case 'Inquiry':
      return `what became of ${message.txn}?`;
    default:
      return tellWork(message);
  }
}

const number = (ballot: number): string => (ballot === 0 ? '0' : tellNumber(ballot));

const list = (nodes: readonly string[]): string => (nodes.length === 0 ? 'nobody' : nodes.join(' '));

const tellAcceptance = (accepted: Acceptance | null): string =>
  accepted === null
    ? 'nothing accepted'
    : `accepted in ballot ${number(accepted.ballot)}: prepared ${list(accepted.prepared)}`;

function tellRecord(record: AcceptorRecord | ParticipantRecord | GroupRecord): string {
  switch (record.type) {
    case 'promised':
      return `promised ${record.txn} ballot ${number(record.ballot)}`;
    case 'accepted':
      return `accepted ${record.txn} ballot ${number(record.ballot)}`;
    case 'group':
      return `group ${record.txn}`;
    default:
      return tellParticipantRecord(record);
  }
}
