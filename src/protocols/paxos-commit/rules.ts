/**
 * The decisions of Paxos Commit as small functions with their sources. A planted bug (bugs.ts) is another function in the place of one.
 * "GL" is Gray, Lamport, Consensus on Transaction Commit, 2006.
 */
import type { NodeId } from '../../sim/protocol.ts';
import { correctWorkRules, type WorkRules } from '../atomic-commit/work-rules.ts';
import type { Acceptance, AcceptorContext, BallotNumber, PaxosOptions } from './shape.ts';

export interface Rules extends WorkRules {
  readonly votersFor: typeof votersFor;
  readonly isMajority: typeof isMajority;
  readonly mayPromise: typeof mayPromise;
  readonly mayAccept: typeof mayAccept;
  readonly keep: typeof keep;
  readonly asksFirst: typeof asksFirst;
  readonly mustPropose: typeof mustPropose;
}

/** GL 4.3: while nothing fails F + 1 acceptors suffice; the coordinator is one of them. */
function votersFor(acceptors: readonly NodeId[], to: PaxosOptions['votesTo']): readonly NodeId[] {
  return to === 'all' ? acceptors : acceptors.slice(0, Math.floor(acceptors.length / 2) + 1);
}

/** GL 4.1: a value is chosen when F + 1 of 2F + 1 acceptors have accepted it in one ballot: any two such majorities meet. */
function isMajority(count: number, acceptors: number): boolean {
  return 2 * count > acceptors;
}

/** GL 4.1, phase 1b: only in a ballot that is higher than all before. */
function mayPromise(ballot: BallotNumber, promised: BallotNumber): boolean {
  return ballot > promised;
}

/** GL 4.1, phase 2b: unless a higher ballot was promised. */
function mayAccept(ballot: BallotNumber, promised: BallotNumber): boolean {
  return ballot >= promised;
}

/** GL 4.2: what an acceptor promises and accepts is on disk before it is told. */
function keep(context: AcceptorContext): void {
  context.disk.sync();
}

/** GL 4.2: ballot 0 belongs to the participants. Every other leader asks first what has been accepted, also one that wants to abort. */
function asksFirst(): boolean {
  return true;
}

/**
 * GL 4.1, phase 2a: what was accepted in the highest ballot, since it may have been chosen. In ballot 0 each participant speaks for itself
 * alone; who has not been heard is free, and free means aborted.
 */
function mustPropose(accepted: readonly Acceptance[]): readonly NodeId[] {
  let highest = 0;
  for (const { ballot } of accepted) highest = Math.max(highest, ballot);
  const prepared = new Set<NodeId>();
  for (const one of accepted) if (one.ballot === highest) for (const node of one.prepared) prepared.add(node);
  return [...prepared];
}

/** Paxos Commit as it should be. */
export const correctRules: Rules = {
  ...correctWorkRules,
  votersFor,
  isMajority,
  mayPromise,
  mayAccept,
  keep,
  asksFirst,
  mustPropose,
};
