/**
 * TR (BHG 7.5; Skeen 1982; KD, Table 2): a leader proposes what the states allow that it has collected, its own among them. A wrong
 * proposal does harm only where the right process fails next.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { tellNumber } from '../../atomic-commit/numbering.ts';
import { factNow, nameOf } from '../../atomic-commit/properties/facts.ts';
import type { TxnId } from '../../atomic-commit/transactions.ts';
import type { PreRecord, Report, StateReport, StateRequest } from '../shape.ts';
import { follow, isPre, membersIn, readAgain, type Standings } from './standing.ts';

/** What a leader knows of one process. */
export type Known = Pick<Report, 'state' | 'attempt' | 'recovered'>;

/** Whether this may be proposed to the members in `up`, by what was published. */
export type MayPropose = (commit: boolean, known: readonly Known[], members: number) => boolean;

interface Led {
  readonly node: number;
  readonly known: Map<string, Known>;
}

interface Memory {
  readonly standings: Standings;
  readonly members: Map<TxnId, number>;
  /** By transaction and election. */
  readonly led: Map<string, Led>;
}

const keyOf = (txn: TxnId, election: number): string => `${txn} ${election}`;

/** @param recoveredTakePart whether a process that has crashed since it voted is counted, and asked. */
export function terminationRules(mayPropose: MayPropose, recoveredTakePart: boolean): Property {
  const judge = ({ node, known }: Led, members: number, record: PreRecord, world: World): Finding | undefined => {
    const { txn, type, election, up = [] } = record;
    const all = [...known.values()];
    const counted = recoveredTakePart ? all : all.filter((one) => !one.recovered);
    const isAllowed = !all.some(isDecided) && mayPropose(type === 'precommit', counted, members);
    const asked = recoveredTakePart ? undefined : up.find((name) => known.get(name)?.recovered === true);
    if (isAllowed && asked === undefined) return undefined;
    const collected = [...known].map(([name, one]) => `${name} ${one.state} of attempt ${one.attempt}`).join(', ');
    const what = `proposes ${type} of ${txn} in election ${tellNumber(election)}`;
    const why = isAllowed
      ? `counts ${asked}, which has crashed since it voted`
      : `has collected ${collected} of ${members}`;
    return {
      sentence: `${nameOf(world, node)} ${what}, and ${why}`,
      facts: [factNow(world, node, what)],
    };
  };
  return always<Memory>({
    name: 'TR',
    title: 'a leader proposes what the states allow that it has collected',
    source: 'BHG 7.5; Skeen 1982; Keidar, Dolev 1998, Table 2',
    oracle: 'internal',
    messages: ['StateRequest', 'StateReport'],
    start: () => ({ standings: [], members: new Map(), led: new Map() }),
    send({ standings, led }, from, _to, message: StateRequest | StateReport, world) {
      if (message.type !== 'StateRequest') return undefined;
      const key = keyOf(message.txn, message.election);
      const own = standings[from]?.get(message.txn);
      if (led.has(key) || own === undefined) return undefined;
      const { state, attempt } = own;
      led.set(key, { node: from, known: new Map([[nameOf(world, from), { state, attempt, recovered: false }]]) });
      return undefined;
    },
    deliver({ led }, _from, to, message: StateRequest | StateReport) {
      if (message.type !== 'StateReport' || message.election < 0) return undefined;
      const one = led.get(keyOf(message.txn, message.election));
      if (one?.node === to) one.known.set(message.report.node, message.report);
      return undefined;
    },
    log(memory, node, log, change, world) {
      const record = follow(memory.standings, node, log, change);
      if (record === undefined) return undefined;
      if (isPre(record)) {
        const one = record.election === 0 ? undefined : memory.led.get(keyOf(record.txn, record.election));
        return one?.node === node ? judge(one, memory.members.get(record.txn) ?? 0, record, world) : undefined;
      }
      const members = membersIn(record);
      if (members !== undefined) memory.members.set(('age' in record ? record.age : record).txn, members);
      return undefined;
    },
    crash({ led }, node) {
      for (const [key, one] of led) if (one.node === node) led.delete(key);
      return undefined;
    },
    boot({ standings }, node, world) {
      readAgain(standings, node, world);
      return undefined;
    },
  });
}

const isDecided = ({ state }: Known): boolean => state === 'a' || state === 'c';
