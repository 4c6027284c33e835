/** What a client says that it never happened. */
import { always, type Property } from '../../../check/property.ts';
import { factAt, nameOf } from './facts.ts';

/** By client: when it has asked somebody to do the call that is open. */
type Sent = Map<string, number>;

/** Whoever has been asked may have done it, whatever became of the session meanwhile. */
export const refusedUnsent: Property = always<Sent>({
  name: 'UNSENT',
  title: 'what a client refuses it has asked nobody to do',
  source: 'diss 6.3: a session that has expired says nothing of whether its last command was executed',
  oracle: 'internal',
  messages: ['ClientRequest'],
  start: () => new Map(),
  send(sent, from, _to, _message, world) {
    sent.set(nameOf(world, from), world.event);
    return undefined;
  },
  returned(sent, { process, outcome }, world) {
    const [client = ''] = process.split('/');
    const since = sent.get(client);
    sent.delete(client);
    if (since === undefined || outcome !== 'fail') return undefined;
    return {
      sentence: `${client} says that its call was not carried out, which it had asked for`,
      facts: [factAt(world, since, world.nodes.indexOf(client), 'asks for it')],
    };
  },
});
