/** Whom a waiter watches, and that it is told. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { nameOf } from '../properties/facts.ts';
import type { ReplicaState } from '../replicated/replica.ts';
import type { Gone, StoreNode, StoreState } from './shape.ts';

/** A watch, as a leader had it when it was last seen. */
interface Watch {
  readonly client: string;
  readonly session: number;
  readonly revision: number;
}

/** A leader, as it was last seen. */
interface Seen {
  readonly applied: number;
  readonly leading: number;
  readonly watches: readonly Watch[];
}

interface Memory {
  readonly leaders: Map<number, Seen>;
  /** By node: what it has told since then, by session and revision. */
  readonly told: Map<number, Set<string>>;
}

const nameOfWatch = ({ session, revision }: Pick<Watch, 'session' | 'revision'>): string => `${session}.${revision}`;

/**
 * WATCH. "Each client watches only the one before it": who watches another node is woken in vain, with all others, or too late. What has led
 * the whole time knows of its watches: when a node is gone whoever watched it was told in the same breath.
 */
export const watching: Property = always<Memory>({
  name: 'WATCH',
  title: 'who waits watches the node before its own, and is told at once when that is gone',
  source: 'Hunt et al. 2010, sections 2.1 and 2.4: locks without herd effect, watches',
  oracle: 'internal',
  role: 'server',
  messages: ['Gone'],
  start: () => ({ leaders: new Map(), told: new Map() }),
  boot({ leaders, told }, node) {
    leaders.delete(node);
    told.delete(node);
    return undefined;
  },
  send({ told }, from, _to, message: Gone) {
    const known = told.get(from);
    if (known === undefined) told.set(from, new Set([nameOfWatch(message)]));
    else known.add(nameOfWatch(message));
    return undefined;
  },
  step(memory, node, state: ReplicaState<StoreState>, world) {
    const { applied, leading, machine } = state;
    const { leaders, told } = memory;
    const before = leaders.get(node);
    if (before?.applied === applied && before.leading === leading) return undefined;
    if (leading === 0) {
      leaders.delete(node);
      told.delete(node);
      return undefined;
    }
    const watches = watchesOf(machine);
    leaders.set(node, { applied, leading, watches });
    const untold = before?.leading === leading ? judgeTold(before, machine, told.get(node), node, world) : undefined;
    told.delete(node);
    return untold ?? judgePlaces(watches, machine, node, world);
  },
});

const watchesOf = ({ nodes }: StoreState): Watch[] =>
  nodes.flatMap(({ revision, watchers }) => watchers.map(({ client, session }) => ({ client, session, revision })));

function judgeTold(
  { watches }: Seen,
  { nodes }: StoreState,
  told: ReadonlySet<string> | undefined,
  node: number,
  world: World,
): string | undefined {
  const untold = watches.find(
    (watch) => !nodes.some(({ revision }) => revision === watch.revision) && told?.has(nameOfWatch(watch)) !== true,
  );
  if (untold === undefined) return undefined;
  return `${nameOf(world, node)} does not tell ${untold.client} that node ${untold.revision} is gone, which it watches`;
}

/** The watch of a session that is over stays, and wakes nobody. */
function judgePlaces(
  watches: readonly Watch[],
  { nodes }: StoreState,
  node: number,
  world: World,
): Finding | string | undefined {
  for (const { client, session, revision } of watches) {
    const own = nodes.findIndex((one) => one.session === session && !one.isLost);
    if (own === -1 || nodes[own - 1]?.revision === revision) continue;
    const before = nodes[own - 1]?.revision;
    return `${client} watches node ${revision} at ${nameOf(world, node)}, and ${
      before === undefined
        ? 'its own is the first'
        : `before its own, ${(nodes[own] as StoreNode).revision}, is node ${before}`
    }`;
  }
  return undefined;
}
