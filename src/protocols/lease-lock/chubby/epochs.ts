/** What a new master of Chubby must not do. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding } from '../../../sim/observer.ts';
import { fact, type Moment, momentOf, nameOf } from '../properties/facts.ts';
import type { ReplicaState } from '../replicated/replica.ts';
import type { FromStore, StoreState, ToStore } from '../store/shape.ts';

type Call = ToStore & { readonly epoch?: number };

/** A call that the master must turn away, and why. */
interface Unwelcome extends Moment {
  readonly why: string;
}

interface Master {
  epoch: number;
  applied: number;
  /** Sessions that it has found; and those of them that have neither been heard of since nor ended. */
  readonly found: readonly number[];
  unheard: readonly number[];
  /** By call; undefined where it was welcome: a copy of it that comes later is none. */
  readonly calls: Map<string, Unwelcome | undefined>;
  /** What it has done in the handler that is not over yet. */
  wrong: Finding | undefined;
}

/** By node. */
type Masters = Map<number, Master>;

/** Requests of a session have numbers of their own; so has what only keeps it alive. */
function nameOfCall(message: Call | FromStore): string | undefined {
  if ('number' in message) return `${message.session}.${message.number}`;
  return 'attempt' in message ? `${message.session}:${message.attempt}` : undefined;
}

/**
 * EPOCH. A master "rejects calls from clients using older epoch numbers", and serves sessions only when each has been heard of or has
 * expired. Whose calls it executes while it leads has asked itself. What it does in the moment in which it learns that it leads no more may
 * have been asked of another.
 */
export const epochs: Property = always<Masters>({
  name: 'EPOCH',
  title: 'a master executes no call of another epoch, and a new one none before all sessions were heard of or are over',
  source: 'Burrows 2006, section 2.9',
  oracle: 'internal',
  role: 'server',
  messages: [
    ...['KeepAlive', 'OpenSession', 'Create', 'Delete', 'List', 'Watch'],
    ...['KeptAlive', 'Created', 'Deleted', 'Listed', 'Watching'],
  ],
  start: () => new Map(),
  boot(masters, node) {
    masters.delete(node);
    return undefined;
  },
  deliver(masters, _from, to, message: Call, world) {
    const master = masters.get(to);
    const name = nameOfCall(message);
    if (master === undefined || name === undefined) return undefined;
    const why = whyUnwelcome(master, message);
    if (why === undefined) master.calls.set(name, undefined);
    else if (!master.calls.has(name)) master.calls.set(name, { why, ...momentOf(world) });
    return undefined;
  },
  send(masters, from, to, message: FromStore, world) {
    const master = masters.get(from);
    const asked = master?.calls.get(nameOfCall(message) ?? '');
    if (master === undefined || asked === undefined) return undefined;
    const [name, client] = [nameOf(world, from), nameOf(world, to)];
    master.wrong ??= {
      sentence: `${name} does what ${client} has asked, ${asked.why}`,
      facts: [fact(asked, name, `is asked by ${client}`), fact(momentOf(world), name, 'answers that it is done')],
    };
    return undefined;
  },
  step(masters, node, { leading, applied, machine }: ReplicaState<StoreState>) {
    const master = masters.get(node);
    const wrong = master?.epoch === leading ? master.wrong : undefined;
    if (master?.epoch !== leading) {
      if (leading === 0) masters.delete(node);
      else masters.set(node, newMaster(leading, applied, machine));
    } else if (master.applied !== applied) {
      master.applied = applied;
      if (master.unheard.length > 0) {
        master.unheard = master.unheard.filter((id) => machine.sessions.some((session) => session.id === id));
      }
    }
    return wrong;
  },
});

function newMaster(epoch: number, applied: number, { sessions }: StoreState): Master {
  const found = sessions.map(({ id }) => id);
  return { epoch, applied, found, unheard: found, calls: new Map(), wrong: undefined };
}

function whyUnwelcome(master: Master, { type, session, epoch = 0 }: Call): string | undefined {
  if (epoch !== master.epoch) return `in epoch ${epoch}, although its own is ${master.epoch}`;
  if ((type === 'KeepAlive' || type === 'OpenSession') && master.found.includes(session)) {
    if (master.unheard.length > 0) master.unheard = master.unheard.filter((id) => id !== session);
    return undefined;
  }
  const [first] = master.unheard;
  return first === undefined ? undefined : `before it has heard of session ${first} in its epoch`;
}
