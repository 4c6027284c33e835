/** What a leader may propose: only after a majority has promised, and only what that leaves it. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { tellNumber } from '../../atomic-commit/numbering.ts';
import { appended, factNow, nameOf } from '../../atomic-commit/properties/facts.ts';
import type { TxnId } from '../../atomic-commit/transactions.ts';
import type { Acceptance, BallotRecord, Phase1a, Phase1b, Phase2a } from '../shape.ts';

/** A ballot that is led: who leads it, and what has reached the leader of those that promised, itself among them. */
interface Led {
  readonly node: number;
  readonly said: Map<number, Acceptance | null>;
  isJudged: boolean;
}

interface Memory {
  /** By node, by transaction: its last promise. */
  readonly promised: Map<TxnId, BallotRecord>[];
  /** By transaction and ballot. */
  readonly led: Map<string, Led>;
}

const keyOf = ({ txn, ballot }: { readonly txn: TxnId; readonly ballot: number }): string => `${txn} ${ballot}`;

export const proposalsFree: Property = always<Memory>({
  name: 'PROPOSE',
  title: 'a leader proposes when a majority has promised, and what the highest ballot of these had accepted',
  source: 'Gray, Lamport 2006, 4.1, 4.2: phase 2a',
  oracle: 'internal',
  messages: ['Phase1a', 'Phase1b', 'Phase2a'],
  start: () => ({ promised: [], led: new Map() }),
  log({ promised }, node, log, change) {
    const record = appended(log, change);
    if (record?.type !== 'promised') return undefined;
    while (promised.length <= node) promised.push(new Map());
    const ballot = record as unknown as BallotRecord;
    promised[node]?.set(ballot.txn, ballot);
    return undefined;
  },
  send({ promised, led }, from, _to, message: Phase1a | Phase1b | Phase2a, world) {
    if (message.type === 'Phase1b') return undefined;
    const key = keyOf(message);
    if (message.type === 'Phase2a') return judge(led.get(key), from, message, world);
    const own = promised[from]?.get(message.txn);
    if (own?.ballot !== message.ballot || led.get(key)?.node === from) return undefined;
    led.set(key, { node: from, said: new Map([[from, own.accepted]]), isJudged: false });
    return undefined;
  },
  deliver({ led }, from, to, message: Phase1a | Phase1b | Phase2a) {
    if (message.type !== 'Phase1b') return undefined;
    const one = led.get(keyOf(message));
    if (one?.node === to) one.said.set(from, message.accepted);
    return undefined;
  },
  crash({ led }, node) {
    for (const [key, one] of led) if (one.node === node) led.delete(key);
    return undefined;
  },
});

function judge(led: Led | undefined, node: number, message: Phase2a, world: World): Finding | undefined {
  if (led?.isJudged && led.node === node) return undefined;
  const { txn, ballot, group, prepared } = message;
  const said = led?.node === node ? led.said : new Map<number, Acceptance | null>();
  if (led !== undefined) led.isJudged = true;
  const must = boundTo([...said.values()]);
  const isMajority = 2 * said.size > group.acceptors.length;
  if (isMajority && isSame(must, prepared)) return undefined;
  const what = `proposes ${tell(prepared)} in ballot ${tellNumber(ballot)} of ${txn}`;
  const why = isMajority
    ? `what it was told leaves only ${tell(must)}`
    : `only ${said.size} of ${group.acceptors.length} acceptors have promised`;
  return { sentence: `${nameOf(world, node)} ${what}, and ${why}`, facts: [factNow(world, node, what)] };
}

/** In ballot 0 each participant has spoken for itself. */
function boundTo(said: readonly (Acceptance | null)[]): readonly string[] {
  const highest = said.reduce((most, one) => Math.max(most, one?.ballot ?? 0), 0);
  return said.flatMap((one) => (one?.ballot === highest ? one.prepared : []));
}

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.every((name) => other.includes(name)) && other.every((name) => one.includes(name));

const tell = (prepared: readonly string[]): string =>
  prepared.length === 0 ? 'that nobody is prepared' : `${[...new Set(prepared)].join(' and ')} to be prepared`;
