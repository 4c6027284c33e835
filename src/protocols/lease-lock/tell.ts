/** Messages in a few words. */
import type { Telling } from '../../check/protocol.ts';
import type { Json } from '../../sim/plain.ts';
import type { ToClient, ToResource, ToServer, Work, WorkResult } from './shape.ts';

export const telling: Telling = {
  message: tellMessage as (message: never) => string,
  operation: tellOperation as (op: never, result: Json | undefined) => string,
  note: tellNote as (text: string, data: never) => string | undefined,
};

interface NoteData {
  readonly client?: string;
  readonly id?: number;
  readonly token?: number;
  readonly why?: string;
  readonly named?: number;
  readonly left?: number;
  readonly age?: number;
  readonly step?: number;
  readonly term?: number;
  readonly revision?: number;
  readonly count?: number;
}

/** What was done by whoever noted it; others are told as they are. */
function tellNote(text: string, data: NoteData | undefined): string | undefined {
  const { client, id, token, why, named, left = 0, age = 0, step, term, revision, count } = data ?? {};
  const under = token === undefined ? '' : `, token ${token}`;
  switch (text) {
    case 'queued':
      return `puts ${client} into the queue (a${id})`;
    case 'granted':
      return `grants the lock to ${client} (a${id})${under}`;
    case 'restored':
      return `finds the lock held by ${client} (a${id})${under}`;
    case 'freed':
      return `takes the lock from ${client} (a${id}): ${why}${named === id ? '' : ` of a${named}`}`;
    case 'delays':
      return `keeps the lock, which was lost under token ${token}, from now on for the lock-delay`;
    case 'leftQueue':
      return `takes ${client} out of the queue (a${id}): ${why}`;
    case 'leads':
      return `begins to lead term ${term}`;
    case 'woken':
      return `wakes ${count} who ${count === 1 ? 'watches' : 'watch'} node ${revision}`;
    case 'believes':
      return `believes to hold the lock (a${id})${under}, for ${inMs(left)} ms`;
    case 'renewed':
      return `knows its lease to last for ${inMs(left)} ms`;
    case 'guardedStep':
      return `finds its lease valid, ${inMs(age)} ms after asking`;
    case 'released':
      return 'gives the lock back';
    case 'lost':
      return token === 0 ? `stops waiting (a${id})` : `has lost the lock (a${id})`;
    case 'gaveUp':
      return `gives up (a${id})`;
    case 'jeopardy':
      return 'is in jeopardy, and stops';
    case 'safe':
      return 'is safe again';
    case 'graceOver':
      return 'has waited for the whole grace period';
    case 'registered':
      return `knows token ${token} (a${id})`;
    case 'wrote':
      return `does write ${step} of a${id}${under}`;
    case 'refused':
      return `refuses a${id}${under}`;
    default:
      return undefined;
  }
}

/** One decimal. */
const inMs = (micros: number): number => Math.round(micros / 100) / 10;

function tellMessage(message: ToServer | ToResource | ToClient): string {
  switch (message.type) {
    case 'Acquire':
      return `may I have the lock? (a${message.id}.${message.attempt})`;
    case 'Renew':
      return `may I keep it? (a${message.id}.${message.attempt})`;
    case 'Release':
      return `a${message.id} is over${message.unfinished ? ', but maybe not its writes' : ''}`;
    case 'Granted':
      return `the lock is yours, token ${message.token} (a${message.id}.${message.attempt})`;
    case 'Lost':
      return `a${message.id} has no lock`;
    case 'Released':
      return `a${message.id} is released`;
    case 'Queued':
      return `a${message.id} waits`;
    case 'NotLeader':
      return 'another server leads';
    case 'Register':
      return `token ${message.token} from now on`;
    case 'Registered':
      return message.ok ? 'known' : 'too old a token';
    case 'Write':
      return `write ${message.step} under token ${message.token}`;
    case 'Written':
      return message.ok ? `write ${message.step} is done` : `write ${message.step} is refused`;
  }
}

export function tellOperation({ writes }: Work, result: WorkResult | undefined): string {
  const asked = `work: ${writes} guarded ${writes === 1 ? 'write' : 'writes'}`;
  if (result === undefined) return asked;
  return result.lost ? `${asked}: lost the lock after ${result.written}` : `${asked}: done`;
}
