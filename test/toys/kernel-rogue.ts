/** Roles of one handler each, for tests of what handlers must not do: `poke` runs what the test hands in. */
import type { RunSpec } from '../../src/sim/config.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { type Context, defineRole, type Micros, type Role } from '../../src/sim/protocol.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import { runOf, specOf } from './kernel-spec.ts';

export interface RogueState {
  // biome-ignore lint/suspicious/noExplicitAny: the tests put here what should not be there.
  any: any;
}
type Poked = { readonly type: 'poke'; readonly round: number };
type Message = { readonly type: 'hello'; readonly value: { readonly n: number }; readonly list: readonly number[] };
export interface RogueShape {
  readonly state: RogueState;
  readonly message: Message;
  readonly timer: 'tick';
  readonly admin: Poked;
  readonly options: { readonly list?: readonly number[] };
  readonly records: { readonly record: { readonly n: number } };
  readonly logs: { readonly log: { readonly n: number } };
  readonly sync: 'later';
}
export type RogueContext = Context<RogueShape>;

export interface Rogue {
  readonly poke?: (state: RogueState, context: RogueContext, action: Poked) => unknown;
  readonly hello?: (state: RogueState, message: Message, context: RogueContext) => unknown;
  readonly boot?: (context: RogueContext) => unknown;
  readonly view?: (state: RogueState) => unknown;
}

export const rogue = ({ poke, hello, boot, view }: Rogue): Role<RogueShape> =>
  defineRole<RogueShape>({
    boot: (context) => (boot === undefined ? { any: null } : (boot(context) as RogueState)),
    onMessage: { hello: (state, _from, message, context) => hello?.(state, message, context) as undefined },
    onTimer: { tick: () => undefined },
    onAdmin: { poke: (state, action, context) => poke?.(state, context, action) as undefined },
    onDisk: { later: () => undefined },
    view: (state) => (view === undefined ? { role: 'rogue', label: '' } : (view(state) as never)),
  });

const poke = (node: string, at: Micros, round = 1): Fault => ({
  kind: 'admin',
  node,
  at,
  action: { type: 'poke', round },
});

const POKES = [poke('n1', 1_000, 1), poke('n1', 2_000, 2), poke('n2', 3_000, 3)];

/** Of n1, one each millisecond. */
export const pokes = (count: number): readonly Fault[] =>
  Array.from({ length: count }, (_, i) => poke('n1', 1_000 * (i + 1), i + 1));

/** Pokes n1 at 1 ms and 2 ms, n2 at 3 ms, unless told otherwise; answers the run. */
export const runRogue = (
  rogues: Rogue,
  strict = false,
  options: object = {},
  faults: readonly Fault[] = POKES,
): ReturnType<typeof runOf> => runOf(specFor(options, faults), { rogue: rogue(rogues) }, [], strict);

/** The same, at its beginning. */
export const startRogue = (rogues: Rogue, strict: boolean, options: object, faults: readonly Fault[]): Simulation =>
  new Simulation({ spec: specFor(options, faults), roles: { rogue: rogue(rogues) }, strict });

const specFor = (options: object, faults: readonly Fault[]): RunSpec =>
  specOf({
    nodes: [
      { id: 'n1', role: 'rogue', options },
      { id: 'n2', role: 'rogue', options },
    ],
    faults,
    limits: { until: 100_000, effectsPerHandlerMax: 1_000 },
  });
