/** Messages and log records in a few words. */
import type { Telling } from '../../check/protocol.ts';
import type { ParticipantRecord } from '../atomic-commit/resource.ts';
import { tellParticipantRecord, tellWork, type WorkMessage } from '../atomic-commit/tell.ts';
import { tellOperation } from '../atomic-commit/workload.ts';
import type { Ack, CoordinatorRecord, Damaged, Decision, Hearsay, Inquiry, Noted, Prepare, Vote } from './shape.ts';

type Message = WorkMessage | Prepare | Vote | Decision | Ack | Inquiry | Hearsay | Noted | Damaged;

export const telling: Telling = {
  message: tellMessage as (message: never) => string,
  operation: tellOperation,
  record: (_log, record) => tellRecord(record),
};

function tellMessage(message: Message): string {
  switch (message.type) {
    case 'Prepare':
      return `prepare ${message.txn}`;
    case 'Vote':
      return `${message.vote === 'read' ? 'only read' : `vote ${message.vote}`} ${message.txn}`;
    case 'Decision':
      return `${message.commit ? 'COMMIT' : 'ABORT'} ${message.txn}`;
    case 'Ack':
      return `ack ${message.txn}${message.damage ? ', decided otherwise here' : ''}`;
    case 'Inquiry':
      return `what became of ${message.txn}?`;
    case 'Hearsay':
      return `${message.txn} was ${message.commit ? 'committed' : 'aborted'}`;
    case 'Noted':
      return `the damage of ${message.txn} is noted`;
    case 'Damaged':
      return `${message.txn} was decided otherwise at ${message.participant}, by hand`;
    default:
      return tellWork(message);
  }
}

function tellRecord(record: CoordinatorRecord | ParticipantRecord): string {
  if (record.type === 'damage') return `damage ${record.txn} at ${record.participant}`;
  return record.type === 'collecting' || record.type === 'end'
    ? `${record.type} ${record.txn}`
    : tellParticipantRecord(record);
}
