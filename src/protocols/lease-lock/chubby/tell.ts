/** Messages in a few words: those of the store, and those of masters with epochs. */
import type { Telling } from '../../../check/protocol.ts';
import type { NewEpoch, NotYet } from '../shape.ts';
import type { ToStore } from '../store/shape.ts';
import { telling as store } from '../store/tell.ts';

export const telling: Telling = {
  ...store,
  message: (message) => tell(message) ?? store.message?.(message) ?? '',
  brief: (message) => tell(message) ?? store.brief?.(message) ?? '',
};

function tell(message: NewEpoch<ToStore> | NotYet): string | undefined {
  if (message.type === 'NewEpoch') return `this is epoch ${message.epoch}`;
  return message.type === 'NotYet' ? 'not yet: sessions are missing' : undefined;
}
