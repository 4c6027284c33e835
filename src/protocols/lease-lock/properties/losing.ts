/** Who has the lock keeps it for as long as its lease lasts. */
import { always, type Property } from '../../../check/property.ts';
import type { Fact, Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { LeaseLockOptions } from '../shape.ts';
import { fact, type Moment, momentOf, nameOf } from './facts.ts';
import { trueTimeMin } from './true-time.ts';

/** Of an acquisition, of its client's session, or of the resource. */
interface Heard {
  readonly type: string;
  readonly id?: number;
  readonly session?: number;
  readonly ok?: boolean;
}

interface Lease extends Moment {
  /** The acquisition. */
  readonly id: number;
  /** On the holder's clock, counted from the beginning of the run: not later than it may count on it. */
  untilLocal: number;
}

interface Memory {
  /** By client: what it was last told, and what its clock showed then. */
  readonly heard: Map<number, Moment & { readonly local: number; readonly message: Heard }>;
  readonly leases: Map<number, Lease>;
  /** By client: the acquisition or the session that it has asked for last, and since when. */
  readonly asked: Map<number, Moment & { readonly type: string; readonly name: number }>;
}

/** Clocks are read in whole microseconds. */
const ROUNDING = 2;

/**
 * KEEP. A lease is for a time, and no less: whoever was granted one may count on it, so that a client loses the lock only when its lease is
 * over on its own clock, when the resource has seen a later holder, or when it is told so; and it is told so only when a lease that began
 * after it has asked can be over.
 * @param answers messages that extend a lease.
 */
export const keptBy = (...answers: readonly string[]): Property =>
  always<Memory>({
    name: 'KEEP',
    title: 'nobody loses the lock while its lease lasts, unless the resource has seen a later holder',
    source: 'Gray and Cheriton 1989, section 2',
    oracle: 'internal',
    role: 'client',
    messages: [...answers, 'Lost', 'SessionGone', 'Registered', 'Written', 'Listed', 'Acquire', 'OpenSession'],
    start: () => ({ heard: new Map(), leases: new Map(), asked: new Map() }),
    crash({ heard, leases, asked }, node) {
      heard.delete(node);
      leases.delete(node);
      asked.delete(node);
      return undefined;
    },
    send({ asked }, from, _to, { type, id, session }: Heard, world) {
      if (type !== 'Acquire' && type !== 'OpenSession') return undefined;
      const name = (type === 'Acquire' ? id : session) as number;
      if (asked.get(from)?.name !== name) asked.set(from, { type, name, ...momentOf(world) });
      return undefined;
    },
    deliver({ heard }, _from, to, message: Heard, world) {
      heard.set(to, { local: world.localTime(to), message, ...momentOf(world) });
      return undefined;
    },
    note(memory, node, text, data: Json | undefined, world) {
      const { heard, leases } = memory;
      const { id, left } = (data ?? {}) as { readonly id: number; readonly left: number };
      switch (text) {
        case 'believes':
        case 'renewed':
          leases.set(node, { id, untilLocal: (heard.get(node)?.local ?? 0) + left, ...momentOf(world) });
          return undefined;
        case 'released':
          leases.delete(node);
          return undefined;
        case 'lost': {
          const found = judgeLoss(memory, node, id, world);
          leases.delete(node);
          return found;
        }
        default:
          return undefined;
      }
    },
  });

function judgeLoss({ heard, leases, asked }: Memory, node: number, id: number, world: World): Finding | undefined {
  const lease = leases.get(node);
  const since = asked.get(node);
  const told = heard.get(node)?.message;
  const facts = (before: Moment | undefined, what: string): readonly Fact[] => [
    ...(before === undefined ? [] : [fact(before, nameOf(world, node), what)]),
    fact(momentOf(world), nameOf(world, node), 'takes the lock for lost'),
  ];
  const found = (why: string): string => `${nameOf(world, node)} takes the lock (a${id}) for lost, although ${why}`;
  if (lease !== undefined) {
    const left = lease.untilLocal - world.localTime(node);
    if (left <= ROUNDING || isRefused(told, id)) return undefined;
    return { sentence: found(`its lease lasts for ${left} us more`), facts: facts(lease, 'is granted a lease') };
  }
  // Who waits can only have been told.
  if (since === undefined) return undefined;
  const named = told?.type === 'Lost' ? told.id : told?.type === 'SessionGone' ? told.session : since.name;
  if (named !== since.name) {
    return {
      sentence: found(`it is told so of a${named}, and has asked for a${since.name}`),
      facts: facts(since, 'asks'),
    };
  }
  const { ttl, clockRatePpmMax } = world.optionsOf(node) as LeaseLockOptions;
  const waited = world.now - since.at;
  if (waited >= trueTimeMin(ttl, clockRatePpmMax)) return undefined;
  return { sentence: found(`it has asked ${waited} us ago for a lease of ${ttl} us`), facts: facts(since, 'asks') };
}

const isRefused = (told: Heard | undefined, acquisition: number): boolean =>
  (told?.type === 'Registered' || told?.type === 'Written') && told.id === acquisition && told.ok === false;
