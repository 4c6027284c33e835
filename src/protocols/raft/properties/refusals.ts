/** Servers say no to each other only where Figure 2 tells them to. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { AppendEntries, AppendEntriesReply, RequestVote, RequestVoteReply } from '../shape.ts';
import { durableHard, factNow, isBehind, nameOf, termOf, writtenEnd, writtenLog } from './facts.ts';

type Asked = RequestVote | AppendEntries;

/** By node: what it has been asked last. */
interface Memory {
  readonly by: number[];
  readonly what: (Asked | undefined)[];
}

/** Whoever is refused without need asks again, and mostly gets there in the end: nothing but time is lost, and nobody sees it. */
export const refusalsHaveReasons: Property = always<Memory>({
  name: 'NO',
  title:
    'a vote is refused only where the term is over, the vote is given away or the log less up to date; entries only where the term is over or the log differs',
  source: 'Figure 2: RequestVote 1, 2; AppendEntries 1, 2',
  oracle: 'internal',
  role: 'server',
  messages: ['RequestVote', 'RequestVoteReply', 'AppendEntries', 'AppendEntriesReply'],
  start: () => ({ by: [], what: [] }),
  boot(memory, node) {
    memory.what[node] = undefined;
    return undefined;
  },
  deliver(memory, from, to, message: Asked | RequestVoteReply | AppendEntriesReply) {
    if (message.type !== 'RequestVote' && message.type !== 'AppendEntries') return undefined;
    memory.by[to] = from;
    memory.what[to] = message;
    return undefined;
  },
  send(memory, from, to, message: Asked | RequestVoteReply | AppendEntriesReply, world) {
    const asked = memory.what[from];
    // A term that is over is a reason.
    if (asked === undefined || memory.by[from] !== to || message.term !== asked.term) return undefined;
    if (message.type === 'RequestVoteReply' && asked.type === 'RequestVote' && !message.voteGranted)
      return judgeVote(asked, from, to, world);
    if (message.type === 'AppendEntriesReply' && asked.type === 'AppendEntries' && !message.success)
      return judgeEntries(asked, from, to, world);
    return undefined;
  },
});

/** A refusal leaves when what it says is on disk. */
function judgeVote(
  { term, lastLogIndex, lastLogTerm }: RequestVote,
  voter: number,
  candidate: number,
  world: World,
): Finding | undefined {
  const { term: own, votedFor } = durableHard(world, voter);
  const name = nameOf(world, candidate);
  if (own !== term || (votedFor !== null && votedFor !== name)) return undefined;
  const end = writtenEnd(world, voter);
  if (isBehind({ index: lastLogIndex, term: lastLogTerm }, end)) return undefined;
  const given = votedFor === null ? 'is free' : 'is given to that very one';
  return {
    sentence: `${nameOf(world, voter)} refuses ${name} its vote in term ${term}, which ${given}; its own log ends at index ${end.index} of term ${end.term}, the other's at index ${lastLogIndex} of term ${lastLogTerm}`,
    facts: [factNow(world, voter, `refuses its vote in term ${term}`)],
  };
}

function judgeEntries(
  { term, prevLogIndex: index, prevLogTerm }: AppendEntries,
  follower: number,
  leader: number,
  world: World,
): Finding | undefined {
  if (termOf(writtenLog(world, follower), index) !== prevLogTerm) return undefined;
  return {
    sentence: `${nameOf(world, follower)} refuses entries of ${nameOf(world, leader)} in term ${term}, although its log has index ${index} of term ${prevLogTerm}, which they follow`,
    facts: [factNow(world, follower, `refuses entries after index ${index} of term ${prevLogTerm}`)],
  };
}
