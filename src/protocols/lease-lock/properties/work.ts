/** What a client is told of its work is so. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { isGuardedByDelay } from '../guard.ts';
import type { DoneRecord, Work, WorkResult, Written } from '../shape.ts';
import { fact, type Moment, momentOf, nameOf } from './facts.ts';

interface Memory {
  /** By client: its acquisition. */
  readonly ids: Map<string, number>;
  /** By acquisition: the last of its writes that the resource has done, and has acknowledged. */
  readonly wrote: Map<number, Moment & { readonly step: number }>;
  readonly acknowledged: Map<number, Moment & { readonly step: number; readonly by: string }>;
}

/** DONE. Writes come one after the other, so the last one says it for all. */
export const workDone: Property = always<Memory>({
  name: 'DONE',
  title:
    'a write that the resource acknowledges is on its disk, and is not done again; a call that is answered has done as many as it says',
  source: 'Lampson and Sturgis 1979: what is acknowledged is stable',
  oracle: 'internal',
  messages: ['Written'],
  start: () => ({ ids: new Map(), wrote: new Map(), acknowledged: new Map() }),
  note({ ids, wrote }, node, text, data, world) {
    if (text === 'wrote') return doneAgain(wrote, node, data as unknown as Wrote, world);
    if (text === 'believes') ids.set(nameOf(world, node), (data as { readonly id: number }).id);
    return undefined;
  },
  send({ acknowledged }, from, to, { id, step, ok }: Omit<Written, 'ok'> & Partial<Written>, world) {
    if (ok === false) return undefined;
    const by = nameOf(world, from);
    if ((acknowledged.get(id)?.step ?? 0) < step) acknowledged.set(id, { step, by, ...momentOf(world) });
    if (!isForgettable(from, to, id, step, world)) return undefined;
    return `${by} acknowledges write ${step} of ${nameOf(world, to)} (a${id}), which is not on its disk`;
  },
  returned({ ids, acknowledged }, { process, input, output, outcome }, world): Finding | undefined {
    if (outcome !== 'ok') return undefined;
    const [client = ''] = process.split('/');
    const { written, lost } = output as unknown as WorkResult;
    const { writes } = input as unknown as Work;
    const last = acknowledged.get(ids.get(client) ?? 0);
    const done = written === 0 ? 0 : (last?.step ?? 0);
    if (written <= done && (lost || written === writes)) return undefined;
    const facts = last === undefined ? [] : [fact(last, last.by, `acknowledges write ${last.step}`)];
    const claim = lost ? '' : ` of ${writes}, and that the lock was not lost`;
    return {
      sentence: `${client} answers that it has done ${written} writes${claim}; ${done} were acknowledged`,
      facts: [...facts, fact(momentOf(world), client, 'answers')],
    };
  },
});

interface Wrote {
  readonly id: number;
  readonly step: number;
  readonly token?: number;
}

/** A resource without tokens remembers nothing: whatever comes it does. */
function doneAgain(
  wrote: Memory['wrote'],
  node: number,
  { id, step, token }: Wrote,
  world: World,
): Finding | undefined {
  if (token === undefined) return undefined;
  const before = wrote.get(id);
  const now = { step, ...momentOf(world) };
  wrote.set(id, now);
  if (before === undefined || before.step < step) return undefined;
  const name = nameOf(world, node);
  return {
    sentence: `${name} does write ${step} of a${id}, and has done write ${before.step} before`,
    facts: [fact(before, name, `does write ${before.step} of a${id}`), fact(now, name, `does write ${step}`)],
  };
}

/** Where it compares tokens FENCE says what it must remember. */
function isForgettable(resource: number, client: number, id: number, step: number, world: World): boolean {
  if (!isGuardedByDelay(world.optionsOf(resource))) return false;
  const last = (world.diskOf(resource).durableRecord('done') as DoneRecord | undefined)?.[nameOf(world, client)];
  return last === undefined || last.id !== id || last.step < step;
}
