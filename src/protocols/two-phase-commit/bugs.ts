/**
 * The bug zoo: published bugs, each as another function in the place of one or a few rules. Ids are those of the project's catalogue;
 * sources are papers and books, or threads as `owner/repository#number`.
 */
import type { Bug } from '../../check/protocol.ts';
import { correctRules, type Rules } from './rules.ts';

interface PlantedBug extends Omit<Bug, 'protocol'> {
  readonly overrides: Partial<Rules>;
}

const coordinators: readonly PlantedBug[] = [
  {
    id: 'T01',
    title: 'COMMIT leaves before the decision is on disk',
    violates: ['WAL', 'AC1', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'BHG 7.4; MartinKalema/horizontal-scaling-convex#101',
    recipe: 'the coordinator loses what it has not synced after the first COMMIT',
    overrides: {
      announce(to, decision, force, context) {
        for (const node of to) context.send(node, decision);
        if (force) context.disk.sync();
      },
    },
  },
  {
    id: 'T05a',
    title: 'a vote that is missing when the time is up counts as a yes',
    violates: ['AC3', 'AC1'],
    source: 'textbook',
    recipe: 'a NO vote or a request to prepare is lost',
    overrides: { whenVotesAreMissing: () => 'commit' },
  },
  {
    id: 'T05b',
    title: 'votes are counted by message, not by participant',
    violates: ['AC3', 'AC1', 'liveness'],
    source: 'textbook',
    recipe: 'the network duplicates one yes and loses a no',
    overrides: {
      countVote(voters, voter) {
        voters.push(voter);
      },
    },
  },
  {
    id: 'T06',
    title: 'presumed abort: a commit is forgotten after the first acknowledgement',
    violates: ['PRES', 'WAL', 'AC1', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'jbosstm/narayana#821 (JBTM-2356)',
    recipe: 'a participant crashes before COMMIT reaches it, and asks when it is back',
    overrides: { mayForget: (_awaited, acknowledged) => acknowledged > 0 },
  },
  {
    id: 'T07',
    title: 'presumed commit: the participants are not on disk before they are asked to prepare',
    violates: ['WAL', 'AC1', 'AC3'],
    source: 'Mohan, Lindsay, Obermarck 1986',
    recipe: 'the coordinator loses what it has not synced while votes come in; a participant asks',
    overrides: { forcesCollecting: () => false },
  },
  {
    id: 'T12',
    title: 'participants are asked to prepare as soon as their own work is done, and those that only read leave',
    violates: ['SER', 'CONS', 'ISO', 'DLF'],
    source: 'Mohan, Lindsay, Obermarck 1986',
    recipe: 'a transaction reads here and still waits for a lock there [needs read-only votes]',
    overrides: { toPrepareNow: (_work, executedNow) => [executedNow] },
  },
  {
    id: 'T14a',
    title: 'wait-die: a transaction that is tried again is taken for a young one',
    violates: ['DLF'],
    source: 'Rosenkrantz, Stearns, Lewis 1978; dslabs lab 4',
    recipe: 'one key that everybody wants [needs wait-die]',
    overrides: { ageOfNextAttempt: (_first, now) => now },
  },
  {
    id: 'T20',
    title: 'the coordinator keeps no record of where an operator has decided otherwise',
    violates: ['HEUR', 'WAL'],
    source: 'Mohan, Lindsay, Obermarck 1986, section 5',
    recipe: 'an operator decides for a participant in doubt, and wrongly; the outcome reaches it',
    overrides: { recordsDamage: () => false },
  },
  {
    id: 'T18',
    title: 'a vote that comes after the time-out completes the ballot: both branches run',
    violates: ['HEUR', 'AC1', 'AC2', 'AC3'],
    source: 'textbook',
    recipe: 'the last yes arrives just after the time-out [off: presumed abort]',
    overrides: { readsVoteIn: () => true },
  },
];

const participants: readonly PlantedBug[] = [
  {
    id: 'T02',
    title: 'the yes leaves before the promise is on disk',
    violates: ['WAL', 'AC3', 'AC1', 'DUR', 'ONCE', 'CONS', 'SER', 'ISO'],
    source: 'MySQL bug 75204',
    recipe: 'a participant loses what it has not synced after its vote',
    overrides: {
      sendVote(coordinator, vote, context) {
        context.send(coordinator, vote);
        if (vote.vote === 'yes') context.disk.sync();
      },
    },
  },
  {
    id: 'T03a',
    title: 'a participant in doubt aborts when it has waited long enough',
    violates: ['AC1', 'AC2', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'BHG 7.4',
    recipe: 'COMMIT is late',
    overrides: { whenInDoubt: () => 'abort' },
  },
  {
    id: 'T03b',
    title: 'a participant in doubt commits when it has waited long enough',
    violates: ['ONCE', 'DENY', 'AC1', 'AC2', 'AC3', 'CONS', 'SER', 'ISO'],
    source: 'BHG 7.4',
    recipe: 'one participant votes no, and ABORT is late',
    overrides: { whenInDoubt: () => 'commit' },
  },
  {
    id: 'T08',
    title: 'recovery does not take the locks of transactions in doubt again',
    violates: ['2PL', 'SER', 'CONS', 'ISO'],
    source: 'BHG 7.4',
    recipe: 'a prepared participant restarts; another transaction on its keys comes before the decision',
    overrides: { locksAgainAtRecovery: () => [] },
  },
  {
    id: 'T09',
    title: 'locks are given up with the vote',
    violates: ['2PL', 'SER', 'CONS', 'ISO'],
    source: 'textbook',
    recipe: 'a slow second phase',
    overrides: { keepsLocksAfterVote: () => false },
  },
  {
    id: 'T10',
    title: 'a participant in doubt answers ABORT to another that asks',
    violates: ['WAL', 'AC1', 'CONS', 'SER', 'DUR', 'ISO'],
    source: 'BHG 7.4',
    recipe: 'one participant has got COMMIT, two are in doubt [needs cooperative termination]',
    overrides: {
      answerToPeer: (phase) => (phase === 'prepared' ? 'say abort' : correctRules.answerToPeer(phase)),
    },
  },
  {
    id: 'T11',
    title: 'a participant that has not voted answers ABORT, keeps no record of that, and votes yes',
    violates: ['HEUR', 'WAL', 'AC1', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'BHG 7.4',
    recipe: 'the request to prepare is late for one, and another asks it first [needs cooperative termination]',
    overrides: {
      answerToPeer: (phase) => (phase === 'prepared' || phase === undefined ? 'nothing' : 'say abort'),
    },
  },
  {
    id: 'T13',
    title: 'a COMMIT that comes twice is carried out twice',
    violates: ['ONCE', 'CONS', 'SER', 'ISO'],
    source: 'textbook',
    recipe: 'an acknowledgement is lost and the decision repeated',
    overrides: { isRepetition: () => false },
  },
  {
    id: 'T14b',
    title: 'whoever is in whose way: everybody waits, for ever',
    violates: ['DLF'],
    source: 'dslabs lab 4',
    recipe: 'two transfers in opposite directions [off: lock time-outs]',
    overrides: { whenBlocked: () => 'wait' },
  },
  {
    id: 'T19',
    title: 'a participant for which an operator has decided acknowledges the outcome, whatever it is',
    violates: ['HEUR', 'PRES'],
    source: 'X/Open XA, heuristic decisions',
    recipe: 'an operator decides for a participant in doubt, and wrongly; the outcome reaches it',
    overrides: { isDamage: () => false },
  },
  {
    id: 'T16',
    title: 'transactions that are in doubt are rolled back with the session of the coordinator that has restarted',
    violates: ['WAL', 'AC3', 'AC1', 'AC2', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'MySQL bug 12161',
    recipe: 'the coordinator restarts between the votes and COMMIT',
    overrides: { endsWithSession: () => true },
  },
];

export const plantedBugs: readonly PlantedBug[] = [...coordinators, ...participants];
