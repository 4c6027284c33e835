/** Presumed abort: commits are forced, and acknowledged by all; aborts are neither. */
import { Kind, Message, NOTHING, type Step, type WrittenRecord } from './kernel.ts';
import type { Simulator } from './simulator.ts';
import {
  COORDINATOR,
  NODES,
  PARTICIPANTS,
  RESEND_INTERVAL,
  RESTART_DELAY,
  VOTE_TIMEOUT,
  WORK_TIMEOUT,
} from './world.ts';

interface Work {
  txn: number;
  readonly client: number;
  readonly born: number;
  readonly steps: readonly Step[];
  participants: number[];
  phase: 'working' | 'waiting' | 'voting' | 'committing';
  /** How many have executed, voted yes, or acknowledged, in this phase. */
  count: number;
  timer: Message | undefined;
}

export class Coordinator {
  private readonly open = new Map<number, Work>();
  private readonly begun = new Array<number>(NODES).fill(0);
  private readonly log: WrittenRecord[] = [];
  private last = 0;
  private readonly simulator: Simulator;

  constructor(simulator: Simulator) {
    this.simulator = simulator;
  }

  step(message: Message): void {
    if (message.kind === Kind.Begin) {
      this.begin(message);
      return;
    }
    const work = this.open.get(message.txn);
    if (work === undefined) return;
    switch (message.kind) {
      case Kind.Executed:
        if (work.phase === 'working' && this.isLast(work)) this.askToPrepare(work);
        return;
      case Kind.Refused:
        if (work.phase === 'working') this.giveWay(work, message.from);
        return;
      case Kind.Released:
        if (work.phase === 'waiting') this.setTimer(work, this.simulator.draws.below(RESTART_DELAY));
        return;
      case Kind.Timer:
        if (work.phase === 'waiting') this.tryAgain(work);
        return;
      case Kind.Vote:
        if (work.phase !== 'voting') return;
        if (message.other === 0) this.abort(work, message.from);
        else if (this.isLast(work)) this.commit(work);
        return;
      case Kind.Ack:
        if (work.phase === 'committing' && this.isLast(work)) this.end(work, 'end');
    }
  }

  private begin({ from: client, other: sequence, list }: Message): void {
    if ((this.begun[client] as number) >= sequence) return;
    this.begun[client] = sequence;
    const steps = list as Step[];
    const born = this.simulator.agenda.now;
    this.attempt({ txn: 0, client, born, steps, participants: [], phase: 'working', count: 0, timer: undefined });
  }

  private attempt(work: Work): void {
    work.txn = ++this.last;
    work.phase = 'working';
    work.count = 0;
    work.participants = [];
    this.open.set(work.txn, work);
    for (const node of PARTICIPANTS) {
      const steps = work.steps.filter(({ key }) => 1 + (key % PARTICIPANTS.length) === node);
      if (steps.length === 0) continue;
      work.participants.push(node);
      this.simulator.send(new Message(Kind.Execute, COORDINATOR, node, work.txn, work.born, steps));
    }
    this.setTimer(work, WORK_TIMEOUT);
  }

  private isLast(work: Work): boolean {
    return ++work.count === work.participants.length;
  }

  private askToPrepare(work: Work): void {
    work.phase = 'voting';
    work.count = 0;
    this.setTimer(work, VOTE_TIMEOUT);
    for (const node of work.participants)
      this.simulator.send(new Message(Kind.Prepare, COORDINATOR, node, work.txn, 0, work.participants));
  }

  private giveWay(work: Work, from: number): void {
    work.phase = 'waiting';
    if (work.timer !== undefined) work.timer.isCancelled = true;
    for (const node of work.participants)
      if (node !== from) this.simulator.send(new Message(Kind.Rollback, COORDINATOR, node, work.txn));
  }

  private tryAgain(work: Work): void {
    this.open.delete(work.txn);
    this.attempt(work);
  }

  private abort(work: Work, from: number): void {
    for (const node of work.participants)
      if (node !== from) this.simulator.send(new Message(Kind.Decision, COORDINATOR, node, work.txn, 0));
    this.answer(work, false);
    this.end(work, undefined);
  }

  private commit(work: Work): void {
    work.phase = 'committing';
    work.count = 0;
    this.log.push({ kind: 'commit', txn: work.txn, list: work.participants });
    this.simulator.sync(COORDINATOR);
    for (const node of work.participants)
      this.simulator.send(new Message(Kind.Decision, COORDINATOR, node, work.txn, 1));
    this.answer(work, true);
    this.setTimer(work, RESEND_INTERVAL);
  }

  private answer({ txn, client }: Work, commit: boolean): void {
    if (commit) this.simulator.committed++;
    this.simulator.send(new Message(Kind.Done, COORDINATOR, client, txn, commit ? 1 : 0));
  }

  private end(work: Work, record: 'end' | undefined): void {
    if (work.timer !== undefined) work.timer.isCancelled = true;
    if (record !== undefined) this.log.push({ kind: record, txn: work.txn, list: NOTHING });
    this.open.delete(work.txn);
  }

  private setTimer(work: Work, delay: number): void {
    if (work.timer !== undefined) work.timer.isCancelled = true;
    work.timer = this.simulator.setTimer(COORDINATOR, work.txn, delay);
  }
}
