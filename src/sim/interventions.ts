/**
 * What a what-if branch does differently. The run is that of its plan up to and with one event; then something else happens next,
 * whatever is due. Plans with interventions are made from pending actions of a run that was looked at (scheduler.ts), and hold as long
 * as their beginning is the same run.
 */
import type { OperationInput } from './config.ts';
import type { Core } from './core.ts';
import { CALL, DELIVER, eventAt, QueuedEvent } from './event.ts';
import type { Kernel } from './kernel.ts';
import type { Micros, NodeId } from './protocol.ts';

/** `after`: ordinal of the event it follows. Several after one event happen in the order of the list. */
export type Intervention = { readonly after: number } & (
  | /** A pending action, by its id: `deliver:m57`, `drop:m57`, `timer:n3/election`, `fault:2`, ... */ {
      readonly perform: string;
    }
  | /** A message on its way takes longer, by that much. */ { readonly delay: string; readonly by: Micros }
  | /** A message on its way arrives once more, at once. */ { readonly copy: string }
  | /** A client that waits for nothing asks. */ {
      readonly call: { readonly client: NodeId; readonly op: OperationInput };
    }
);

/** An intervention that its run gives no occasion for. */
export class InterventionError extends Error {
  override readonly name = 'InterventionError';
}

/** The interventions of one run, in order. */
export class Interventions {
  private readonly list: readonly Intervention[];
  private next = 0;

  constructor(list: readonly Intervention[] = []) {
    this.list = [...list].sort((a, b) => a.after - b.after);
  }

  get areLeft(): boolean {
    return this.next < this.list.length;
  }

  /** The next one, where its time has come. */
  take(event: number): Intervention | undefined {
    const next = this.list[this.next];
    if (next === undefined || next.after > event) return undefined;
    this.next++;
    return next;
  }

  save(): number {
    return this.next;
  }

  load(next: number): void {
    this.next = next;
  }
}

/** Everything but pending actions. */
export function intervene(kernel: Kernel, intervention: Exclude<Intervention, { readonly perform: string }>): void {
  if ('call' in intervention) ask(kernel, intervention.call);
  else if ('copy' in intervention) copy(kernel.core, intervention.copy);
  else delay(kernel.core, intervention.delay, intervention.by);
}

function ask(
  { core, calls, reception }: Kernel,
  { client, op }: { readonly client: NodeId; readonly op: OperationInput },
): void {
  const node = core.nodes[core.indexes.get(client) ?? -1];
  if (node === undefined) throw new InterventionError(`there is no client ${client}`);
  if (node.status !== 'running') throw new InterventionError(`${client} is not running`);
  if (!calls.urge(client, op)) throw new InterventionError(`${client} waits for an answer already`);
  reception.dispatch(eventAt(CALL, node.index, 0, undefined, node.incarnation, core.event));
}

function delay(core: Core, name: string, by: Micros): void {
  const found = onItsWay(core, name);
  core.queue.extract((event) => event === found.event);
  core.queue.push(found.time + by, found.event);
}

function copy(core: Core, name: string): void {
  const { node, part, from, payload, id, bits, cause, sentAt, type } = onItsWay(core, name).event;
  core.queue.push(core.now, new QueuedEvent(DELIVER, node, part, from, payload, id, bits, cause, sentAt, 1, type));
}

/** The message called `m57`, or its copy `m57'`. */
function onItsWay({ queue }: Core, name: string): { readonly event: QueuedEvent; readonly time: Micros } {
  const found = queue
    .entries()
    .find(({ payload: { kind, id, copy: number } }) => kind === DELIVER && `m${id}${number === 0 ? '' : "'"}` === name);
  if (found === undefined) throw new InterventionError(`no message ${name} is on its way`);
  return { event: found.payload, time: found.time };
}
