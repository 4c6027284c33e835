/** Who says that nothing was done. */
import { always, type Property } from '../../../check/property.ts';
import type { ClientReply, ClientRequest, RegisterClient } from '../shape.ts';
import { factNow, nameOf } from './facts.ts';

/** By node: what it has been asked last; -1 where it has taken that, or anything else, into its log. */
interface Asked {
  readonly session: number[];
  readonly sequence: number[];
}

const NOTHING = -1;

/** What was taken into the log may be committed by others. */
export const nothingDone: Property = always<Asked>({
  name: 'NL',
  title: 'that it leads not, and has done nothing, a server answers only to what it has just been asked',
  source: 'Figure 8; diss 6.3',
  oracle: 'internal',
  role: 'server',
  messages: ['RegisterClient', 'ClientRequest', 'ClientReply'],
  start: () => ({ session: [], sequence: [] }),
  deliver(asked, _from, to, message: RegisterClient | ClientRequest | ClientReply) {
    if (message.type === 'ClientReply') return undefined;
    asked.session[to] = message.type === 'RegisterClient' ? 0 : message.session;
    asked.sequence[to] = message.type === 'RegisterClient' ? message.nonce : message.sequence;
    return undefined;
  },
  // What it has taken is in its log.
  log({ sequence }, node) {
    sequence[node] = NOTHING;
    return undefined;
  },
  send(asked, from, to, message: ClientReply, world) {
    if (message.type !== 'ClientReply' || message.status !== 'not-leader') return undefined;
    if (asked.session[from] === message.session && asked.sequence[from] === message.sequence) return undefined;
    return {
      sentence: `${nameOf(world, from)} tells ${nameOf(world, to)} that nothing was done of what it had taken before`,
      facts: [factNow(world, from, `answers "not-leader" to ${message.session}.${message.sequence}`)],
    };
  },
});
