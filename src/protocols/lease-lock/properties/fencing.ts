/** What the resource may accept. This is what survives when every clock is wrong. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import { isGuardedByDelay } from '../guard.ts';
import { fact, type Moment, momentOf, nameOf } from './facts.ts';

interface Accepted {
  readonly token: number;
  readonly id: number;
  /** Zero: the token was registered, and nothing written under it yet. */
  readonly step: number;
}

interface Memory {
  /** Acquisitions by token. With a correct server a token has one. */
  readonly granted: Map<number, number[]>;
  last: (Accepted & { readonly moment: Moment }) | undefined;
}

/** FENCE. */
export const fence: Property = always<Memory>({
  name: 'FENCE',
  title: 'the resource accepts writes under rising tokens only, each granted, and each step of a holder once',
  source: 'Kleppmann 2016, "How to do distributed locking"',
  oracle: 'internal',
  start: () => ({ granted: new Map(), last: undefined }),
  note(memory, node, text, data: Json | undefined, world) {
    switch (text) {
      case 'granted':
      case 'restored': {
        const { token, id } = data as unknown as Accepted;
        memory.granted.set(token, [...(memory.granted.get(token) ?? []), id]);
        return undefined;
      }
      case 'registered':
      case 'wrote':
        return accept(memory, node, { step: 0, ...(data as unknown as Omit<Accepted, 'step'>) }, world);
      default:
        return undefined;
    }
  },
});

function accept(memory: Memory, node: number, now: Accepted, world: World): Finding | undefined {
  const name = nameOf(world, node);
  const moment = momentOf(world);
  const { last } = memory;
  memory.last = { moment, ...now };
  const facts = [...(last === undefined ? [] : [fact(last.moment, name, tell(last))]), fact(moment, name, tell(now))];
  const found = (what: string): Finding => ({ sentence: `${name} accepts ${what}`, facts });
  if (memory.granted.get(now.token)?.includes(now.id) !== true) {
    return found(`token ${now.token} of a${now.id}, which was never granted`);
  }
  if (last === undefined || now.token > last.token) return undefined;
  if (comparesNothing(world, node)) {
    // ORDER says what such a resource may count on.
    memory.last = last;
    return undefined;
  }
  if (now.token < last.token) return found(`token ${now.token}, having accepted ${last.token} before`);
  if (now.id !== last.id) return found(`token ${now.token} from two acquisitions, a${last.id} and a${now.id}`);
  return now.step > last.step ? undefined : found(`step ${now.step} of token ${now.token} after step ${last.step}`);
}

const comparesNothing = (world: World, node: number): boolean => isGuardedByDelay(world.optionsOf(node));

function tell({ token, id, step }: Accepted): string {
  return step === 0 ? `token ${token} of a${id} is registered` : `write ${step} of a${id} is done under token ${token}`;
}
