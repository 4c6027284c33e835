/**
 * What lock-delay promises to a resource that compares no tokens. Nobody knows how late messages and processes may be: what the resource
 * may count on is said of writes that are done within the lock-delay, and of no others.
 */
import { always, type Property, sometimes } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { Micros } from '../../../sim/protocol.ts';
import { isGuardedByDelay } from '../guard.ts';
import type { GuardOptions, LeaseLockOptions, Write } from '../shape.ts';
import { fact, type Moment, momentOf, nameOf } from './facts.ts';
import { trueTimeMax, trueTimeMin } from './true-time.ts';

/** Clocks are read in whole microseconds. */
const ROUNDING: Micros = 2;

type Options = LeaseLockOptions & Required<GuardOptions>;

const optionsOf = (world: World, node: number): Options => world.optionsOf(node) as Options;

const isDelaying = (world: World, node: number): boolean => isGuardedByDelay(optionsOf(world, node));

/** The lock-delay lasts so long in true time at least, whatever its clock does. */
function delayMin(world: World, node: number): Micros {
  const { lockDelay, clockRatePpmMax } = optionsOf(world, node);
  return trueTimeMin(lockDelay, clockRatePpmMax) - ROUNDING;
}

/** By node: what its monotonic clock showed of the run when it was booted. */
type Boots = Map<number, Micros>;

/** The earliest true time at which the clock of the node, which counts from its boot, may have shown this. */
function earliest(boots: Boots, node: number, at: Micros, world: World): Micros {
  const passed = world.localTime(node) - (boots.get(node) ?? 0) - at;
  const { clockRatePpmMax } = optionsOf(world, node);
  return world.now - trueTimeMax(Math.max(0, passed), clockRatePpmMax) - ROUNDING;
}

interface Look extends Moment {
  readonly client: string;
  /** In true time, not after this look at the lease. */
  readonly since: Micros;
}

interface Order {
  readonly boots: Boots;
  /** By client: its last look at its lease. */
  readonly looks: Map<number, Look>;
  /** By write: the look that it was first sent after. */
  readonly sent: Map<string, Look>;
  last: (Moment & { readonly token: number; readonly client: string }) | undefined;
}

interface Wrote {
  readonly token: number;
  readonly id: number;
  readonly step: number;
}

const writeOf = ({ id, step }: { readonly id: number; readonly step: number }): string => `${id}.${step}`;

/** ORDER. From the look at the lease to the end of the write: pauses of the holder count as well as the way of the message. */
const order: Property = always<Order>({
  name: 'ORDER',
  title:
    'where tokens are not compared: a write that is done within the lock-delay is not done after one of a later holder',
  source: 'Burrows 2006, section 2.4',
  oracle: 'internal',
  messages: ['Write'],
  start: () => ({ boots: new Map(), looks: new Map(), sent: new Map(), last: undefined }),
  boot({ boots }, node, world) {
    boots.set(node, world.localTime(node));
    return undefined;
  },
  send({ looks, sent }, from, _to, message: Write) {
    const look = looks.get(from);
    if (look !== undefined && !sent.has(writeOf(message))) sent.set(writeOf(message), look);
    return undefined;
  },
  note(memory, node, text, data: Json | undefined, world) {
    if (text === 'guardedStep' && isDelaying(world, node)) {
      const { at } = data as { readonly at: Micros };
      const since = earliest(memory.boots, node, at, world);
      memory.looks.set(node, { client: nameOf(world, node), since, ...momentOf(world) });
    }
    if (text !== 'wrote' || !isDelaying(world, node)) return undefined;
    return judgeWrite(memory, node, data as unknown as Wrote, world);
  },
});

function judgeWrite(memory: Order, node: number, wrote: Wrote, world: World): Finding | undefined {
  const { last } = memory;
  const look = memory.sent.get(writeOf(wrote));
  const name = nameOf(world, node);
  if (last === undefined || wrote.token >= last.token) {
    memory.last = { token: wrote.token, client: look?.client ?? '', ...momentOf(world) };
    return undefined;
  }
  if (look === undefined || world.now - look.since >= delayMin(world, node)) return undefined;
  return {
    sentence: `${name} does a write of ${look.client} that is younger than the lock-delay, after one of ${last.client}, who has got the lock since`,
    facts: [
      fact(look, look.client, `finds its lease valid, and sends write ${wrote.step} (a${wrote.id})`),
      fact(last, name, `does a write of ${last.client} under token ${last.token}`),
      fact(
        momentOf(world),
        name,
        `does write ${wrote.step} of ${look.client} (a${wrote.id}), under token ${wrote.token}`,
      ),
    ],
  };
}

interface Delay extends Moment {
  readonly node: number;
  /** In true time, not after the lock was lost; undefined where nobody has counted yet. */
  readonly since: Micros | undefined;
}

interface Delays {
  readonly boots: Boots;
  /** By acquisition. */
  readonly tokens: Map<number, number>;
  /** Acquisitions whose clients have held the lock and not yet given it back: they may have writes under way. */
  readonly unfinished: Set<number>;
  /** By token, of locks that were lost: when that was counted first. */
  readonly delays: Map<number, Delay>;
}

const idOf = (data: Json | undefined): number => (data as { readonly id: number }).id;

/**
 * DELAY. A lock that its holder has released "is immediately available"; one that is free for another reason is not: whether its session
 * has expired, or was closed over writes that may be under way. Tokens are places in the queue: whatever was lost in front of a new holder
 * has had its lock-delay.
 */
const delay: Property = always<Delays>({
  name: 'DELAY',
  title:
    'where tokens are not compared: a lock that was not given back in the normal way is granted to nobody for the lock-delay',
  source: 'Burrows 2006, section 2.4',
  oracle: 'internal',
  start: () => ({ boots: new Map(), tokens: new Map(), unfinished: new Set(), delays: new Map() }),
  boot({ boots }, node, world) {
    boots.set(node, world.localTime(node));
    return undefined;
  },
  note(memory, node, text, data: Json | undefined, world) {
    if (!isDelaying(world, node)) return undefined;
    const { tokens, unfinished, delays } = memory;
    switch (text) {
      case 'believes':
        unfinished.add(idOf(data));
        return undefined;
      case 'released':
        unfinished.delete(idOf(data));
        return undefined;
      case 'delays': {
        const { token, at } = data as { readonly token: number; readonly at: Micros };
        const since = earliest(memory.boots, node, at, world);
        const known = delays.get(token);
        if (known?.since === undefined || since < known.since) delays.set(token, { node, since, ...momentOf(world) });
        return undefined;
      }
      case 'freed': {
        const { id, why } = data as { readonly id: number; readonly why: string };
        const token = tokens.get(id);
        if ((why !== 'release' || unfinished.has(id)) && token !== undefined && !delays.has(token)) {
          delays.set(token, { node, since: undefined, ...momentOf(world) });
        }
        return undefined;
      }
      case 'granted':
      case 'restored': {
        const { id, token } = data as { readonly id: number; readonly token: number };
        tokens.set(id, token);
        // A server that has forgotten that the lease was over lets it begin anew: the lock was not lost.
        if (text === 'restored') delays.delete(token);
        return text === 'granted' ? judgeGrant(memory, node, token, world) : undefined;
      }
      default:
        return undefined;
    }
  },
});

function judgeGrant({ delays }: Delays, node: number, token: number, world: World): Finding | undefined {
  const name = nameOf(world, node);
  for (const [lost, counted] of delays) {
    if (lost >= token) continue;
    const kept = counted.since === undefined ? 0 : world.now - counted.since;
    if (kept >= delayMin(world, node)) continue;
    return {
      sentence: `${name} grants the lock ${kept} us after it was lost, of a lock-delay of ${optionsOf(world, node).lockDelay} us`,
      facts: [
        fact(counted, nameOf(world, counted.node), `knows that the lock was lost under token ${lost}`),
        fact(momentOf(world), name, `grants it under token ${token}`),
      ],
    };
  }
  return undefined;
}

// ---- What a campaign must have reached -------------------------------------------------------------------------------------------

const lockDelayed: Property = sometimes<null>({
  name: 'lock-delayed',
  title: 'a lock that was lost was kept from others for the lock-delay',
  oracle: 'internal',
  role: 'server',
  requiredWithinSeeds: 500,
  reachableUnder: ({ guard }) => guard !== 'tokens',
  start: () => null,
  note: (_memory, _node, text) => text === 'delays',
});

/** Two tokens: of the last write that was done, and of the last lock that was lost. */
interface Late {
  written: number;
  lost: number;
}

/** @param wanted what a write under this token must be. */
const lateWrite = (name: string, title: string, wanted: (token: number, late: Late) => boolean): Property =>
  sometimes<Late>({
    name,
    title,
    oracle: 'internal',
    start: () => ({ written: 0, lost: 0 }),
    note(late, node, text, data, world) {
      if ((text !== 'delays' && text !== 'wrote') || !isDelaying(world, node)) return false;
      const { token } = data as { readonly token: number };
      if (text === 'delays') late.lost = Math.max(late.lost, token);
      if (text === 'delays') return false;
      const isWanted = wanted(token, late);
      late.written = Math.max(late.written, token);
      return isWanted;
    },
  });

/** By token of what was lost: who has counted its lock-delay. */
export const delayFailedOver: Property = sometimes<Map<number, number>>({
  name: 'delay-failed-over',
  title: 'a new leader went on to keep a lock that had been lost under another one',
  oracle: 'internal',
  role: 'server',
  requiredWithinSeeds: 500,
  reachableUnder: ({ guard }) => guard !== 'tokens',
  start: () => new Map(),
  note(counting, node, text, data) {
    if (text !== 'delays') return false;
    const { token } = data as { readonly token: number };
    const first = counting.get(token);
    if (first === undefined) counting.set(token, node);
    return first !== undefined && first !== node;
  },
});

export const lockDelayProperties: readonly Property[] = [
  order,
  delay,
  lockDelayed,
  lateWrite(
    'late-in-time',
    'a write of a holder that had lost the lock was done within the lock-delay, before any of the next one',
    (token, { lost, written }) => token <= lost && token >= written,
  ),
  lateWrite(
    'overtaken',
    'a write that took longer than the lock-delay was done after one of a later holder (right: nothing is promised)',
    (token, { written }) => token < written,
  ),
];
