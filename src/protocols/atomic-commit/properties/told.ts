/** What a client is told was not done is not done. */
import { always, type Property } from '../../../check/property.ts';
import type { Operation } from '../../../sim/history.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { entryOf, type Ledger, newLedger, setEntry } from '../ledger.ts';
import type { Origin } from '../transactions.ts';
import type { ClientResult } from '../workload.ts';
import { appended, factAt, factNow, isPrepared } from './facts.ts';

interface Moment {
  readonly event: number;
  readonly node: number;
  readonly what: string;
}

interface Told {
  /** Whose request a transaction carries out. */
  readonly origins: Ledger<Origin>;
  /** By process, by number of the request: that somebody has committed it, or that its client was told it was not. */
  readonly committed: Map<string, (Moment | undefined)[]>;
  readonly denied: Map<string, (Moment | undefined)[]>;
  /** By process: how many of its operations have ended. */
  readonly ended: Map<string, number>;
}

/** Participants commit what is decided, and that is final. A client that has given up knows nothing, and may find it done. */
export const deniedUndone: Property = always<Told>({
  name: 'DENY',
  title: 'what a client was told has come to nothing is carried out by nobody, neither before nor later',
  source: 'BHG 7.3, AC2',
  oracle: 'internal',
  start: () => ({ origins: newLedger(), committed: new Map(), denied: new Map(), ended: new Map() }),
  log({ origins, committed, denied }, node, log, change, world) {
    const record = appended(log, change);
    if (record === undefined) return undefined;
    if (isPrepared(record)) setEntry(origins, record.age.txn, record.origin);
    if (isPrepared(record) || record.type !== 'commit' || record.heuristic || world.roleOf(node) !== 'participant')
      return undefined;
    const origin = entryOf(origins, record.txn);
    if (origin === undefined) return undefined;
    note(committed, origin, { event: world.event, node, what: `commits ${record.txn}` });
    return contradiction(denied, committed, origin, world);
  },
  returned({ committed, denied, ended }, operation, world) {
    const { process } = operation;
    const sequence = (ended.get(process) ?? 0) + 1;
    ended.set(process, sequence);
    if (!saysNothingWasDone(operation)) return undefined;
    const [client = ''] = process.split('/');
    const node = world.nodes.indexOf(client);
    note(denied, { process, sequence }, { event: world.event, node, what: 'is told that nothing was done' });
    return contradiction(denied, committed, { process, sequence }, world);
  },
});

const saysNothingWasDone = ({ outcome, output }: Operation): boolean =>
  outcome === 'fail' || (outcome === 'ok' && (output as ClientResult | undefined)?.overdrawn === true);

function note(of: Told['committed'], { process, sequence }: Origin, moment: Moment): void {
  const moments = of.get(process) ?? [];
  of.set(process, moments);
  moments[sequence] ??= moment;
}

function contradiction(
  denied: Told['denied'],
  committed: Told['committed'],
  { process, sequence }: Origin,
  world: World,
): Finding | undefined {
  const no = denied.get(process)?.[sequence];
  const yes = committed.get(process)?.[sequence];
  if (no === undefined || yes === undefined) return undefined;
  const last = no.event > yes.event ? no : yes;
  const first = last === no ? yes : no;
  return {
    sentence: `the request ${process} #${sequence} was carried out, and its client was told that it was not`,
    facts: [factAt(world, first.event, first.node, first.what), factNow(world, last.node, last.what)],
  };
}
