/** Waiting: nobody waits in a circle, and nobody starves. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { entryOf, type Ledger, newLedger, setEntry } from '../ledger.ts';
import type { Claim, Lock, LockTable } from '../locks.ts';
import type { WorkOptions } from '../resource.ts';
import { type Age, type Execute, goesFirst, type Refused, type TxnId } from '../transactions.ts';
import { type Asked, factNow, isParticipant, listAt, nameOf, resourceOf } from './facts.ts';

interface Waiting {
  /** By node: the claims that wait there. Whoever closes a circle has just begun to wait. */
  readonly waiting: Claim[][];
  readonly ages: Ledger<Age>;
  /** By request, named by its first attempt: how old it was when it came in, where that attempt was not the first heard of. */
  readonly first: Map<TxnId, Age>;
  /** Who has been asked to prepare has done its work. Where it waits nonetheless a late copy of the request has it done again, for nobody. */
  readonly asked: Ledger<true>;
  /** Of whom was heard last. */
  latest: Age | undefined;
}

/**
 * BHG 3.2, 7.4: until the decision nobody else may see or overwrite what a transaction has written, also after a restart. Whoever could be
 * let in and is not has missed its wake-up. Judged by the table of locks alone: what it is asked itself may be wrong.
 */
export const strictLocking: Property = always<null>({
  name: '2PL',
  title:
    'who has promised holds exclusive locks on all that it will write until it is decided; an exclusive lock has one holder, nobody waits whom no holder keeps out, or for the end of what is not open, and who waits for no lock goes on',
  source: 'BHG 3.2, 7.4',
  oracle: 'internal',
  role: 'participant',
  start: () => null,
  step(_memory, node, state: object, world) {
    const { locals, locks, mourners } = resourceOf(state);
    for (const { txn, killer } of mourners)
      if (!locals.some(({ age }) => age.txn === killer)) return mourning(node, txn, killer, world);
    for (const { age, phase, writes } of locals) {
      if (phase === 'working' && !isWaiting(locks, age.txn)) return leftStanding(node, age.txn, world);
      if (phase !== 'prepared') continue;
      for (const { key } of writes) {
        if (!isExclusive(locks, key, age.txn)) return unlocked(node, age.txn, key, world);
      }
    }
    for (const lock of locks) {
      if (lock.holders.length > 1 && lock.holders.some(({ mode }) => mode === 'X')) return shared(node, lock, world);
      const [next] = lock.queue;
      if (next !== undefined && isFree(lock, next)) return overlooked(node, lock, next, world);
      const own = next === undefined ? undefined : ownWaiter(lock);
      if (own !== undefined) return overlooked(node, lock, own, world);
    }
    return undefined;
  },
});

function isWaiting(locks: LockTable, txn: TxnId): boolean {
  for (const { queue } of locks) for (const { age } of queue) if (age.txn === txn) return true;
  return false;
}

function isExclusive(locks: LockTable, name: string, txn: TxnId): boolean {
  for (const { key, holders } of locks) {
    if (key !== name) continue;
    for (const { age, mode } of holders) if (mode === 'X' && age.txn === txn) return true;
  }
  return false;
}

/** Nobody but itself holds it in a way that keeps it out. */
function isFree({ holders }: Lock, { age, mode }: Claim): boolean {
  for (const holder of holders) {
    if (holder.age.txn !== age.txn && (mode === 'X' || holder.mode === 'X')) return false;
  }
  return true;
}

/** Who alone holds a lock gets more of it at once, whoever waits. */
function ownWaiter({ holders, queue }: Lock): Claim | undefined {
  const [only] = holders;
  if (only === undefined || holders.length > 1) return undefined;
  return queue.find(({ age }) => age.txn === only.age.txn);
}

const mourning = (node: number, txn: TxnId, killer: TxnId, world: World): Finding => ({
  sentence: `at ${nameOf(world, node)} ${txn} waits for the end of ${killer}, which is not open there`,
  facts: [factNow(world, node, `has refused ${txn} because of ${killer}, and knows nothing of ${killer} any more`)],
});

const unlocked = (node: number, txn: TxnId, key: string, world: World): Finding => ({
  sentence: `${nameOf(world, node)} is in doubt about ${txn}, which will write ${key}, and the lock of ${key} is not held for it`,
  facts: [factNow(world, node, `has promised ${txn} and holds no exclusive lock on ${key} for it`)],
});

const tellClaim = ({ age, mode }: Claim): string => `${age.txn} (${mode === 'X' ? 'exclusive' : 'shared'})`;

const shared = (node: number, { key, holders }: Lock, world: World): Finding => ({
  sentence: `at ${nameOf(world, node)} ${holders.map(tellClaim).join(' and ')} hold the lock of ${key} at once`,
  facts: [factNow(world, node, `has given the lock of ${key} to ${holders.length}`)],
});

const overlooked = (node: number, { key, holders }: Lock, next: Claim, world: World): Finding => ({
  sentence: `at ${nameOf(world, node)} ${tellClaim(next)} waits for the lock of ${key}, which ${holders.length === 0 ? 'nobody holds' : `${holders.map(tellClaim).join(' and ')} would share with it`}`,
  facts: [factNow(world, node, `lets ${next.age.txn} wait for ${key}`)],
});

const leftStanding = (node: number, txn: TxnId, world: World): Finding => ({
  sentence: `${nameOf(world, node)} has work to do for ${txn}, which waits for no lock, and does not go on with it`,
  facts: [factNow(world, node, `leaves ${txn} standing`)],
});

/** Where locks are left to time-outs there are circles, for a while: then this says nothing. */
export const deadlockFreedom: Property = always<Waiting>({
  name: 'DLF',
  title: 'transactions never wait in a circle, and who gives way does so to an older one',
  source: 'Rosenkrantz, Stearns, Lewis 1978',
  oracle: 'internal',
  messages: ['Execute', 'Refused', 'Prepare'],
  start: () => ({ waiting: [], first: new Map(), ages: newLedger(), asked: newLedger(), latest: undefined }),
  send(memory, from, _to, message: Execute | Refused | Asked, world) {
    if (message.type === 'Execute') {
      const { age } = message;
      // The first of the messages to its participants tells.
      if (age === memory.latest || entryOf(memory.ages, age.txn) !== undefined) return undefined;
      memory.latest = age;
      if (age.root !== age.txn && firstAge(memory, age.root) === undefined) memory.first.set(age.root, age);
      setEntry(memory.ages, age.txn, age);
      return undefined;
    }
    if (message.type === 'Prepare') {
      setEntry(memory.asked, message.txn, true);
      return undefined;
    }
    return byAge(world, from) ? gaveWay(memory, from, message, world) : undefined;
  },
  step(memory, node, state: object, world) {
    if (!isParticipant(world, node) || !byAge(world, node)) return undefined;
    return beginsToWait(memory, node, resourceOf(state).locks) ? findCircle(memory, node, world) : undefined;
  },
});

function beginsToWait({ waiting }: Waiting, node: number, locks: LockTable): boolean {
  const before = waiting[node] ?? listAt(waiting, node);
  let count = 0;
  let isNew = false;
  for (const { queue } of locks) {
    for (const claim of queue) {
      // Mostly at the place where it was.
      isNew ||= before[count] !== claim && !before.includes(claim);
      count++;
    }
  }
  if (!isNew && count === before.length) return false;
  const now: Claim[] = [];
  for (const { queue } of locks) for (const claim of queue) now.push(claim);
  waiting[node] = now;
  return isNew;
}

const byAge = (world: World, node: number): boolean => (world.optionsOf(node) as WorkOptions).lockPolicy !== 'timeout';

const firstAge = ({ first, ages }: Waiting, root: TxnId): Age | undefined =>
  (first.size === 0 ? undefined : first.get(root)) ?? entryOf(ages, root);

function gaveWay(memory: Waiting, node: number, { txn, killer }: Refused, world: World): Finding | undefined {
  const victim = entryOf(memory.ages, txn);
  const other = entryOf(memory.ages, killer);
  if (victim === undefined || other === undefined || victim.root === other.root) return undefined;
  if (goesFirst(firstAge(memory, other.root) as Age, firstAge(memory, victim.root) as Age)) return undefined;
  return {
    sentence: `transaction ${txn} had to give way to ${killer}, whose client came later`,
    facts: [
      factNow(
        world,
        node,
        `refuses ${txn}, first tried as ${victim.root}, because of ${killer}, first tried as ${other.root}`,
      ),
    ],
  };
}

/** Looks at all participants that can be looked at: who is down has no waiters, who is in the middle of something is looked at later. */
function findCircle({ asked }: Waiting, node: number, world: World): Finding | undefined {
  const waits: Waits = { who: [], whom: [], forElders: true, forYounger: true };
  for (let other = 0; other < world.nodes.length; other++) {
    const state = isParticipant(world, other) ? world.stateOf(other) : undefined;
    if (state !== undefined) for (const lock of resourceOf(state).locks) addWaits(waits, lock, asked);
  }
  if (waits.forElders || waits.forYounger || areAllServed(waits)) return undefined;
  const waitsFor = new Map<TxnId, TxnId[]>();
  waits.who.forEach((txn, i) => {
    waitsFor.set(txn, [...(waitsFor.get(txn) ?? []), waits.whom[i] as TxnId]);
  });
  for (const start of waitsFor.keys()) {
    const circle = circleFrom(start, waitsFor);
    if (circle === undefined) continue;
    return {
      sentence: `transactions wait for each other: ${[...circle, circle[0]].join(' for ')}`,
      facts: [factNow(world, node, `${nameOf(world, node)} has closed the circle`)],
    };
  }
  return undefined;
}

/** `who[i]` waits for `whom[i]`. */
interface Waits {
  readonly who: TxnId[];
  readonly whom: TxnId[];
  /** All wait for older ones, or all for younger ones, as they should: then there is no circle. */
  forElders: boolean;
  forYounger: boolean;
}

function addWaits(waits: Waits, { holders, queue }: Lock, asked: Waiting['asked']): void {
  for (let place = 0; place < queue.length; place++) {
    const waiter = queue[place] as Claim;
    if (entryOf(asked, waiter.age.txn) === true) continue;
    for (const holder of holders) addWait(waits, waiter, holder);
    for (let before = 0; before < place; before++) addWait(waits, waiter, queue[before] as Claim);
  }
}

function addWait(waits: Waits, waiter: Claim, other: Claim): void {
  if (other.age.txn === waiter.age.txn || (other.mode === 'S' && waiter.mode === 'S')) return;
  waits.who.push(waiter.age.txn);
  waits.whom.push(other.age.txn);
  waits.forElders &&= isBefore(other.age, waiter.age);
  waits.forYounger &&= isBefore(waiter.age, other.age);
}

/** Any order will do to prove that there is no circle; the protocol's own is not relied on. */
const isBefore = (one: Age, other: Age): boolean =>
  one.born < other.born || (one.born === other.born && one.txn < other.txn);

/** Whoever waits for nobody will end, and those that wait for it alone after it: a circle is what this never reaches. */
function areAllServed({ who, whom }: Waits): boolean {
  const waiting = who.slice();
  const others = whom.slice();
  for (let before = -1; before !== waiting.length; ) {
    before = waiting.length;
    for (let i = waiting.length - 1; i >= 0; i--) {
      if (waiting.includes(others[i] as TxnId)) continue;
      waiting[i] = waiting[waiting.length - 1] as TxnId;
      waiting.pop();
      others[i] = others[others.length - 1] as TxnId;
      others.pop();
    }
  }
  return waiting.length === 0;
}

function circleFrom(start: TxnId, waitsFor: Map<TxnId, TxnId[]>): readonly TxnId[] | undefined {
  const visited = new Set<TxnId>();
  const path: TxnId[] = [];
  const visit = (txn: TxnId): boolean => {
    if (txn === start && path.length > 0) return true;
    if (visited.has(txn)) return false;
    visited.add(txn);
    path.push(txn);
    for (const next of waitsFor.get(txn) ?? []) if (visit(next)) return true;
    path.pop();
    return false;
  };
  return visit(start) ? path : undefined;
}
