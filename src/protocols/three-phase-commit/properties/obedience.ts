/**
 * OBEY (BHG 7.5; KD): in a termination processes ignore all earlier leaders. Who has taken part in an election acknowledges no proposal of an
 * older one: otherwise two leaders may each have what they need, for opposite decisions.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { tellNumber } from '../../atomic-commit/numbering.ts';
import { type AnyRecord, appended, factAt, factNow, nameOf } from '../../atomic-commit/properties/facts.ts';
import type { TxnId } from '../../atomic-commit/transactions.ts';
import type { Ack, PreRecord, StateReport, StateRequest } from '../shape.ts';

interface Joined {
  readonly election: number;
  readonly event: number;
}

interface Memory {
  /** By node, by transaction: the latest election that it has led, or reported in. */
  readonly joined: Map<TxnId, Joined>[];
  /** By node: in which of its lives it has begun which election of which transaction. */
  readonly begun: Map<string, number>[];
  /** By node: which life this is. */
  readonly lives: number[];
}

/** @param outlivesCrashes whether elections are on disk before anybody is told (KD, Last_Elected). */
export const obedience = (outlivesCrashes: boolean): Property =>
  always<Memory>({
    name: 'OBEY',
    title:
      'who has taken part in an election accepts and acknowledges no proposal of an older one, and no election is led in two lives of a process',
    source: 'BHG 7.5; Keidar, Dolev 1998',
    oracle: 'internal',
    messages: ['StateRequest', 'StateReport', 'Ack'],
    start: ({ nodes }) => ({
      joined: nodes.map(() => new Map()),
      begun: nodes.map(() => new Map()),
      lives: nodes.map(() => 0),
    }),
    boot({ lives }, node) {
      lives[node] = (lives[node] as number) + 1;
      return undefined;
    },
    send(memory, from, _to, { type, txn, election }: StateRequest | StateReport | Ack, world) {
      const joined = memory.joined[from] as Map<TxnId, Joined>;
      if (type === 'StateRequest' && isLedAgain(memory, from, txn, election))
        return ledAgain(from, txn, election, world);
      const latest = joined.get(txn);
      if (type !== 'Ack') {
        if (latest === undefined || election > latest.election) joined.set(txn, { election, event: world.event });
        return undefined;
      }
      if (latest === undefined || election >= latest.election) return undefined;
      return disobeys('acknowledges', from, txn, election, latest, world);
    },
    log({ joined }, node, log, change, world) {
      const record = appended(log, change) as AnyRecord | PreRecord | undefined;
      if (record === undefined || !('election' in record) || !('attempt' in record)) return undefined;
      const { txn, election } = record;
      const latest = (joined[node] as Map<TxnId, Joined>).get(txn);
      return latest === undefined || election >= latest.election
        ? undefined
        : disobeys('accepts', node, txn, election, latest, world);
    },
    crash({ joined }, node) {
      if (!outlivesCrashes) joined[node] = new Map();
      return undefined;
    },
  });

const disobeys = (does: string, node: number, txn: TxnId, election: number, latest: Joined, world: World): Finding => ({
  sentence: `${nameOf(world, node)} ${does} a proposal of election ${tellNumber(election)} for ${txn}, and has taken part in election ${tellNumber(latest.election)}`,
  facts: [
    factAt(world, latest.event, node, `takes part in election ${tellNumber(latest.election)}`),
    factNow(world, node, `${does} election ${tellNumber(election)}`),
  ],
});

function isLedAgain({ begun, lives }: Memory, node: number, txn: TxnId, election: number): boolean {
  const own = begun[node] as Map<string, number>;
  const name = `${txn} ${election}`;
  const life = own.get(name) ?? (lives[node] as number);
  own.set(name, life);
  return life !== lives[node];
}

/** What was acknowledged before would count for what is proposed now. */
const ledAgain = (node: number, txn: TxnId, election: number, world: World): Finding => ({
  sentence: `${nameOf(world, node)} leads election ${tellNumber(election)} of ${txn}, which it has led before it restarted`,
  facts: [factNow(world, node, `begins election ${tellNumber(election)} again`)],
});
