/** For hosts that execute the commands themselves (hosts.ts): Raft puts them in order, and that is all. */
import type { Json } from '../../../sim/plain.ts';
import type { Tagged } from '../../../sim/protocol.ts';
import type { StateMachine } from '../state-machine.ts';

/** @param tell a command of the host in a few words. */
export const orderedCommands = (tell: (command: Tagged) => string): StateMachine => ({
  name: 'ordered commands',
  operations: [],
  start: () => ({}),
  apply: (): Json => null,
  digest: () => 0,
  answerRegardless: () => undefined,
  tell,
});
