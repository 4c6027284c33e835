/** Messages in a few words: those of the lock, and those of the Raft below it. */
import type { Telling } from '../../../check/protocol.ts';
import { raftTelling } from '../../raft/raft.ts';
import { telling as lockTelling } from '../tell.ts';
import { commands } from './commands.ts';

const raft = raftTelling(commands);

export const telling: Telling = {
  ...lockTelling,
  message: (message) => lockTelling.message?.(message) ?? raft.message?.(message) ?? '',
  brief: (message) => raft.brief?.(message) ?? lockTelling.message?.(message) ?? '',
  note: (text, data) => lockTelling.note?.(text, data) ?? raft.note?.(text, data),
};
