/**
 * A rumour among 1,000 nodes: every node tells three others, drawn at random, each half second, what it knows. Links, lanes and random
 * streams are made on first use; this shows what they cost where nearly every link is used once.
 *
 * Run: `npm run bench -- gossip [nodes, default 1000] [virtual seconds, default 20]`. Prints how far the rumour got, events per CPU
 * second, links used, and the peak of memory (must: 300 MB for 1,000 nodes).
 */
import { defineRole, type RunSpec, Simulation } from '../src/index.ts';

interface Rumour {
  readonly about: string;
  readonly hops: number;
}
interface GossipShape {
  readonly state: { readonly known: { [about: string]: true }; recent: readonly Rumour[]; heard: number };
  readonly message: { readonly type: 'tell'; readonly rumours: readonly Rumour[] };
  readonly timer: 'gossip';
}

const ROUND = 500_000;
const FANOUT = 3;
const RECENT = 4;

const node = defineRole<GossipShape>({
  boot(context) {
    context.setTimer('gossip', context.random.below(ROUND));
    return { known: { [context.self]: true }, recent: [{ about: context.self, hops: 0 }], heard: 0 };
  },
  onTimer: {
    gossip(state, _key, context) {
      const { peers } = context.directory;
      for (let i = 0; i < FANOUT; i++)
        context.send(context.random.pick(peers), { type: 'tell', rumours: state.recent });
      context.setTimer('gossip', ROUND);
    },
  },
  onMessage: {
    tell(state, _from, message) {
      const news = message.rumours.filter(({ about }) => state.known[about] === undefined);
      if (news.length === 0) return;
      for (const { about } of news) state.known[about] = true;
      state.heard += news.length;
      state.recent = [...news.map(({ about, hops }) => ({ about, hops: hops + 1 })), ...state.recent].slice(0, RECENT);
    },
  },
  view: (state) => ({ role: 'node', label: `${state.heard}` }),
});

function specOf(count: number, virtualSeconds: number): RunSpec {
  return {
    seed: 'gossip',
    nodes: Array.from({ length: count }, (_, i) => ({ id: `n${i + 1}`, role: 'node', options: {} })),
    network: { latency: { kind: 'log-normal', median: 20_000 }, lossPpm: 10_000, duplicationPpm: 1_000, fifo: false },
    disk: { syncLatency: { kind: 'constant', value: 0 } },
    faults: [{ kind: 'partition', groups: halves(count), at: 5_000_000, for: 5_000_000 }],
    calls: [],
    overrides: [],
    limits: {
      until: virtualSeconds * 1_000_000,
      eventsMax: 100_000_000,
      eventsPerInstantMax: 100_000,
      effectsPerHandlerMax: 10_000,
    },
  };
}

function halves(count: number): string[][] {
  const ids = Array.from({ length: count }, (_, i) => `n${i + 1}`);
  return [ids.slice(0, count / 2), ids.slice(count / 2)];
}

const [count = 1_000, virtualSeconds = 20] = process.argv.slice(2).map(Number);
const simulation = new Simulation({ spec: specOf(count, virtualSeconds), roles: { node } });
const before = process.cpuUsage();
simulation.run();
const { user, system } = process.cpuUsage(before);
// Kilobytes.
const peak = process.resourceUsage().maxRSS * 1024;
const { events, deliveries } = simulation.statistics();
const labels = Array.from({ length: count }, (_, i) => Number(simulation.viewOf(`n${i + 1}`)?.label ?? 0));
const heard = labels.reduce((sum, label) => sum + label, 0) / count;
console.log(
  `${count} nodes, ${virtualSeconds} virtual seconds: ${events} events, ${deliveries} deliveries, ${heard.toFixed(0)} rumours heard by each`,
);
console.log(
  `${(events / ((user + system) / 1e6) / 1e6).toFixed(2)} M events per CPU second, peak memory ${(peak / 1e6).toFixed(0)} MB, ${simulation.failure?.sentence ?? 'no failure'}`,
);
