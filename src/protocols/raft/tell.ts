/** Messages and operations in a few words. */
import type { Telling } from '../../check/protocol.ts';
import type {
  AppendEntries,
  AppendEntriesReply,
  ClientQueryReply,
  ClientReply,
  ServerMessage,
  ServerReply,
} from './shape.ts';
import type { StateMachine } from './state-machine.ts';

type Message = ServerMessage | ServerReply;

export function telling(machine: StateMachine): Telling {
  return {
    message: (message: Message) => tellMessage(machine, message),
    brief: (message: Message) => tellBriefly(machine, message),
    operation: (op, result) => machine.tell(op, result),
    note: tellNote,
  };
}

/** The notes that stories hang on; others are told as they are. */
function tellNote(text: string, data: NoteData): string | undefined {
  switch (text) {
    case 'becameCandidate':
      return `campaigns ${data.again ? 'again, ' : ''}in term ${data.term}`;
    case 'becameLeader':
      return `is elected leader of term ${data.term} with ${data.votes?.length} votes`;
    case 'steppedDown':
      return `steps down, in term ${data.term}`;
    case 'committed':
      return `commits up to index ${data.index}`;
    case 'truncated':
      return data.from === data.to ? `erases entry ${data.from}` : `erases entries ${data.from} to ${data.to}`;
    case 'proposalLost':
      return `has lost its proposal at index ${data.index}`;
    case 'clientRetried':
      return `asks again (#${data.sequence})`;
    case 'clientGaveUp':
      return `gives up on #${data.sequence}`;
    default:
      return undefined;
  }
}

interface NoteData {
  readonly term?: number;
  readonly index?: number;
  readonly from?: number;
  readonly to?: number;
  readonly sequence?: number;
  readonly again?: boolean;
  readonly votes?: readonly unknown[];
}

function tellMessage(machine: StateMachine, message: Message): string {
  switch (message.type) {
    case 'RequestVote':
      return `RequestVote t${message.term}, log ends ${message.lastLogIndex}@t${message.lastLogTerm}`;
    case 'RequestVoteReply':
      return `vote ${message.voteGranted ? 'granted' : 'refused'} t${message.term}`;
    case 'AppendEntries':
      return tellAppendEntries(message);
    case 'AppendEntriesReply':
      return tellAppendEntriesReply(message);
    case 'PreVote':
      return `PreVote t${message.term}, log ends ${message.lastLogIndex}@t${message.lastLogTerm}`;
    case 'PreVoteReply':
      return `PreVote ${message.voteGranted ? 'granted' : 'refused'} t${message.term}`;
    case 'Heartbeat':
      return `heartbeat t${message.term} round ${message.round}`;
    case 'HeartbeatReply':
      return `hears t${message.term} round ${message.round}`;
    case 'ReadIndex':
      return `from which index may ${message.client} read?`;
    case 'ReadIndexReply':
      return `${message.client} may read from ${message.index} on`;
    case 'ClientQuery':
      return `asks: ${machine.tell(message.query, undefined)}`;
    case 'ClientQueryReply':
      return tellQueryReply(message);
    case 'RegisterClient':
      return 'open a session';
    case 'ClientRequest':
      return `s${message.session} #${message.sequence}: ${machine.tell(message.op, undefined)}`;
    case 'ClientReply':
      return tellClientReply(message);
  }
}

/** For a timeline whose lanes are a dozen cells apart. */
function tellBriefly(machine: StateMachine, message: Message): string {
  switch (message.type) {
    case 'RequestVote':
      return `RV t${message.term}`;
    case 'RequestVoteReply':
      return `${message.voteGranted ? 'yes' : 'no'} t${message.term}`;
    case 'AppendEntries': {
      const { term, prevLogIndex, entries } = message;
      const last = prevLogIndex + entries.length;
      if (entries.length === 0) return `HB t${term}`;
      return entries.length === 1 ? `AE t${term} [${last}]` : `AE t${term} [${prevLogIndex + 1}..${last}]`;
    }
    case 'AppendEntriesReply':
      return message.success ? `ok ..${message.index}` : `no ${message.index}, try ${message.hintIndex}`;
    case 'ClientRequest':
      return machine.tell(message.op, undefined);
    case 'ClientReply':
      return message.status === 'ok' ? `ok ${JSON.stringify(message.result)}` : message.status;
    default:
      return tellMessage(machine, message);
  }
}

function tellAppendEntries({ term, prevLogIndex, entries, leaderCommit }: AppendEntries): string {
  if (entries.length === 0) return `heartbeat t${term} after ${prevLogIndex} commit ${leaderCommit}`;
  const last = prevLogIndex + entries.length;
  const range = entries.length === 1 ? `[${last}]` : `[${prevLogIndex + 1}..${last}]`;
  return `AppendEntries t${term} ${range} commit ${leaderCommit}`;
}

function tellAppendEntriesReply({ term, success, index, hintIndex, hintTerm }: AppendEntriesReply): string {
  return success ? `holds ..${index} t${term}` : `refuses ${index} t${term}, try ${hintIndex}@t${hintTerm}`;
}

function tellQueryReply({ status, result, index, leader }: ClientQueryReply): string {
  if (status === 'ok') return `${JSON.stringify(result)}, as of ${index}`;
  return leader === null ? status : `${status}, leader ${leader}`;
}

function tellClientReply({ session, sequence, status, result, leader }: ClientReply): string {
  const question = session === 0 ? 'session' : `s${session} #${sequence}`;
  if (status === 'ok') return `${question}: ${JSON.stringify(result)}`;
  const hint = leader === null ? '' : `, leader ${leader}`;
  return `${question}: ${status}${hint}`;
}
