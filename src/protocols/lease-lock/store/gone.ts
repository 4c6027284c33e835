/** Who knows that its session is over. */
import { always, type Property } from '../../../check/property.ts';
import { fact, type Moment, momentOf, nameOf } from '../properties/facts.ts';

interface OfSession {
  readonly type: string;
  readonly session: number;
}

/** By client, by session. */
type Told = Map<number, Map<number, Moment>>;

/** GONE. A session that is kept alive for nothing is found to be over by the next call, which fails. */
export const goneKnown: Property = always<Told>({
  name: 'GONE',
  title: 'who is told that its session is over asks nothing more in it',
  source: "ZooKeeper Programmer's Guide, sessions: a client that learns of the expiration closes the handle",
  oracle: 'internal',
  role: 'client',
  messages: ['SessionGone', 'KeepAlive', 'OpenSession', 'Create', 'Delete', 'List', 'Watch'],
  start: () => new Map(),
  deliver(told, _from, to, { type, session }: OfSession, world) {
    if (type !== 'SessionGone') return undefined;
    const sessions = told.get(to) ?? new Map<number, Moment>();
    told.set(to, sessions.set(session, momentOf(world)));
    return undefined;
  },
  send(told, from, to, { type, session }: OfSession, world) {
    const since = told.get(from)?.get(session);
    if (since === undefined) return undefined;
    const name = nameOf(world, from);
    return {
      sentence: `${name} sends ${nameOf(world, to)} a ${type} in session ${session}, which it has been told is over`,
      facts: [
        fact(since, name, `hears that session ${session} is over`),
        fact(momentOf(world), name, `sends a ${type}`),
      ],
    };
  },
});
