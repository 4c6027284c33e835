/**
 * Kernel ping-pong: five nodes, every delivery draws a destination and sends on. The workload of the yardstick `pingpong.mjs`
 * (slot heap + message objects + FNV), through the whole contract: handlers in a table, recorded effects, a stream per link and message
 * type, a digest over every field of every event.
 *
 * Run: `npm run bench -- kernel [pending, default 20 and 1000]`. Prints events per CPU second, median of five runs.
 */
import { defineRole, type RunSpec, Simulation } from '../src/index.ts';

type Ping = { readonly type: 'ping'; readonly hop: number; readonly value: number };
interface PingShape {
  readonly state: { count: number };
  readonly message: Ping;
  readonly options: { readonly pending: number };
}

const role = defineRole<PingShape>({
  boot(context) {
    const { peers } = context.directory;
    for (let i = 0; i < context.options.pending; i++)
      context.send(peers[i % peers.length] as string, { type: 'ping', hop: 0, value: i });
    return { count: 0 };
  },
  onMessage: {
    ping(state, _from, message, context) {
      state.count++;
      const { peers } = context.directory;
      context.send(peers[(state.count + message.hop) % peers.length] as string, {
        type: 'ping',
        hop: message.hop + 1,
        value: message.value,
      });
    },
  },
  view: (state) => ({ role: 'node', label: `${state.count}` }),
});

function spec(pending: number, events: number): RunSpec {
  return {
    seed: 'bench',
    nodes: Array.from({ length: 5 }, (_, i) => ({ id: `n${i + 1}`, role: 'node', options: { pending: pending / 5 } })),
    network: { latency: { kind: 'uniform', min: 1_000, max: 9_999 }, lossPpm: 0, duplicationPpm: 0, fifo: false },
    disk: { syncLatency: { kind: 'constant', value: 0 } },
    faults: [],
    calls: [],
    overrides: [],
    limits: {
      until: Number.MAX_SAFE_INTEGER,
      eventsMax: events,
      eventsPerInstantMax: 100_000,
      effectsPerHandlerMax: 10_000,
    },
  };
}

function measure(pending: number): number {
  const events = 1_000_000;
  const rates: number[] = [];
  for (let run = 0; run < 7; run++) {
    const simulation = new Simulation({ spec: spec(pending, events), roles: { node: role } });
    const before = process.cpuUsage();
    simulation.run();
    const { user, system } = process.cpuUsage(before);
    rates.push(events / ((user + system) / 1e6));
  }
  return rates.slice(2).sort((a, b) => a - b)[2] as number;
}

const asked = process.argv.slice(2).map(Number);
for (const pending of asked.length > 0 ? asked : [20, 1000]) {
  console.log(`kernel ping-pong, ${pending} pending: ${(measure(pending) / 1e6).toFixed(2)} M events per CPU second`);
}
