/** Messages in a few words. */
import type { Telling } from '../../../check/protocol.ts';
import { tellOperation } from '../tell.ts';
import type { ToClient, ToStore, Write } from './shape.ts';

export const telling: Telling = {
  message: tellMessage as (message: never) => string,
  operation: tellOperation as (op: never, result: never) => string,
};

function tellMessage(message: ToStore | ToClient | Write): string {
  switch (message.type) {
    case 'SetIfAbsent':
      return `set ${message.value} if there is nothing`;
    case 'Extend':
      return `keep ${message.value} for longer (${message.round})`;
    case 'Delete':
      return `delete ${message.value}`;
    case 'Vote':
      return `${message.ok ? 'yes' : 'no'} to ${message.value}`;
    case 'Extended':
      return `${message.ok ? 'keeps' : 'does not have'} ${message.value} (${message.round})`;
    case 'Deleted':
      return `has no ${message.value}`;
    case 'Write':
      return `write ${message.step} of a${message.id}`;
    case 'Written':
      return `write ${message.step} is done`;
  }
}
