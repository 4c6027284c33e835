/** Messages in a few words: those of the store, of the resource, and of the Raft below. */
import type { Telling } from '../../../check/protocol.ts';
import { telling as replicated } from '../replicated/tell.ts';
import type { NotLeader } from '../shape.ts';
import type { FromStore, ToStore } from './shape.ts';

export const telling: Telling = {
  ...replicated,
  message: (message) => tell(message) ?? replicated.message?.(message) ?? '',
  brief: (message) => tell(message) ?? replicated.brief?.(message) ?? '',
};

function tell(message: ToStore | FromStore | NotLeader<ToStore>): string | undefined {
  switch (message.type) {
    case 'OpenSession':
      return `open session s${message.session}`;
    case 'KeepAlive':
      return `s${message.session} lives (${message.attempt})`;
    case 'CloseSession':
      return `close s${message.session}`;
    case 'Create':
      return `s${message.session}: a node for a${message.id}`;
    case 'Delete':
      return `s${message.session}: delete node ${message.revision}`;
    case 'List':
      return `s${message.session}: which nodes are there?`;
    case 'Watch':
      return `s${message.session}: tell me when node ${message.revision} is gone`;
    case 'KeptAlive':
      return `s${message.session} is kept (${message.attempt})`;
    case 'SessionGone':
      return `s${message.session} is over`;
    case 'Created':
      return `node ${message.revision} is yours${message.before === 0 ? ', the first' : `, behind ${message.before}`}`;
    case 'Deleted':
      return 'deleted';
    case 'Listed':
      return `nodes ${message.nodes.map(({ revision }) => revision).join(', ') || 'none'}`;
    case 'Watching':
      return 'you will be told';
    case 'Gone':
      return `node ${message.revision} is gone`;
    default:
      return undefined;
  }
}
