/** Strict two-phase locking with wait-die, a log, and obedience. */
import { Kind, Message, NOTHING, type Seen, type Step, type WrittenRecord } from './kernel.ts';
import type { Simulator } from './simulator.ts';
import { COORDINATOR, INQUIRY_INTERVAL, OPENING_BALANCE, WORK_TIMEOUT } from './world.ts';

interface Local {
  readonly txn: number;
  readonly born: number;
  readonly steps: readonly Step[];
  readonly seen: Seen[];
  readonly locked: number[];
  phase: 'working' | 'executed' | 'prepared' | 'over';
  timer: Message | undefined;
}

interface Claim {
  readonly local: Local;
  isExclusive: boolean;
}

interface Lock {
  holders: Claim[];
  queue: Claim[];
}

export class Participant {
  private readonly locals = new Map<number, Local>();
  private readonly finished = new Map<number, boolean>();
  private readonly locks = new Map<number, Lock>();
  private readonly values = new Map<number, number>();
  private readonly writers = new Map<number, number>();
  private readonly log: WrittenRecord[] = [];
  /** Whom it has refused, and because of whom. */
  private mourners: { readonly txn: number; readonly killer: number }[] = [];
  private readonly runnable: Local[] = [];
  private readonly simulator: Simulator;
  private readonly node: number;

  constructor(simulator: Simulator, node: number) {
    this.simulator = simulator;
    this.node = node;
  }

  step(message: Message): void {
    const { txn } = message;
    const local = this.locals.get(txn);
    switch (message.kind) {
      case Kind.Execute:
        if (local === undefined && !this.finished.has(txn)) this.execute(message);
        break;
      case Kind.Rollback:
        if (local !== undefined) this.finish(local, false);
        else this.finished.set(txn, false);
        break;
      case Kind.Prepare:
        if (local?.phase === 'executed') this.prepare(local);
        break;
      case Kind.Decision:
        if (local !== undefined) this.obey(local, message.other === 1);
    }
    for (let next = this.runnable.shift(); next !== undefined; next = this.runnable.shift())
      if (next.phase === 'working') this.advance(next);
  }

  private execute({ txn, other, list }: Message): void {
    const local: Local = {
      txn,
      born: other,
      steps: list as Step[],
      seen: [],
      locked: [],
      phase: 'working',
      timer: this.simulator.setTimer(this.node, txn, WORK_TIMEOUT),
    };
    this.locals.set(txn, local);
    this.advance(local);
  }

  private advance(local: Local): void {
    while (local.seen.length < local.steps.length) {
      const step = local.steps[local.seen.length] as Step;
      if (!this.acquire(local, step)) return;
      local.seen.push({ value: this.balance(step.key), writer: this.writers.get(step.key) ?? 0 });
    }
    local.phase = 'executed';
    this.setTimer(local, WORK_TIMEOUT);
    this.simulator.send(new Message(Kind.Executed, this.node, COORDINATOR, local.txn, 0, local.seen));
  }

  private prepare(local: Local): void {
    const { txn, steps } = local;
    const isOverdrawn = steps.some(({ key, amount }) => amount < 0 && this.balance(key) + amount < 0);
    if (isOverdrawn) this.finish(local, false);
    else {
      local.phase = 'prepared';
      this.log.push({ kind: 'prepared', txn, list: steps });
      this.simulator.sync(this.node);
      this.setTimer(local, INQUIRY_INTERVAL);
    }
    this.simulator.send(new Message(Kind.Vote, this.node, COORDINATOR, txn, isOverdrawn ? 0 : 1));
  }

  private obey(local: Local, commit: boolean): void {
    const { txn, steps } = local;
    this.log.push({ kind: commit ? 'commit' : 'abort', txn, list: NOTHING });
    if (commit) {
      this.simulator.sync(this.node);
      for (const { key, isRead, amount } of steps) {
        if (isRead) continue;
        this.values.set(key, this.balance(key) + amount);
        this.writers.set(key, txn);
      }
    }
    this.finish(local, commit);
    if (commit) this.simulator.send(new Message(Kind.Ack, this.node, COORDINATOR, txn));
  }

  private balance(key: number): number {
    return this.values.get(key) ?? OPENING_BALANCE;
  }

  private setTimer(local: Local, delay: number): void {
    if (local.timer !== undefined) local.timer.isCancelled = true;
    local.timer = this.simulator.setTimer(this.node, local.txn, delay);
  }

  /** Wait-die: who is younger than one in its way is refused. */
  private acquire(local: Local, { key, isRead }: Step): boolean {
    let lock = this.locks.get(key);
    if (lock === undefined) {
      lock = { holders: [], queue: [] };
      this.locks.set(key, lock);
    }
    const own = lock.holders.find((claim) => claim.local === local);
    if (own !== undefined && (isRead || own.isExclusive)) return true;
    const clashes = (claim: Claim): boolean => claim.local !== local && (claim.isExclusive || !isRead);
    const obstacle = lock.holders.find(clashes) ?? (own === undefined ? lock.queue.find(clashes) : undefined);
    if (obstacle === undefined) {
      if (own === undefined) lock.holders.push({ local, isExclusive: !isRead });
      else own.isExclusive = true;
      if (own === undefined) local.locked.push(key);
      return true;
    }
    const other = obstacle.local;
    if (local.born < other.born || (local.born === other.born && local.txn < other.txn)) {
      lock.queue.push({ local, isExclusive: !isRead });
      local.locked.push(key);
      return false;
    }
    this.simulator.send(new Message(Kind.Refused, this.node, COORDINATOR, local.txn, other.txn));
    this.mourners.push({ txn: local.txn, killer: other.txn });
    this.finish(local, false);
    return false;
  }

  private finish(local: Local, commit: boolean): void {
    this.finished.set(local.txn, commit);
    this.locals.delete(local.txn);
    local.phase = 'over';
    if (local.timer !== undefined) local.timer.isCancelled = true;
    for (const key of local.locked) this.release(key, local);
    if (this.mourners.length === 0) return;
    for (const { txn, killer } of this.mourners)
      if (killer === local.txn) this.simulator.send(new Message(Kind.Released, this.node, COORDINATOR, txn));
    this.mourners = this.mourners.filter(({ killer }) => killer !== local.txn);
  }

  private release(key: number, local: Local): void {
    const lock = this.locks.get(key);
    if (lock === undefined) return;
    lock.holders = lock.holders.filter((claim) => claim.local !== local);
    lock.queue = lock.queue.filter((claim) => claim.local !== local);
    for (let next = lock.queue[0]; next !== undefined; next = lock.queue[0]) {
      const wanted = next;
      if (lock.holders.some((claim) => claim.local !== wanted.local && (claim.isExclusive || wanted.isExclusive)))
        break;
      lock.queue.shift();
      lock.holders.push(wanted);
      this.runnable.push(wanted.local);
    }
    if (lock.holders.length + lock.queue.length === 0) this.locks.delete(key);
  }
}
