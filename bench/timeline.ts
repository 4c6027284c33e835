/**
 * How fast the timeline answers: recording, seeking, key presses, memory. `npm run bench -- timeline [events]`.
 * Seconds of CPU, in milliseconds; a seek goes from one random event to another.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { raftOptions } from '../src/protocols/raft/options.ts';
import { raft } from '../src/protocols/raft/raft.ts';
import { PLAN_FORMAT, type Plan } from '../src/scenario/plan.ts';
import { defaultLimits } from '../src/sim/config.ts';
import { ms, seconds } from '../src/sim/protocol.ts';
import { frame } from '../src/tui/frame.ts';
import { startState } from '../src/tui/state.ts';
import { press } from '../src/tui/update.ts';
import { Viewer } from '../src/tui/viewer.ts';

const wanted = Number(process.argv[2] ?? 100_000);
const size = { columns: 140, rows: 40, ascii: false };

const cpu = (): number => process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000;
function timed<T>(what: string, make: () => T): T {
  const start = cpu();
  const made = make();
  console.log(`${what.padEnd(44)}${(cpu() - start).toFixed(0).padStart(8)} ms`);
  return made;
}

function spread(what: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part: number): string =>
    (sorted[Math.floor((sorted.length - 1) * part)] as number).toFixed(1).padStart(8);
  console.log(`${what.padEnd(44)}${at(0.5)} ms median${at(0.95)} ms 95 %${at(1)} ms worst`);
}

function longPlan(events: number): Plan {
  const options = raftOptions();
  const node = (id: string, role: string): Plan['nodes'][number] => ({ id, role, options });
  const clients = ['c1', 'c2', 'c3'];
  return {
    format: PLAN_FORMAT,
    protocol: 'raft',
    seed: '1',
    nodes: [
      ...['n1', 'n2', 'n3', 'n4', 'n5'].map((id) => node(id, 'server')),
      ...clients.map((id) => node(id, 'client')),
    ],
    network: { latency: { kind: 'uniform', min: ms(2), max: ms(12) }, lossPpm: 1_000, duplicationPpm: 0, fifo: false },
    disk: { syncLatency: { kind: 'uniform', min: 200, max: 1_000 } },
    faults: [],
    calls: [],
    workload: { operations: raft.operations, clients, interval: ms(120), start: 0, end: seconds(1_000_000) },
    overrides: [],
    limits: { ...defaultLimits, until: seconds(Math.ceil(events / 780)), eventsMax: events },
  };
}

const plan = longPlan(wanted);
const viewer = timed(
  `record a run of ${wanted} events`,
  () => new Viewer({ protocol: raft, plan, title: 'long', command: '' }),
);
const { recording, film } = viewer.branches[0] as (typeof viewer.branches)[number];
const { count, bytes } = recording.keyframeSize;
console.log(
  `${'keyframes'.padEnd(44)}${String(count).padStart(8)}, ${(bytes / 1e6).toFixed(1)} MB; ${film.length} steps`,
);

// Fixed sequences of places, far apart.
const farApart = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => (i * 7_919 * 104_729) % film.length);
spread(
  'seek: the state at an event',
  farApart(300).map((place) => {
    const start = cpu();
    recording.stateAt(film.index.at(place).event, 'n1');
    return cpu() - start;
  }),
);
spread(
  'jump: a whole frame there, at 140x40',
  farApart(40).map((place) => {
    const start = cpu();
    frame(viewer, { ...startState, place }, size);
    return cpu() - start;
  }),
);
let state = { ...startState, place: Math.floor(film.length / 2) };
const presses = Array.from({ length: 100 }, () => {
  const start = cpu();
  state = press(viewer, state, 'j', size);
  frame(viewer, state, size);
  return cpu() - start;
});
spread('a key press with its frame, at 140x40', presses);
// What is left when what is not needed any more has gone: twice as many steps must not leave twice as much.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
collect();
const before = process.memoryUsage().heapUsed;
for (let round = 1; round <= 2; round++) {
  for (let i = 0; i < 1_000; i++) {
    state = press(viewer, state, i % 100 < 50 ? 'j' : 'k', size);
    frame(viewer, state, size);
  }
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  console.log(`${`memory after ${round},000 steps`.padEnd(44)}${(grown / 1e6).toFixed(1).padStart(8)} MB more`);
}
