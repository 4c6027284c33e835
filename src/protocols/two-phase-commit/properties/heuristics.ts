/** What operators decide is theirs to answer for. That nobody hides it is the protocol's. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { NodeId } from '../../../sim/protocol.ts';
import { isCommitted } from '../../atomic-commit/properties/by-hand.ts';
import {
  type AnyRecord,
  appended,
  durableRecords,
  factAt,
  factNow,
  isParticipant,
  isPrepared,
  nameOf,
  resourceOf,
} from '../../atomic-commit/properties/facts.ts';
import type { Settled } from '../../atomic-commit/resource.ts';
import { coordinatorOf, type TxnId } from '../../atomic-commit/transactions.ts';
import type { Ack, Decision } from '../shape.ts';

/** What a participant's operator has decided, and what the participant has heard of the outcome since. */
interface Guess {
  readonly event: number;
  readonly commit: boolean;
  outcome: boolean | undefined;
  /** What is said later may rest on the presumption alone. */
  isSettled: boolean;
}

interface Guesses {
  /** By transaction, and participant. */
  readonly made: Map<TxnId, Map<number, Guess>>;
  /** By transaction: participants of whose damage the coordinator has heard, and of whose it has written. */
  readonly heard: Map<TxnId, NodeId[]>;
  readonly written: Map<TxnId, NodeId[]>;
}

interface DamageRecord {
  readonly participant: NodeId;
}

interface Told {
  readonly type: string;
  readonly txn: TxnId;
}

const verb = (commit: boolean): string => (commit ? 'commit' : 'abort');

export const heuristicsTold: Property = always<Guesses>({
  name: 'HEUR',
  title:
    'where an operator has decided otherwise, and only there, the participant says so, and the coordinator has it on record before anybody forgets',
  source: 'Mohan, Lindsay, Obermarck 1986, section 5; X/Open XA, heuristic decisions',
  oracle: 'internal',
  messages: ['Ack', 'Decision'],
  start: () => ({ made: new Map(), heard: new Map(), written: new Map() }),
  send(memory, from, _to, message: Told, world) {
    return message.type === 'Ack' ? admitted(memory, from, message as Ack, world) : undefined;
  },
  deliver(memory, from, to, message: Told, world) {
    if (message.type === 'Ack') {
      if ((message as Ack).damage !== undefined) add(memory.heard, message.txn, nameOf(world, from));
      return undefined;
    }
    const guess = memory.made.size === 0 ? undefined : memory.made.get(message.txn)?.get(to);
    if (guess !== undefined && !guess.isSettled) guess.outcome = (message as Decision).commit;
    return undefined;
  },
  log(memory, node, log, change, world) {
    const record = appended(log, change);
    if (record === undefined || isPrepared(record)) return undefined;
    const { type, txn } = record;
    if (record.heuristic === true) {
      const guesses = memory.made.get(txn) ?? new Map<number, Guess>();
      memory.made.set(
        txn,
        guesses.set(node, { event: world.event, commit: type === 'commit', outcome: undefined, isSettled: false }),
      );
    } else if (type === 'damage') {
      const { participant } = record as unknown as DamageRecord;
      if (memory.written.get(txn)?.includes(participant) === true) return toldTwice(node, txn, participant, world);
      add(memory.written, txn, participant);
      return slandered(memory, node, txn, participant, world);
    } else if (type === 'end' && memory.heard.size > 0 && memory.heard.has(txn)) {
      return forgotten(memory, node, txn, memory.heard.get(txn) ?? [], world);
    } else if (type === 'settled' && isParticipant(world, node)) {
      const guess = memory.made.get(txn)?.get(node);
      if (guess === undefined) return undefined;
      guess.isSettled = true;
      if (guess.outcome === !guess.commit) return forgotten(memory, node, txn, [nameOf(world, node)], world);
      return misled(guess, node, record as unknown as Settled, world);
    }
    return undefined;
  },
  boot(memory, node, world) {
    if (memory.made.size > 0) readAgain(memory, node, world);
    return undefined;
  },
  end({ made }, world) {
    for (const [txn, guesses] of made) {
      for (const [node, guess] of guesses) {
        if (!guess.isSettled && hasForgotten(txn, node, world)) return carefree(guess, txn, node, world);
      }
    }
    return undefined;
  },
});

/** Whoever is up and free knows what it has on record. */
function hasForgotten(txn: TxnId, node: number, world: World): boolean {
  const state = world.isUp(node) ? world.stateOf(node) : undefined;
  return state !== undefined && resourceOf(state).hazards.every((hazard) => hazard.txn !== txn);
}

const carefree = (guess: Guess, txn: TxnId, node: number, world: World): Finding => ({
  sentence: `${nameOf(world, node)} does not ask any more whether its operator was right about ${txn}, and has not been told`,
  facts: [factAt(world, guess.event, node, decides(guess, txn))],
});

function misled(guess: Guess, node: number, { txn, commit }: Settled, world: World): Finding | undefined {
  if (commit === isCommitted(world, txn)) return undefined;
  return {
    sentence: `${nameOf(world, node)} believes that ${txn}, which its operator has decided, was to ${verb(commit)}, and it was not`,
    facts: [
      factAt(world, guess.event, node, decides(guess, txn)),
      factNow(world, node, `takes it for settled: ${verb(commit)}`),
    ],
  };
}

/** What a crash has taken was never decided, written or settled. */
function readAgain({ made, written }: Guesses, node: number, world: World): void {
  const records = durableRecords(world, node).filter((record): record is AnyRecord => !isPrepared(record));
  const has = (txn: TxnId, matches: (record: AnyRecord) => boolean): boolean =>
    records.some((record) => record.txn === txn && matches(record));
  for (const [txn, guesses] of made) {
    const guess = guesses.get(node);
    if (guess === undefined) continue;
    if (!has(txn, ({ heuristic }) => heuristic === true)) guesses.delete(node);
    else guess.isSettled = has(txn, ({ type }) => type === 'settled');
  }
  for (const [txn, names] of written) {
    if (coordinatorOf(txn) !== world.nodes[node]) continue;
    const isWritten =
      (name: NodeId) =>
      (record: AnyRecord): boolean =>
        record.type === 'damage' && (record as unknown as DamageRecord).participant === name;
    written.set(
      txn,
      names.filter((name) => has(txn, isWritten(name))),
    );
  }
}

const toldTwice = (node: number, txn: TxnId, name: NodeId, world: World): Finding => ({
  sentence: `${nameOf(world, node)} has damage of ${txn} at ${name} on record and does not know it: questions are answered by the presumption`,
  facts: [factNow(world, node, `records damage of ${txn} at ${name} again`)],
});

function slandered({ made }: Guesses, node: number, txn: TxnId, name: NodeId, world: World): Finding | undefined {
  const guess = made.get(txn)?.get(world.nodes.indexOf(name));
  if (guess === undefined || guess.commit !== isCommitted(world, txn)) return undefined;
  return {
    sentence: `${nameOf(world, node)} records that the operator at ${name} has decided otherwise about ${txn}, though he was right`,
    facts: [
      factAt(world, guess.event, world.nodes.indexOf(name), decides(guess, txn)),
      factNow(world, node, `records damage of ${txn} at ${name}`),
    ],
  };
}

function admitted(memory: Guesses, node: number, { txn, damage }: Ack, world: World): Finding | undefined {
  const guess = memory.made.size === 0 ? undefined : memory.made.get(txn)?.get(node);
  if (guess === undefined || damage !== undefined) return undefined;
  const name = nameOf(world, node);
  if (!isSettledOnDisk(txn, node, world)) {
    return {
      sentence: `${name} acknowledges ${txn}, and a crash would make it ask again what is forgotten then`,
      facts: [
        factAt(world, guess.event, node, decides(guess, txn)),
        factNow(world, node, 'acknowledges the outcome before it has on disk that it knows it'),
      ],
    };
  }
  if (guess.outcome !== !guess.commit) return undefined;
  // What has been told and written down may be acknowledged like anything else.
  if (memory.written.get(txn)?.includes(name) === true) return undefined;
  return {
    sentence: `${name} acknowledges the ${verb(!guess.commit)} of ${txn} and hides that its operator has decided to ${verb(guess.commit)}`,
    facts: [
      factAt(world, guess.event, node, decides(guess, txn)),
      factNow(world, node, `acknowledges the ${verb(!guess.commit)} of ${txn} as if it had carried it out`),
    ],
  };
}

const isSettledOnDisk = (txn: TxnId, node: number, world: World): boolean =>
  durableRecords(world, node).some((record) => record.type === 'settled' && 'txn' in record && record.txn === txn);

const decides = ({ commit }: Guess, txn: TxnId): string => `its operator decides to ${verb(commit)} ${txn}`;

function forgotten(
  { written }: Guesses,
  node: number,
  txn: TxnId,
  at: readonly NodeId[],
  world: World,
): Finding | undefined {
  const missing = at.filter((one) => written.get(txn)?.includes(one) !== true);
  if (missing.length === 0) return undefined;
  return {
    sentence: `${nameOf(world, node)} is done with ${txn}, and the coordinator has no record that operators decided otherwise at ${missing.join(' and ')}`,
    facts: [factNow(world, node, `forgets that ${txn} was decided by hand at ${missing.join(' and ')}`)],
  };
}

function add(lists: Map<TxnId, NodeId[]>, txn: TxnId, name: NodeId): void {
  const list = lists.get(txn);
  if (list === undefined) lists.set(txn, [name]);
  else if (!list.includes(name)) list.push(name);
}
