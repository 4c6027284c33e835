/**
 * Properties: what must always hold (`always`), and what a campaign must have reached, or it proved little (`sometimes`).
 * A property remembers: its memory is made once per run and handed to every hook. Hooks look only at what changed, so that a
 * property costs O(change), not O(state).
 */
import type { FaultKind, UnsyncedWrites } from '../sim/faults.ts';
import type { Operation } from '../sim/history.ts';
import type { Finding, LogChange, World } from '../sim/observer.ts';
import type { Json } from '../sim/plain.ts';

interface Hooks<Memory, Verdict> {
  /** All effects of one handler at `node` are committed; its state is visible. Also after boot. */
  step?(memory: Memory, node: number, state: never, world: World): Verdict;
  boot?(memory: Memory, node: number, world: World): Verdict;
  crash?(memory: Memory, node: number, unsynced: UnsyncedWrites, world: World): Verdict;
  send?(memory: Memory, from: number, to: number, message: never, world: World): Verdict;
  deliver?(memory: Memory, from: number, to: number, message: never, world: World): Verdict;
  durable?(memory: Memory, node: number, world: World): Verdict;
  log?(memory: Memory, node: number, log: string, change: LogChange, world: World): Verdict;
  note?(memory: Memory, node: number, text: string, data: Json | undefined, world: World): Verdict;
  returned?(memory: Memory, operation: Operation, world: World): Verdict;
  end?(memory: Memory, world: World): Verdict;
}

export type HookName = keyof Hooks<unknown, unknown>;

interface Described<Memory> {
  /** Short and stable, e.g. `ES`; the name used on the command line and in capsules. */
  readonly name: string;
  /** One sentence, e.g. "at most one leader is elected in a term". */
  readonly title: string;
  /** Paper section, thread or RFC. */
  readonly source?: string;
  /** `client`: judges only what clients saw; `internal`: looks into nodes. */
  readonly oracle: 'internal' | 'client';
  /** Watches only nodes with this role; all when absent. */
  readonly role?: string;
  /** Message types that `send` and `deliver` are called for; all when absent. */
  readonly messages?: readonly string[];
  /** Fresh memory: plain data, Maps, Sets, typed arrays. */
  start(world: World): Memory;
}

/** Holds at every event. A hook answers with what is wrong: a sentence, or a finding with the facts that contradict each other. */
export interface Always<Memory> extends Described<Memory>, Hooks<Memory, Finding | string | undefined> {
  readonly kind: 'always';
  /** It says something only of runs within the model that the protocol claims to survive: in others nobody asks it. */
  readonly withinModel?: boolean;
}

/** Reached somewhere in a campaign. A hook answers true when it is. `required`: a campaign of this many seeds must reach it. */
export interface Sometimes<Memory> extends Described<Memory>, Hooks<Memory, boolean | undefined> {
  readonly kind: 'sometimes';
  readonly requiredWithinSeeds?: number;
  /**
   * False where runs with these options, or in this world, never reach it: a campaign that fixes them is not asked for it. Options that a
   * campaign draws are left out, and so may have any value.
   */
  reachableUnder?(fixed: { readonly [option: string]: Json | undefined }, world: CampaignWorld): boolean;
  /** The note that reaches it, where one does: an event that matters, which faults may hang on however rare it is. */
  readonly reachedBy?: string;
}

/** What all runs of a campaign have in common. */
export interface CampaignWorld {
  /** How many nodes of a role, where the scenario says so. Where the number is drawn the role is left out. */
  readonly nodes: { readonly [role: string]: number | undefined };
  /** The kinds of faults that may come: drawn, scripted, or an operator's doing (`admin`). */
  readonly faults: readonly FaultKind[];
}

// biome-ignore lint/suspicious/noExplicitAny: memories differ; each property is checked where it is written.
export type Property = Always<any> | Sometimes<any>;

/** Types an invariant where it is written. */
export const always = <Memory>(property: Omit<Always<Memory>, 'kind'>): Property => ({ ...property, kind: 'always' });

/** Types a goal where it is written. */
export const sometimes = <Memory>(property: Omit<Sometimes<Memory>, 'kind'>): Property => ({
  ...property,
  kind: 'sometimes',
});

/** The goal, which a campaign of so many seeds must reach, unless it fixes options under which nobody does. */
export const requiredWithin = (
  seeds: number,
  goal: Property,
  reachableUnder?: Sometimes<unknown>['reachableUnder'],
): Property => {
  if (goal.kind !== 'sometimes') return goal;
  const required = { ...goal, requiredWithinSeeds: seeds };
  return reachableUnder === undefined ? required : { ...required, reachableUnder };
};

/** After these a node may come back with what was on its disk alone: nodes stop at what their disks do to them, too. */
const restarting: readonly FaultKind[] = [
  'crash',
  'outage',
  'crash-loop',
  'restart',
  'sync-error',
  'write-error',
  'full-disk',
  'read-error',
  'bit-flip',
  'misdirected-write',
];

/** For goals that nobody reaches who has not lost what was in memory. */
export const somebodyRestarts = (_fixed: object, { faults }: CampaignWorld): boolean =>
  faults.some((kind) => restarting.includes(kind));

/** A goal that is reached when some node writes the note. */
export const goalByNote = (name: string, title: string, note: string): Property =>
  sometimes<null>({
    name,
    title,
    oracle: 'internal',
    reachedBy: note,
    start: () => null,
    note: (_memory, _node, text) => text === note,
  });
