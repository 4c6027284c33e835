/** Messages in a few words. */
import type { Telling } from '../../check/protocol.ts';
import type { Json } from '../../sim/plain.ts';
import type { ToClient, ToResource, ToServer, Work, WorkResult } from './shape.ts';

export const telling: Telling = {
  message: tellMessage as (message: never) => string,
  operation: tellOperation as (op: never, result: Json | undefined) => string,
};

function tellMessage(message: ToServer | ToResource | ToClient): string {
  switch (message.type) {
    case 'Acquire':
      return `may I have the lock? (a${message.id}.${message.attempt})`;
    case 'Renew':
      return `may I keep it? (a${message.id}.${message.attempt})`;
    case 'Release':
      return `a${message.id} is over`;
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
