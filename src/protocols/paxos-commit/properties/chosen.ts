/**
 * The heart of Paxos: in each instance one value is chosen, and what is decided was chosen. Read off the acceptors' disks, whatever
 * messages and states say.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { factAt, factNow, isParticipant, nameOf } from '../../atomic-commit/properties/facts.ts';
import type { TxnId } from '../../atomic-commit/transactions.ts';
import type { BallotRecord, Decision, Group, Vote } from '../shape.ts';
import { noteWriting, takeDurable, type Writings } from './ballots.ts';

/** What one ballot has said of one participant, and on whose disks that is. */
interface Accepted {
  readonly ballot: number;
  readonly participant: string;
  readonly isPrepared: boolean;
  readonly nodes: number[];
}

interface Choice {
  readonly participant: string;
  readonly isPrepared: boolean;
  readonly ballot: number;
  readonly event: number;
  readonly node: number;
}

interface Chosen {
  readonly writings: Writings;
  readonly groups: Map<TxnId, Group>;
  /** By transaction. */
  readonly accepted: Map<TxnId, Accepted[]>;
  /** By transaction: one for a participant. */
  readonly choices: Map<TxnId, Choice[]>;
  /** Transactions to which a participant has said no, which is its last word. */
  readonly refused: Set<TxnId>;
  readonly decided: Set<TxnId>;
}

export const chosen: Property = always<Chosen>({
  name: 'CHOSEN',
  title: 'in each instance one value is chosen, and only what is chosen is decided',
  source: 'Gray, Lamport 2006, 4.1, 4.2',
  oracle: 'internal',
  messages: ['Vote', 'Decision'],
  start: () => ({
    writings: [],
    groups: new Map(),
    accepted: new Map(),
    choices: new Map(),
    refused: new Set(),
    decided: new Set(),
  }),
  log(memory, node, log, change) {
    noteWriting(memory.writings, node, log, change);
    return undefined;
  },
  durable: (memory, node, world) => onDisk(memory, node, world, false),
  boot: (memory, node, world) => onDisk(memory, node, world, true),
  send(memory, from, _to, message: Vote | Decision, world) {
    if (message.type === 'Vote') {
      if (message.vote === 'no') memory.refused.add(message.txn);
      return undefined;
    }
    return memory.decided.has(message.txn) ? undefined : checkDecision(memory, from, message, world);
  },
});

function onDisk(memory: Chosen, node: number, world: World, isRestart: boolean): Finding | undefined {
  for (const record of takeDurable(memory.writings, node, world, isRestart)) {
    memory.groups.set(record.txn, record.group);
    const finding = count(memory, node, record, world);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

function count(memory: Chosen, node: number, record: BallotRecord, world: World): Finding | undefined {
  const { txn, group, accepted } = record;
  if (accepted === null) return undefined;
  const { ballot, prepared } = accepted;
  for (const participant of group.participants) {
    const isPrepared = prepared.includes(participant);
    if (ballot === 0 && !isPrepared) continue;
    const nodes = add(listOf(memory.accepted, txn), ballot, participant, isPrepared, node);
    if (2 * nodes <= group.acceptors.length) continue;
    const choices = listOf(memory.choices, txn);
    const first = choiceOf(choices, participant);
    if (first === undefined) choices.push({ participant, isPrepared, ballot, event: world.event, node });
    else if (first.isPrepared !== isPrepared) return twice(txn, participant, first, ballot, node, world);
  }
  return undefined;
}

function listOf<T>(lists: Map<TxnId, T[]>, txn: TxnId): T[] {
  let list = lists.get(txn);
  if (list === undefined) {
    list = [];
    lists.set(txn, list);
  }
  return list;
}

function choiceOf(choices: readonly Choice[], participant: string): Choice | undefined {
  for (const choice of choices) if (choice.participant === participant) return choice;
  return undefined;
}

/** On how many disks it is now. */
function add(known: Accepted[], ballot: number, participant: string, isPrepared: boolean, node: number): number {
  for (const one of known) {
    if (one.ballot !== ballot || one.isPrepared !== isPrepared || one.participant !== participant) continue;
    if (!one.nodes.includes(node)) one.nodes.push(node);
    return one.nodes.length;
  }
  known.push({ ballot, participant, isPrepared, nodes: [node] });
  return 1;
}

const word = (isPrepared: boolean): string => (isPrepared ? 'prepared' : 'aborted');

function twice(txn: TxnId, participant: string, first: Choice, ballot: number, node: number, world: World): Finding {
  const { isPrepared } = first;
  return {
    sentence: `for ${participant} in ${txn} "${word(isPrepared)}" was chosen in ballot ${first.ballot}, and "${word(!isPrepared)}" in ballot ${ballot}`,
    facts: [
      factAt(world, first.event, first.node, `completes a majority for "${word(isPrepared)}"`),
      factNow(world, node, `completes a majority for "${word(!isPrepared)}"`),
    ],
  };
}

function checkDecision(memory: Chosen, from: number, { txn, commit }: Decision, world: World): Finding | undefined {
  if (isParticipant(world, from)) return undefined;
  const group = memory.groups.get(txn);
  const known = memory.choices.get(txn) ?? [];
  const choices = group?.participants.map((participant) => choiceOf(known, participant)?.isPrepared);
  const isRight = commit
    ? choices?.every((isPrepared) => isPrepared === true) === true
    : choices?.includes(false) === true || memory.refused.has(txn);
  if (isRight) {
    memory.decided.add(txn);
    return undefined;
  }
  const what = commit ? 'commit' : 'abort';
  return {
    sentence: `${nameOf(world, from)} decides to ${what} ${txn}, and no majority has accepted what that takes`,
    facts: [factNow(world, from, `sends the decision to ${what} ${txn}`)],
  };
}
