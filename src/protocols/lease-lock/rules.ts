/** Every decision of the lock, each a function of its own: what a lesson or a planted bug replaces. */
import type { Clocks, Micros, NodeId } from '../../sim/protocol.ts';
import type { FenceRecord, Holder } from './shape.ts';

/** Which of the clocks a rule reads. */
export const clockNamed = (read: (clocks: Clocks) => Micros): keyof Clocks =>
  read({ now: 0, wallClock: 1 }) === 1 ? 'wallClock' : 'now';

export interface Rules {
  // The server.

  /** The clock that leases run on. Gray and Cheriton 1989, section 5: only its rate must be bounded, which no wall clock promises. */
  serverClock(clocks: Clocks): Micros;
  /** Chubby 2.4: a sequencer tells acquisitions apart for ever, so every grant has a greater token than all before it. */
  nextToken(last: number): number;
  /** What a restarted server counts on from. The record was on disk before the last grant left. */
  tokenAfterRestart(stored: number): number;
  /** A Release names an acquisition and frees that one only: its sender may have lost the lock long ago. Redis, "SET", pattern of locks. */
  mayRelease(holder: Pick<Holder, 'client' | 'id'>, client: NodeId, id: number): boolean;
  /** So does a request for more time. */
  mayRenew(holder: Holder, client: NodeId, id: number): boolean;
  /** Whoever has not been heard of for a whole lease is not there. */
  isAlive(leaseUntil: Micros, now: Micros): boolean;
  /** Place in the queue of whoever is next, of so many: first come, first served. */
  nextInLine(waiting: number): number;
  /** A waiter that is gone is passed over. */
  passesOver(): boolean;
  /** Whether a request comes too late: its acquisition is over. Messages may be repeated and overtaken by what ended them. */
  isOver(id: number, over: number): boolean;

  // Replicated servers.

  /** Who counts how long leases last: the leader. Its followers would come to other results. */
  countsLeases(leads: boolean): boolean;
  /** That a lease is over is a command like any other: etcd revokes leases through its log. Else replicas disagree about who holds the lock. */
  expiresThroughLog(): boolean;
  /** An end of a lease that was proposed before the lease was extended is void. */
  mayExpire(lastAttempt: number, attempt: number): boolean;
  /**
   * Until when a new leader lets leases last that it finds: how long ago its predecessor has extended them it cannot know. Gray and
   * Cheriton 1989, section 2: after a crash the server waits for the longest lease it may have granted.
   */
  leaseAfterFailover(now: Micros, ttl: Micros): Micros;
  /** Burrows 2006, section 2.9: "The master rejects calls from clients using older epoch numbers". */
  acceptsEpoch(epoch: number, current: number): boolean;

  /**
   * Burrows 2006, section 2.4: a lock that is not given back, but lost, is kept from others "for a period called the lock-delay", for the
   * sake of those that check no sequencers.
   */
  delaysAfterLoss(): boolean;
  /** The same of a lock whose holder has closed its session without giving it back. */
  delaysAfterClose(): boolean;
  /** Until when a new leader, or a restarted server, keeps a lock that was lost: for how long that was done before it cannot know. */
  delayAfterFailover(now: Micros, lockDelay: Micros): Micros;

  // The holder.

  holderClock(clocks: Clocks): Micros;
  /**
   * Until when a holder may count on its lock. The server's lease began when the request arrived, which is after it was sent; and the
   * server's clock may run fast by r while the holder's runs slow by r: ttl * (1 - r) / (1 + r) of the holder's time after sending.
   * `waited`: the lock came later than the request.
   */
  validUntil(sentAt: Micros, arrivedAt: Micros, ttl: Micros, ratePpm: number, waited: boolean): Micros;
  /** Asked before each guarded step. */
  isValid(now: Micros, validUntil: Micros): boolean;
  /** Whether who gives a lock back in the middle of its work says so: what it has sent may still be under way. The lock-delay is for that. */
  admitsUnfinished(): boolean;

  // Clients of a store with sessions.

  /** Whoever was woken looks again whether its own node is still there, and which is the first. etcd-io/etcd#11456. */
  looksAgain(): boolean;
  /** Who hears that its session is over stops. Curator, "Error handling": "the lock is lost". */
  heedsLoss(): boolean;
  /** Burrows 2006, section 2.8: while a session is in jeopardy the library lets nothing through. */
  blocksInJeopardy(): boolean;
  /** Whether a node was made whose answer was lost: its name tells. CURATOR-315; ZooKeeper recipes, "Recoverable errors and GUIDs". */
  looksForLostNode(): boolean;

  // The resource.

  /** Kleppmann 2016: "the storage server ... rejects the request with token 33", having seen 34. */
  mayRegister(token: number, fence: FenceRecord): boolean;
  mayWrite(token: number, fence: FenceRecord): boolean;
  /** The greatest token must survive the resource, or a restart lets old ones in. */
  isFenceDurable(): boolean;
}

const MILLION = 1_000_000;

/** Rounded down: a holder's error must be on the safe side. */
export function shortened(ttl: Micros, ratePpm: number): Micros {
  return Math.floor((ttl * (MILLION - ratePpm)) / (MILLION + ratePpm));
}

export const correctRules: Rules = {
  serverClock: ({ now }) => now,
  nextToken: (last) => last + 1,
  tokenAfterRestart: (stored) => stored,
  mayRelease: (holder, client, id) => holder.client === client && holder.id === id,
  mayRenew: (holder, client, id) => holder.client === client && holder.id === id,
  isAlive: (leaseUntil, now) => now < leaseUntil,
  nextInLine: () => 0,
  passesOver: () => true,
  isOver: (id, over) => id <= over,

  countsLeases: (leads) => leads,
  expiresThroughLog: () => true,
  mayExpire: (lastAttempt, attempt) => lastAttempt === attempt,
  leaseAfterFailover: (now, ttl) => now + ttl,
  acceptsEpoch: (epoch, current) => epoch === current,
  delaysAfterLoss: () => true,
  delaysAfterClose: () => true,
  delayAfterFailover: (now, lockDelay) => now + lockDelay,

  holderClock: ({ now }) => now,
  validUntil: (sentAt, _arrivedAt, ttl, ratePpm) => sentAt + shortened(ttl, ratePpm),
  isValid: (now, validUntil) => now < validUntil,
  admitsUnfinished: () => true,

  looksAgain: () => true,
  heedsLoss: () => true,
  blocksInJeopardy: () => true,
  looksForLostNode: () => true,

  mayRegister: (token, fence) => token >= fence.token,
  mayWrite: (token, fence) => token >= fence.token,
  isFenceDurable: () => true,
};
