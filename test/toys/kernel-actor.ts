/**
 * A node that does what it is told, step by step: the steps come in a message, from an operator (`admin`), or with a timer. It tells
 * kernel tests apart from protocols: what a handler records is data of the test.
 */
import type { Fault } from '../../src/sim/faults.ts';
import type { Json } from '../../src/sim/plain.ts';
import { type Context, defineRole, type Micros, type NodeId, type Role } from '../../src/sim/protocol.ts';

export type Step =
  | { readonly do: 'send'; readonly to: NodeId; readonly text: string }
  /** The receiver does the steps. */
  | { readonly do: 'tell'; readonly to: NodeId; readonly steps: readonly Step[] }
  | { readonly do: 'put'; readonly record: string; readonly value: Json }
  | { readonly do: 'append'; readonly log: string; readonly entry: Json }
  | { readonly do: 'truncate'; readonly log: string; readonly index: number }
  | { readonly do: 'drop-prefix'; readonly log: string; readonly index: number }
  | { readonly do: 'replace'; readonly log: string; readonly first: number; readonly entries: readonly Json[] }
  | { readonly do: 'sync' }
  | { readonly do: 'sync-later'; readonly data?: Json }
  /** When the timer fires the node does the steps; without any it remembers the firing. */
  | { readonly do: 'timer'; readonly delay: Micros; readonly key?: string; readonly steps?: readonly Step[] }
  | { readonly do: 'cancel'; readonly key?: string }
  | { readonly do: 'note'; readonly text: string; readonly data?: Json }
  | { readonly do: 'remember'; readonly text: string }
  | { readonly do: 'draw'; readonly bound: number }
  | { readonly do: 'look'; readonly record: string }
  | { readonly do: 'look-log'; readonly log: string }
  | { readonly do: 'halt' };

type Message =
  | { readonly type: 'said'; readonly text: string }
  | { readonly type: 'run'; readonly steps: readonly Step[] };

export interface ActorState {
  /** What it was told, what it drew and what happened to it, in order. */
  readonly seen: string[];
  readonly plans: { [key: string]: readonly Step[] };
}

export interface ActorShape {
  readonly state: ActorState;
  readonly message: Message;
  readonly timer: 'alarm';
  readonly admin: { readonly type: 'run'; readonly steps: readonly Step[] };
  readonly options: { readonly boot?: readonly Step[] };
  readonly records: { readonly [record: string]: Json };
  readonly logs: { readonly [log: string]: Json };
  readonly sync: 'later';
}

type ActorContext = Context<ActorShape>;

export const actor: Role<ActorShape> = defineRole<ActorShape>({
  boot(context) {
    const state: ActorState = { seen: [], plans: {} };
    run(state, context.options.boot ?? [], context);
    return state;
  },
  onMessage: {
    said(state, from, message) {
      state.seen.push(`${from}: ${message.text}`);
    },
    run: (state, _from, message, context) => run(state, message.steps, context),
  },
  onTimer: {
    alarm(state, key, context) {
      const name = `alarm${key === undefined ? '' : `/${key}`}`;
      state.seen.push(`${name} at ${context.now}`);
      run(state, state.plans[name] ?? [], context);
    },
  },
  onAdmin: { run: (state, action, context) => run(state, action.steps, context) },
  onDisk: {
    later(state, outcome, data) {
      state.seen.push(`synced ${JSON.stringify(data ?? null)} ${outcome.ok ? 'ok' : outcome.error}`);
    },
  },
  onDiskError(state, error, context) {
    state.seen.push(`disk error: ${error}`);
    context.note('refuses');
  },
  view: (state) => ({ role: 'actor', label: `${state.seen.length}` }),
});

/** The same, but for a failed sync, which stops it. */
export const fragileActor: Role<ActorShape> = (({ onDiskError: _, ...rest }): Role<ActorShape> => rest)(actor);

function run(state: ActorState, steps: readonly Step[], context: ActorContext): void {
  for (const step of steps) take(state, step, context);
}

function take(state: ActorState, step: Step, context: ActorContext): void {
  const { disk } = context;
  switch (step.do) {
    case 'send':
      context.send(step.to, { type: 'said', text: step.text });
      break;
    case 'tell':
      context.send(step.to, { type: 'run', steps: step.steps });
      break;
    case 'put':
      disk.put(step.record, step.value);
      break;
    case 'append':
      disk.append(step.log, step.entry);
      break;
    case 'truncate':
      disk.truncateFrom(step.log, step.index);
      break;
    case 'drop-prefix':
      disk.dropPrefix(step.log, step.index);
      break;
    case 'replace':
      disk.replace(step.log, step.first, step.entries);
      break;
    case 'sync':
      disk.sync();
      break;
    case 'sync-later':
      disk.syncLater('later', step.data);
      break;
    case 'timer':
      state.plans[`alarm${step.key === undefined ? '' : `/${step.key}`}`] = step.steps ?? [];
      context.setTimer('alarm', step.delay, step.key);
      break;
    case 'cancel':
      context.cancelTimer('alarm', step.key);
      break;
    case 'note':
      context.note(step.text, step.data);
      break;
    case 'remember':
      state.seen.push(step.text);
      break;
    case 'draw':
      state.seen.push(`drew ${context.random.below(step.bound)}`);
      break;
    case 'look': {
      const found = disk.read(step.record);
      return void state.seen.push(
        `${step.record} is ${JSON.stringify(found.ok ? (found.value ?? null) : found.error)}`,
      );
    }
    case 'look-log': {
      const found = disk.readLog(step.log);
      const shown = found.ok ? found.value.entries : { [found.error]: found.index, before: found.before.entries };
      return void state.seen.push(`${step.log} is ${JSON.stringify(shown)}`);
    }
    case 'halt':
      context.halt('told to');
      break;
  }
}

/** The operator tells a node what to do at some time. */
export const tell = (node: NodeId, at: Micros, ...steps: Step[]): Fault => ({
  kind: 'admin',
  node,
  at,
  action: { type: 'run', steps: steps as unknown as Json[] } as never,
});
