/**
 * The workload: feeds calls to client nodes, one outstanding each, and writes the history of what was asked and answered.
 * A retry by the client's own code belongs to the same operation. Giving up is an unknown outcome: the operation may still happen, so
 * the logical client (`process`) is retired and the next call comes under a new one.
 */
import {
  type ArgumentSpec,
  CALM_PATIENCE,
  type Call,
  type Calm,
  type OperationInput,
  type OperationSpec,
  type WorkloadStream,
} from './config.ts';
import { hashOnce } from './digest.ts';
import type { Operation, Outcome } from './history.ts';
import type { Json } from './plain.ts';
import type { Micros, NodeId, Request } from './protocol.ts';
import { derive, Stream, type StreamState, scale } from './random.ts';

interface MutableOperation {
  process: string;
  input: Json;
  output?: Json;
  outcome: Outcome;
  called: number;
  returned: number;
  calledAt: Micros;
  returnedAt?: Micros;
  calledEvent: number;
  returnedEvent?: number;
}

interface Client {
  readonly id: NodeId;
  /** Listed calls in order of time; a stream makes its calls one by one. */
  calls: readonly Call[];
  next: number;
  /** In the calm: the time from one attempt at a call to the next, which doubles to a point, and when the next may be made. */
  patience: Micros;
  patienceMax: Micros;
  notBefore: Micros;
  /** Requests up to this one are from before the calm. */
  askedBefore: number;
  processes: number;
  sequence: number;
  /** Request id of the outstanding operation; 0 when there is none. */
  outstanding: number;
  streamNextAt: Micros;
  /** Its place among the clients of the stream; -1 for none. */
  readonly place: number;
  /** Draws of its own, so that nothing another client does or suffers changes what this one asks. */
  stream: Stream | undefined;
  uniques: number;
}

/** An operation's arguments, as lists: walking over an object's entries for each call allocates most of what a call allocates. */
interface Arguments {
  readonly names: readonly string[];
  readonly values: readonly ArgumentSpec[];
}

/** The same string each time: V8 looks properties up by strings it knows much faster than by new ones. */
const keyNames: string[] = [];
function keyName(number: number): string {
  while (keyNames.length < number && keyNames.length < 1_000) keyNames.push(`k${keyNames.length + 1}`);
  return keyNames[number - 1] ?? `k${number}`;
}

export class Workload {
  private readonly clients = new Map<NodeId, Client>();
  private readonly streamSpec: WorkloadStream | undefined;
  private readonly seed: string;
  /** Of all operations of the stream together. */
  private readonly weights: number;
  private readonly argumentsOf = new Map<OperationSpec, Arguments>();
  private operations: MutableOperation[] = [];
  /** Position in the history: one number for each call and each return. */
  private position = 0;
  private counts = { ok: 0, fail: 0, unknown: 0 };

  constructor(calls: readonly Call[], stream: WorkloadStream | undefined, seed: string) {
    this.seed = seed;
    this.streamSpec = stream;
    this.weights = stream?.operations.reduce((sum, { weight = 1 }) => sum + weight, 0) ?? 0;
    for (const operation of stream?.operations ?? []) {
      const specs = operation.arguments ?? {};
      this.argumentsOf.set(operation, { names: Object.keys(specs), values: Object.values(specs) });
    }
    const byClient = new Map<NodeId, Call[]>();
    for (const call of calls) {
      const own = byClient.get(call.client);
      if (own === undefined) byClient.set(call.client, [call]);
      else own.push(call);
    }
    for (const id of new Set([...byClient.keys(), ...(stream?.clients ?? [])])) {
      const own = (byClient.get(id) ?? []).sort((a, b) => a.at - b.at);
      this.add(id, own, stream?.clients.indexOf(id) ?? -1);
    }
  }

  private add(id: NodeId, calls: readonly Call[], place: number): Client {
    const client: Client = {
      id,
      calls,
      next: 0,
      patience: 0,
      patienceMax: 0,
      notBefore: 0,
      askedBefore: 0,
      processes: 0,
      sequence: 0,
      outstanding: 0,
      streamNextAt: this.streamSpec === undefined ? 0 : this.streamSpec.start,
      place,
      stream: undefined,
      uniques: 0,
    };
    this.clients.set(id, client);
    return client;
  }

  /** When this client wants to call next, given that it has no call outstanding; undefined when it has nothing left. */
  nextCallAt(id: NodeId, now: Micros): Micros | undefined {
    const client = this.clients.get(id);
    if (client === undefined || client.outstanding !== 0) return undefined;
    const listed = client.calls[client.next];
    if (listed !== undefined) return Math.max(now, listed.at, client.notBefore);
    const spec = this.streamSpec;
    if (spec === undefined || client.place < 0 || client.streamNextAt >= spec.end) return undefined;
    return Math.max(now, client.streamNextAt);
  }

  /** Puts a call before all others of the client; false while it waits for an answer. */
  urge(id: NodeId, op: OperationInput): boolean {
    const client = this.clients.get(id) ?? this.add(id, [], -1);
    if (client.outstanding !== 0) return false;
    const { calls, next } = client;
    client.calls = [...calls.slice(0, next), { at: 0, client: id, op }, ...calls.slice(next)];
    client.notBefore = 0;
    return true;
  }

  /** What is left of the calls is forgotten; each client asks what the calm says, call by call, until it is acknowledged. */
  calm({ at, calls, every }: Calm): void {
    for (const client of this.clients.values()) {
      client.calls = [];
      client.next = 0;
      client.streamNextAt = Number.POSITIVE_INFINITY;
    }
    for (const { client: id, op } of calls) {
      const client = this.clients.get(id) ?? this.add(id, [], -1);
      client.askedBefore = this.operations.length;
      client.calls = [...client.calls, { at, client: id, op }];
      client.patience = every;
      client.patienceMax = CALM_PATIENCE * every;
    }
  }

  /** Takes the next call of a client and enters it into the history. */
  call(id: NodeId, now: Micros, event: number): Request {
    const client = this.clients.get(id) as Client;
    const op = this.takeOperation(client);
    if (client.sequence === 0) client.processes++;
    client.sequence++;
    const process = client.processes === 1 ? client.id : `${client.id}/${client.processes}`;
    this.operations.push({
      process,
      input: op,
      outcome: 'unknown',
      called: this.position++,
      returned: Number.POSITIVE_INFINITY,
      calledAt: now,
      calledEvent: event,
    });
    client.outstanding = this.operations.length;
    return { id: this.operations.length, process, sequence: client.sequence, op };
  }

  private takeOperation(client: Client): OperationInput {
    const listed = client.calls[client.next];
    if (listed !== undefined) {
      client.next++;
      return listed.op;
    }
    const spec = this.streamSpec as WorkloadStream;
    if (client.stream === undefined) client.stream = new Stream(`${this.seed}/workload/${client.id}`);
    client.streamNextAt += client.stream.between(1, 2 * spec.interval - 1);
    return this.drawOperation(spec, client, client.stream);
  }

  private drawOperation(workload: WorkloadStream, client: Client, stream: Stream): OperationInput {
    let ticket = stream.below(this.weights);
    const spec = workload.operations.find(({ weight = 1 }) => {
      ticket -= weight;
      return ticket < 0;
    }) as OperationSpec;
    const op: { type: string; [field: string]: Json } = { type: spec.type };
    const { names, values } = this.argumentsOf.get(spec) as Arguments;
    for (let i = 0; i < names.length; i++) {
      const argument = values[i] as ArgumentSpec;
      op[names[i] as string] = this.drawArgument(argument, workload, client, stream);
    }
    return op;
  }

  private drawArgument(argument: ArgumentSpec, workload: WorkloadStream, client: Client, stream: Stream): Json {
    switch (argument.kind) {
      case 'unique':
        // Each client has every n-th number, n being the number of clients.
        return client.uniques++ * workload.clients.length + client.place + 1;
      case 'key':
        return keyName(stream.between(1, argument.count));
      case 'integer':
        return stream.between(argument.min, argument.max);
      default:
        return stream.pick(argument.of);
    }
  }

  /** The request this client waits for; 0 when it waits for none. */
  outstanding(id: NodeId): number {
    return this.clients.get(id)?.outstanding ?? 0;
  }

  /** Ends an operation. False when the request is not the one its client waits for (answered twice, or given up before). */
  end(
    id: NodeId,
    request: number,
    outcome: Outcome,
    result: Json | undefined,
    now: Micros,
    event: number,
  ): Operation | undefined {
    const client = this.clients.get(id);
    if (client === undefined || client.outstanding !== request || request === 0) return undefined;
    client.outstanding = 0;
    const operation = this.operations[request - 1] as MutableOperation;
    operation.outcome = outcome;
    operation.returnedAt = now;
    operation.returnedEvent = event;
    const at = this.position++;
    if (outcome !== 'unknown') operation.returned = at;
    if (outcome === 'ok') operation.output = result as Json;
    if (outcome === 'unknown') client.sequence = 0;
    if (outcome !== 'ok' && client.patience > 0) this.tryAgain(client, request, now);
    this.counts[outcome]++;
    return operation;
  }

  /**
   * A call of the calm was not acknowledged: it is the client's next one too. A call from before the calm is not. Clients begin to ask in
   * step, and so may be in each other's way; who has been refused again and again therefore asks at times of its own.
   */
  private tryAgain(client: Client, request: number, now: Micros): void {
    if (request <= client.askedBefore) return;
    const { id, patience, patienceMax } = client;
    const sooner = patience < patienceMax ? 0 : scale(derive(hashOnce(id), request), Math.ceil(patienceMax / 2));
    client.next--;
    client.notBefore = now + patience - sooner;
    client.patience = Math.min(2 * patience, patienceMax);
  }

  get open(): readonly Operation[] {
    return [...this.clients.values()].flatMap(({ outstanding }) =>
      outstanding === 0 ? [] : [this.operations[outstanding - 1] as Operation],
    );
  }

  history(): readonly Operation[] {
    return this.operations;
  }

  statistics(): { ok: number; fail: number; unknown: number; open: number } {
    return { ...this.counts, open: this.open.length };
  }

  /** What a state hash covers: where each client stands. */
  contents(): unknown {
    return [...this.clients.values()].map(({ id, next, processes, sequence, outstanding, stream, uniques }) => [
      id,
      next,
      processes,
      sequence,
      outstanding !== 0,
      stream?.save(),
      uniques,
    ]);
  }

  save(): WorkloadSnapshot {
    return {
      clients: [...this.clients.values()].map(({ stream, ...client }) => ({ ...client, stream: stream?.save() })),
      operations: this.operations.map(ownCopy),
      position: this.position,
      counts: { ...this.counts },
    };
  }

  load(snapshot: WorkloadSnapshot, isOurs: boolean): void {
    this.clients.clear();
    for (const { stream, ...client } of snapshot.clients)
      this.clients.set(client.id, { ...client, stream: stream === undefined ? undefined : Stream.restored(stream) });
    this.operations = isOurs ? snapshot.operations : snapshot.operations.map(ownCopy);
    this.position = snapshot.position;
    this.counts = { ...snapshot.counts };
  }
}

/** An operation that has ended changes no more, and is shared; one that is open will be written to. */
const ownCopy = (operation: MutableOperation): MutableOperation =>
  operation.returnedAt === undefined ? { ...operation } : Object.freeze(operation);

export interface WorkloadSnapshot {
  readonly clients: readonly (Omit<Client, 'stream'> & { readonly stream: StreamState | undefined })[];
  readonly operations: MutableOperation[];
  readonly position: number;
  readonly counts: { readonly ok: number; readonly fail: number; readonly unknown: number };
}
