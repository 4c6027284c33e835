/** Runs to look at: small, with every kind of trouble that a timeline has signs for. */
import type { Protocol } from '../../src/check/protocol.ts';
import { PLAN_FORMAT, type Plan } from '../../src/scenario/plan.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { ms } from '../../src/sim/protocol.ts';
import { frame, frameText } from '../../src/tui/frame.ts';
import { startState, type ViewState } from '../../src/tui/state.ts';
import { press } from '../../src/tui/update.ts';
import { Viewer } from '../../src/tui/viewer.ts';
import { specOf } from '../toys/kernel-spec.ts';
import { protocol as quorumRegister } from '../toys/quorum-register.ts';

const options = { retry: ms(40), attempts: 3 };

const troubles: readonly Fault[] = [
  { kind: 'partition', at: ms(60), groups: [['n1'], ['n2', 'n3', 'c1', 'c2']], for: ms(100) },
  { kind: 'pause', at: ms(200), node: 'n2', for: ms(30) },
  { kind: 'crash', at: ms(260), node: 'n3', for: ms(60) },
  { kind: 'cut', at: ms(340), from: ['c1'], to: ['n1'], for: ms(60) },
  { kind: 'clock-step', at: ms(420), node: 'n1', by: ms(5) },
  { kind: 'restart', at: ms(430), node: 'n1' },
];

/** Two clients and three servers, a read or write every 20 ms, and six faults. */
export function troubledPlan(changes: Partial<Plan> = {}): Plan {
  const calls = Array.from({ length: 24 }, (_, i) => {
    const key = `k${(i % 2) + 1}`;
    const op = i % 3 === 0 ? { type: 'read', key } : { type: 'write', key, value: i };
    return { at: ms(5 + 20 * i), client: `c${(i % 2) + 1}`, op };
  });
  return {
    ...specOf({
      seed: '7',
      nodes: [
        ...['n1', 'n2', 'n3'].map((id) => ({ id, role: 'server', options })),
        ...['c1', 'c2'].map((id) => ({ id, role: 'client', options })),
      ],
      network: { latency: { kind: 'uniform', min: 1_000, max: 4_000 }, duplicationPpm: 40_000, lossPpm: 20_000 },
      faults: troubles,
      calls,
      limits: { until: ms(600) },
    }),
    format: PLAN_FORMAT,
    protocol: 'quorum-register',
    ...changes,
  };
}

export const troubledViewer = (protocol: Protocol = quorumRegister, plan: Plan = troubledPlan()): Viewer =>
  new Viewer({ protocol, plan, title: 'troubles', command: 'npx worldline show troubles' });

export interface Shot {
  readonly columns: number;
  readonly rows: number;
  readonly ascii?: boolean;
}

export const small: Shot = { columns: 80, rows: 24 };
export const middle: Shot = { columns: 140, rows: 40 };
export const large: Shot = { columns: 200, rows: 50 };

/** The screen after these keys. */
export function shot(viewer: Viewer, state: ViewState, { columns, rows, ascii = false }: Shot): string {
  return frameText(frame(viewer, state, { columns, rows, ascii }));
}

export function pressed(
  viewer: Viewer,
  keys: readonly string[],
  size: Shot = small,
  from: ViewState = startState,
): ViewState {
  return keys.reduce((state, key) => press(viewer, state, key, size), from);
}
