/** Messages before the vote, and what is in the logs of participants, in a few words. */
import type { ParticipantRecord } from './resource.ts';
import type { Begin, Done, Execute, Executed, Refused, Released, Rollback, Stale } from './transactions.ts';
import { tellStep } from './workload.ts';

export type WorkMessage = Begin | Done | Stale | Execute | Executed | Refused | Released | Rollback;

export function tellWork(message: WorkMessage): string {
  switch (message.type) {
    case 'Begin':
      return `${message.origin.process} #${message.origin.sequence}: ${message.steps.map((step) => tellStep(step, undefined)).join(', ')}`;
    case 'Done':
      return `${message.origin.process} #${message.origin.sequence} ${message.committed ? 'committed' : 'aborted'}`;
    case 'Stale':
      return `ask again, I have restarted (${message.incarnation})`;
    case 'Execute':
      return `${message.age.txn}: ${message.steps.map((step) => tellStep(step, undefined)).join(', ')}`;
    case 'Executed':
      return `${message.txn} done`;
    case 'Refused':
      return `${message.txn} ${message.killer === '' ? 'aborted' : `gives way to ${message.killer}`}`;
    case 'Released':
      return `${message.txn} may try again`;
    case 'Rollback':
      return `roll back ${message.txn}`;
  }
}

export function tellParticipantRecord(record: ParticipantRecord): string {
  if (record.type === 'prepared') return `prepared ${record.age.txn}`;
  return `${record.type} ${record.txn}${'heuristic' in record ? ' by hand' : ''}`;
}
