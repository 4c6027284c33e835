/** What a protocol that decides (a commit protocol, say) tells of itself, so that its decisions can be looked at from outside. */
import type { OperationInput } from '../sim/config.ts';
import type { World } from '../sim/observer.ts';
import type { Json } from '../sim/plain.ts';

/** One task for one client. */
export interface Task {
  readonly title: string;
  readonly nodes: { readonly [role: string]: number };
  readonly options: { readonly [name: string]: Json };
  readonly op: OperationInput;
}

export interface Deciding {
  /** Small enough to be tried with every crash. */
  readonly task: Task;
  /** The same with one process more. */
  readonly wideTask?: Task;
  /** Roles of the processes that decide together; the first is the one that a client asks. */
  readonly processes: readonly string[];
  /** Names of the invariants by which all decide alike: beyond what the protocol claims to survive nothing else is looked at. */
  readonly agreement: readonly string[];
  /** Types of the messages that belong to the decision; the others are work. */
  readonly messages: readonly string[];
  /** What a process has promised and does not know the outcome of, from its state. */
  inDoubt(state: never): readonly Doubt[];
  /** Whether anything was committed at this process, by its disk. */
  hasCommitted(world: World, node: number): boolean;
}

export interface Doubt {
  readonly name: string;
  /** How many locks it keeps. */
  readonly locks: number;
  /** Names of what waits, or had to give way, because of these. */
  readonly delays: readonly string[];
}
