/** Delivers messages, with latencies, in order on each link; a node that waits for its disk neither receives nor sends. */
import { Coordinator } from './coordinator.ts';
import { Agenda, Draws, Kind, Message, type Step } from './kernel.ts';
import { Participant } from './participant.ts';
import { ACCOUNTS, COORDINATOR, FIRST_CLIENT, NODES, PARTICIPANTS, RETRY_TIMEOUT, SECONDS, SYNC } from './world.ts';

const mixed = (hash: number, word: number): number => Math.imul(hash ^ word, 0x01000193);

export class Simulator {
  readonly agenda: Agenda = new Agenda();
  readonly draws: Draws;
  hash: number = 0x811c9dc5 | 0;
  events = 0;
  delivered = 0;
  committed = 0;
  private readonly lastArrivals = new Float64Array(NODES * NODES);
  private readonly coordinator = new Coordinator(this);
  private readonly participants = PARTICIPANTS.map((node) => new Participant(this, node));
  /** By node: whether it waits for its disk; what came meanwhile; what it sends when that is done. */
  private readonly isSyncing = new Array<boolean>(NODES).fill(false);
  private readonly inboxes = Array.from({ length: NODES }, (): Message[] => []);
  private readonly outboxes = Array.from({ length: NODES }, (): Message[] => []);
  private readonly retries: (Message | undefined)[] = [];

  constructor(seed: number) {
    this.draws = new Draws(seed);
    for (let client = FIRST_CLIENT; client < NODES; client++)
      this.agenda.push(100_000 + this.draws.below(50_000), new Message(Kind.Call, client, client, 1));
  }

  run(): this {
    const { agenda } = this;
    while (!agenda.isEmpty) {
      const message = agenda.pop();
      if (agenda.now > SECONDS * 1e6) break;
      if (message.isCancelled) continue;
      if (message.kind === Kind.Synced) this.synced(message.to);
      else if (this.isSyncing[message.to] === true) this.inboxes[message.to]?.push(message);
      else this.handle(message);
    }
    return this;
  }

  private handle(message: Message): void {
    this.events++;
    if (message.isCancelled) return;
    if (message.kind === Kind.Call) this.call(message);
    else if (message.kind === Kind.Done) this.done(message);
    else {
      if (message.kind !== Kind.Timer) this.record(message);
      if (message.to === COORDINATOR) this.coordinator.step(message);
      else this.participants[message.to - 1]?.step(message);
    }
  }

  private record({ kind, from, to, txn, other, list }: Message): void {
    if (from < FIRST_CLIENT && to < FIRST_CLIENT) this.delivered++;
    let hash = mixed(mixed(mixed(mixed(this.hash, this.agenda.now), kind), from), to);
    hash = mixed(mixed(hash, txn), other);
    for (const item of list) {
      if (typeof item === 'number') hash = mixed(hash, item);
      else if ('value' in item) hash = mixed(mixed(hash, item.value), item.writer);
      else hash = mixed(mixed(mixed(hash, item.key), item.isRead ? 1 : 0), item.amount);
    }
    this.hash = hash;
  }

  private call({ to: client, txn: sequence }: Message): void {
    this.agenda.push(this.agenda.now + 50_000, new Message(Kind.Call, client, client, sequence + 1));
    const key = this.draws.below(ACCOUNTS);
    const other = (key + 1 + this.draws.below(ACCOUNTS - 1)) % ACCOUNTS;
    const amount = 1 + this.draws.below(10);
    const steps: Step[] = [
      { key, isRead: true, amount: 0 },
      { key, isRead: false, amount: -amount },
      { key: other, isRead: false, amount },
    ];
    this.retries[client] = this.setTimer(client, 0, RETRY_TIMEOUT);
    this.send(new Message(Kind.Begin, client, COORDINATOR, 0, sequence, steps));
  }

  private done(message: Message): void {
    this.record(message);
    const retry = this.retries[message.to];
    if (retry !== undefined) retry.isCancelled = true;
  }

  /** 1 to 10 ms, in order on each link; once the node's disk has done what it was asked for. */
  send(message: Message): void {
    if (this.isSyncing[message.from] === true) {
      this.outboxes[message.from]?.push(message);
      return;
    }
    const link = message.from * NODES + message.to;
    const arrival = Math.max(
      this.agenda.now + 1_000 + this.draws.below(9_001),
      (this.lastArrivals[link] as number) + 1,
    );
    this.lastArrivals[link] = arrival;
    this.agenda.push(arrival, message);
  }

  setTimer(node: number, txn: number, delay: number): Message {
    const timer = new Message(Kind.Timer, node, node, txn);
    this.agenda.push(this.agenda.now + delay, timer);
    return timer;
  }

  sync(node: number): void {
    this.isSyncing[node] = true;
    this.agenda.push(this.agenda.now + SYNC, new Message(Kind.Synced, node, node, 0));
  }

  private isFree(node: number): boolean {
    return this.isSyncing[node] !== true;
  }

  private synced(node: number): void {
    this.events++;
    this.isSyncing[node] = false;
    const sent = this.outboxes[node] as Message[];
    this.outboxes[node] = [];
    for (const message of sent) this.send(message);
    const inbox = this.inboxes[node] as Message[];
    let place = 0;
    while (place < inbox.length && this.isFree(node)) this.handle(inbox[place++] as Message);
    this.inboxes[node] = inbox.slice(place);
  }
}
