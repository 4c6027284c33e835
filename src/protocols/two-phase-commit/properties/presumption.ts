/** What "no record" means: acknowledgements and records are those that the presumption asks for, none too many and none too few. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { NodeId } from '../../../sim/protocol.ts';
import { entryMadeAt, entryOf, type Ledger, newLedger, setEntry } from '../../atomic-commit/ledger.ts';
import { withLast } from '../../atomic-commit/lists.ts';
import {
  appended,
  durableRecords,
  factNow,
  isParticipant,
  isPrepared,
  nameOf,
} from '../../atomic-commit/properties/facts.ts';
import type { TxnId } from '../../atomic-commit/transactions.ts';
import type { Ack, Presumption, TwoPhaseOptions } from '../shape.ts';

interface Acknowledged {
  readonly of: Ledger<Acks>;
  /** By participant: what it has written to be committed. */
  readonly committed: Ledger<true>[];
}

/** Of one transaction: who was to learn of the decision, and who has acknowledged it. */
interface Acks {
  told: readonly NodeId[];
  by: readonly NodeId[];
}

const NOBODY: readonly NodeId[] = [];

const newAcks = (): Acks => ({ told: NOBODY, by: NOBODY });
const acksOf = ({ of }: Acknowledged, txn: TxnId): Acks => entryMadeAt(of, txn, newAcks);

/** Commits are acknowledged unless presumed, aborts unless presumed. */
const needsAck = (presumption: Presumption, commit: boolean): boolean =>
  presumption === 'nothing' || commit !== (presumption === 'commit');

const presumptionOf = (world: World, node: number): Presumption =>
  (world.optionsOf(node) as TwoPhaseOptions).presumption;

export const presumptionKept: Property = always<Acknowledged>({
  name: 'PRES',
  title:
    'what is presumed is neither recorded nor acknowledged, and what is not is forgotten by nobody before all have acknowledged it',
  source: 'Mohan, Lindsay, Obermarck 1986',
  oracle: 'internal',
  messages: ['Ack'],
  start: () => ({ of: newLedger(), committed: [] }),
  send(memory, from, _to, { txn, damage }: Ack, world) {
    const acks = acksOf(memory, txn);
    const name = nameOf(world, from);
    if (acks.by.includes(name)) return undefined;
    acks.by = withLast(acks.by, name);
    // Who asks what became of it, and hears that an operator was wrong, says so whatever is presumed.
    if (damage !== undefined) return undefined;
    const commit = hasCommitted(memory, from, txn);
    if (needsAck(presumptionOf(world, from), commit)) return undefined;
    return {
      sentence: `${name} acknowledges the ${commit ? 'commit' : 'abort'} of ${txn}, which is presumed`,
      facts: [factNow(world, from, `acknowledges ${txn} under presumed ${presumptionOf(world, from)}`)],
    };
  },
  log(memory, node, log, change, world) {
    const record = appended(log, change);
    if (record === undefined || isPrepared(record)) return undefined;
    if (isParticipant(world, node)) {
      while (memory.committed.length <= node) memory.committed.push(newLedger());
      if (record.type === 'commit') setEntry(memory.committed[node] as Ledger<true>, record.txn, true);
      return undefined;
    }
    const presumption = presumptionOf(world, node);
    const { type, txn, participants = NOBODY } = record;
    if (type === 'commit' || type === 'abort') acksOf(memory, txn).told = participants;
    if ((type === 'collecting' && presumption !== 'commit') || (type === 'abort' && presumption === 'abort')) {
      return {
        sentence: `${nameOf(world, node)} records ${type} of ${txn}, though presumed ${presumption} needs no such record`,
      };
    }
    return type === 'end' ? checkEnd(memory, node, txn, world) : undefined;
  },
  boot({ committed }, node, world) {
    // An operator's decision that a crash has taken may not come again.
    if (committed[node] !== undefined) committed[node] = ledgerOf(commitsOn(world, node));
    return undefined;
  },
});

function hasCommitted({ committed }: Acknowledged, node: number, txn: TxnId): boolean {
  const own = committed[node];
  return own !== undefined && entryOf(own, txn) === true;
}

function ledgerOf(txns: readonly TxnId[]): Ledger<true> {
  const ledger = newLedger<true>();
  for (const txn of txns) setEntry(ledger, txn, true);
  return ledger;
}

const commitsOn = (world: World, node: number): readonly TxnId[] =>
  durableRecords(world, node).flatMap((record) =>
    !isPrepared(record) && record.type === 'commit' ? [record.txn] : [],
  );

function checkEnd(memory: Acknowledged, node: number, txn: TxnId, world: World): Finding | undefined {
  const { told, by } = acksOf(memory, txn);
  const missing = told.filter((one) => !by.includes(one));
  if (missing.length === 0) return undefined;
  return {
    sentence: `${nameOf(world, node)} forgets ${txn}, which ${missing.join(' and ')} may yet ask about`,
    facts: [factNow(world, node, `writes END of ${txn}; no acknowledgement of ${missing.join(' and ')} was ever sent`)],
  };
}
