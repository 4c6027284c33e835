/** What clients of Redlock leave behind that have given up. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import { fact, type Moment, momentOf, nameOf } from '../properties/facts.ts';
import type { Delete, Extend, SetIfAbsent, Vote } from './shape.ts';

interface Attempt {
  readonly client: number;
  /** It was taken back, and asks for nothing any more. */
  ended?: Moment;
  /** Nobody had a majority. */
  hasFailed: boolean;
  readonly askedToDelete: Set<number>;
}

/** A yes to an attempt that has failed. */
interface LateYes {
  readonly store: number;
  readonly value: string;
  readonly moment: Moment;
}

interface Memory {
  readonly attempts: Map<string, Attempt>;
  /** By client: the value of its last attempt. */
  readonly values: Map<number, string>;
  /** Clients that have lost the lock in the handler that is not over yet. */
  readonly losing: Set<number>;
  /** By client: what it has to take back in the handler that is not over yet. */
  readonly late: Map<number, LateYes>;
}

/** GHOST. What a client has given up must not stay in the way of others any longer than it takes to say so. */
export const noGhosts: Property = always<Memory>({
  name: 'GHOST',
  title:
    'what a client has given up or lost it asks every store to delete, also those that say yes too late, and none to keep',
  source: 'Redis, "Distributed locks", step 5; mike-marcacci/node-redlock#369',
  oracle: 'internal',
  messages: ['SetIfAbsent', 'Extend', 'Delete', 'Vote'],
  start: () => ({ attempts: new Map(), values: new Map(), losing: new Set(), late: new Map() }),
  send(
    { attempts, values, late },
    from,
    to,
    message: SetIfAbsent | Extend | Delete | Vote,
    world,
  ): Finding | undefined {
    const { type, value } = message;
    const attempt = attempts.get(value);
    switch (type) {
      case 'SetIfAbsent':
        values.set(from, value);
        if (attempt === undefined || attempt.ended !== undefined) {
          attempts.set(value, { client: from, hasFailed: false, askedToDelete: new Set() });
        }
        return undefined;
      case 'Delete':
        attempt?.askedToDelete.add(to);
        if (late.get(from)?.value === value && late.get(from)?.store === to) late.delete(from);
        return undefined;
      case 'Extend': {
        if (attempt?.ended === undefined) return undefined;
        const name = nameOf(world, from);
        const facts = [
          fact(attempt.ended, name, `has given ${value} back`),
          fact(momentOf(world), name, 'asks for more'),
        ];
        return { sentence: `${name} asks for more time for ${value}, which it has given back`, facts };
      }
      case 'Vote':
        return undefined;
    }
  },
  deliver({ attempts, late }, from, to, { type, value, ok }: Vote, world) {
    if (type !== 'Vote' || !ok || attempts.get(value)?.hasFailed !== true) return undefined;
    late.set(to, { store: from, value, moment: momentOf(world) });
    return undefined;
  },
  crash({ attempts, values, losing, late }, node) {
    // Who is gone cannot take anything back.
    for (const [value, { client }] of attempts) if (client === node) attempts.delete(value);
    values.delete(node);
    losing.delete(node);
    late.delete(node);
    return undefined;
  },
  step({ attempts, values, losing, late }, node, _state, world): Finding | undefined {
    if (losing.delete(node)) endAttempt(attempts, values.get(node) ?? '', momentOf(world));
    const yes = late.get(node);
    if (yes === undefined) return undefined;
    late.delete(node);
    const [name, store] = [nameOf(world, node), nameOf(world, yes.store)];
    return {
      sentence: `${name} does not ask ${store} to delete ${yes.value}, which it says too late to have set`,
      facts: [fact(yes.moment, name, `is told by ${store} that ${yes.value} was set`)],
    };
  },
  note({ attempts, losing }, node, text, data: Json | undefined, world): Finding | undefined {
    switch (text) {
      case 'lost':
        losing.add(node);
        return undefined;
      case 'tookBack':
        endAttempt(attempts, valueNoted(data), momentOf(world));
        return undefined;
      case 'attemptFailed': {
        const attempt = attempts.get(valueNoted(data));
        if (attempt !== undefined) attempt.hasFailed = true;
        return undefined;
      }
      case 'refused': {
        const { value, has } = data as { readonly value: string; readonly has: string };
        const attempt = attempts.get(has);
        if (attempt?.ended === undefined || attempt.askedToDelete.has(node)) return undefined;
        const [name, owner] = [nameOf(world, node), nameOf(world, attempt.client)];
        return {
          sentence: `${name} refuses ${value} because of ${has}, which ${owner} has given up without asking ${name} to delete it`,
          facts: [
            fact(attempt.ended, owner, `has given up ${has}`),
            fact(momentOf(world), name, `refuses ${value}: it has ${has}`),
          ],
        };
      }
      default:
        return undefined;
    }
  },
});

const valueNoted = (data: Json | undefined): string => (data as { readonly value: string }).value;

function endAttempt(attempts: ReadonlyMap<string, Attempt>, value: string, moment: Moment): void {
  const attempt = attempts.get(value);
  if (attempt !== undefined) attempt.ended ??= moment;
}
