/** The commands of replicas, as Raft sees them: something to put in order. */
import { orderedCommands, type StateMachine } from '../../raft/raft.ts';
import type { Command } from './machine.ts';

type Question = { readonly type: string; readonly id?: number; readonly attempt?: number };

export const commands: StateMachine = orderedCommands((command) => tell(command as Command<Question>));

function tell(command: Command<Question>): string {
  if (command.type === 'expire') {
    return command.id < 0 ? `the lock-delay after token ${-command.id} is over` : `the lease of a${command.id} is over`;
  }
  const { type, id, attempt } = command.message;
  const name = id === undefined ? '' : ` a${id}${attempt === undefined ? '' : `.${attempt}`}`;
  return `${type}${name} of ${command.client}`;
}
