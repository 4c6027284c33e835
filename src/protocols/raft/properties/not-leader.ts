/** Who says that nothing was done. */
import { always, type Property } from '../../../check/property.ts';
import type { ClientReply, ClientRequest, RegisterClient } from '../shape.ts';
import { factNow, nameOf } from './facts.ts';

/** By node: what it is being asked in the event that is handled now; '' where that is something else. */
type Asked = string[];

/** What was taken into the log may be committed by others. */
export const nothingDone: Property = always<Asked>({
  name: 'NL',
  title: 'that nothing was done a server says only of what it is being asked, and not of what it had taken',
  source: 'Figure 8; diss 6.3',
  oracle: 'internal',
  role: 'server',
  messages: ['RegisterClient', 'ClientRequest', 'ClientReply'],
  start: () => [],
  deliver(asked, _from, to, message: RegisterClient | ClientRequest | ClientReply) {
    if (message.type === 'RegisterClient') asked[to] = `0.${message.nonce}`;
    else if (message.type === 'ClientRequest') asked[to] = `${message.session}.${message.sequence}`;
    return undefined;
  },
  step(asked, node) {
    if (asked[node] !== undefined && asked[node] !== '') asked[node] = '';
    return undefined;
  },
  send(asked, from, to, message: ClientReply, world) {
    if (message.type !== 'ClientReply' || message.status !== 'not-leader') return undefined;
    if (asked[from] === `${message.session}.${message.sequence}`) return undefined;
    return {
      sentence: `${nameOf(world, from)} tells ${nameOf(world, to)} that nothing was done of what it had taken before`,
      facts: [factNow(world, from, `answers "not-leader" to ${message.session}.${message.sequence}`)],
    };
  },
});
