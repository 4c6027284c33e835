/**
 * What a server may believe of its disk when it boots. Figure 2 presumes that term, vote and log are on stable storage: a server that
 * cannot read what it has promised must not take part, since it would vote twice or forget what a quorum counts on.
 */
import type { Entry, Hard, ServerContext } from './shape.ts';

export interface Recovered {
  readonly hard: Hard | undefined;
  readonly entries: readonly Entry[];
}

const NOTHING: Recovered = { hard: undefined, entries: [] };

/**
 * Term, vote and log as they survived. Where they cannot be read the server stops: only an operator can say that its state is lost and
 * that it must come back as another member.
 */
export function recover(context: ServerContext): Recovered {
  const hard = context.disk.read('hard');
  if (!hard.ok) return stop(context, `term and vote cannot be read (${hard.error})`);
  const entries = recoverLog(context);
  return entries === undefined ? NOTHING : { hard: hard.value, entries };
}

/**
 * An entry that was being written when the server crashed was never synced, so nobody was told of it: it goes (as etcd's WAL cuts a torn
 * record, wal/repair.go). Any other entry that cannot be read may have been acknowledged; what lies behind it too. To cut the log there
 * would be to forget (FAST'18 "Protocol-Aware Recovery for Consensus-Based Storage", section 3.3).
 */
function recoverLog(context: ServerContext): readonly Entry[] | undefined {
  const log = context.disk.readLog('log');
  if (log.ok) return log.value.entries;
  if (log.error !== 'torn') {
    stop(context, `entry ${log.index} of the log cannot be read (${log.error})`);
    return undefined;
  }
  context.note('cutTornEntry', { index: log.index });
  context.disk.truncateFrom('log', log.index);
  context.disk.sync();
  return log.before.entries;
}

function stop(context: ServerContext, why: string): Recovered {
  context.halt(why);
  return NOTHING;
}
