/** What a participant is told it heeds, at once: later it would be told again, and nobody would see what was lost meanwhile. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { NodeId } from '../../../sim/protocol.ts';
import type { Resource } from '../resource.ts';
import { incarnationOf, type TxnId } from '../transactions.ts';
import { factNow, isInDoubt, nameOf, resourceOf } from './facts.ts';

/** By node: the decision that it has been told in the event that is being handled, and by whom. */
interface Told {
  readonly txn: (TxnId | undefined)[];
  readonly by: number[];
}

/** @param types messages that tell a decision. */
export const decisionsHeeded = (...types: readonly string[]): Property =>
  always<Told>({
    name: 'HEED',
    title: `a participant in doubt that is told the decision (${types.join(', ')}) is not in doubt any more`,
    source: 'BHG 7.4; Gray and Lamport 2006, section 3',
    oracle: 'internal',
    role: 'participant',
    messages: types,
    start: () => ({ txn: [], by: [] }),
    boot({ txn }, node) {
      txn[node] = undefined;
      return undefined;
    },
    deliver({ txn, by }, from, to, message: { readonly txn: TxnId }) {
      txn[to] = message.txn;
      by[to] = from;
      return undefined;
    },
    step(memory, node, state: object, world) {
      const txn = memory.txn[node];
      if (txn === undefined) return undefined;
      memory.txn[node] = undefined;
      if (!isInDoubt(resourceOf(state), txn)) return undefined;
      return {
        sentence: `${nameOf(world, node)} stays in doubt about ${txn}, whose outcome ${nameOf(world, memory.by[node] as number)} has told it`,
        facts: [factNow(world, node, `has been told what became of ${txn}, and is in doubt`)],
      };
    },
  });

/** By participant: the latest life it has heard of, by coordinator; and the coordinator of which it has just heard news, or old tidings. */
interface Lives {
  readonly latest: Map<number, number>[];
  readonly heard: number[];
}

const NOBODY = -1;

interface OfALife {
  readonly incarnation?: number;
}

/** What a coordinator has lost in a crash it will not finish: whoever works on holds locks for nobody. */
export const sessionsEnd: Property = always<Lives>({
  name: 'SESS',
  title:
    'who has heard of a coordinator in its next life does no work for the one before, but for what it has promised',
  source: 'Bernstein, Hadzilacos, Goodman 1987, 7.4: what a coordinator has not decided before its failure it aborts',
  oracle: 'internal',
  role: 'participant',
  messages: ['Execute', 'Prepare', 'Decision'],
  start: () => ({ latest: [], heard: [] }),
  boot({ latest, heard }, node) {
    latest[node] = new Map();
    heard[node] = NOBODY;
    return undefined;
  },
  deliver({ latest, heard }, from, to, { incarnation }: OfALife) {
    if (incarnation === undefined) return undefined;
    const lives = latest[to];
    const known = lives?.get(from);
    if (lives === undefined || incarnation === known) return undefined;
    if (known === undefined || incarnation > known) lives.set(from, incarnation);
    heard[to] = from;
    return undefined;
  },
  step(memory, node, state: object, world) {
    const coordinator = memory.heard[node] ?? NOBODY;
    if (coordinator === NOBODY) return undefined;
    memory.heard[node] = NOBODY;
    const life = memory.latest[node]?.get(coordinator) ?? 0;
    return workForThePast(node, resourceOf(state), nameOf(world, coordinator), life, world);
  },
});

function workForThePast(
  node: number,
  { locals }: Resource,
  from: NodeId,
  life: number,
  world: World,
): Finding | undefined {
  for (const { age, coordinator, phase } of locals) {
    if (coordinator !== from || phase === 'prepared' || incarnationOf(age.txn) >= life) continue;
    return {
      sentence: `${nameOf(world, node)} works on ${age.txn}, and has heard of life ${life} of ${from}, which knows nothing of it`,
      facts: [factNow(world, node, `works on ${age.txn}, and knows of life ${life} of ${from}`)],
    };
  }
  return undefined;
}
