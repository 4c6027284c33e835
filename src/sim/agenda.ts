/** All that is to happen: the event queue, and the lot of timers that are far. */
import { type ArmedTimer, TimerLot } from './armed.ts';
import { eventAt, type QueuedEvent, TIMER } from './event.ts';
import { EventQueue, type QueueEntry, type QueueSnapshot } from './queue.ts';

export class Agenda extends EventQueue<QueuedEvent> {
  private readonly lot = new TimerLot();

  /** Nothing is left, not even of a timer that was cancelled. */
  get isEmpty(): boolean {
    return this.size === 0 && this.lot.count === 0;
  }

  /** Time of the earliest event, which is in the queue from then on; Infinity when there is none. */
  nextDue(): number {
    while (this.lot.readyAfter < this.nextTime) this.lot.leave(this);
    return this.nextTime;
  }

  /** At the place in the order that it has. */
  addTimer(timer: ArmedTimer, now: number): void {
    if (!this.lot.takes(timer, now)) this.pushTimer(timer);
  }

  /** It is not far any more, or never was. */
  pushTimer(timer: ArmedTimer): void {
    const { queuedAt, queuedSequence, node, part, id, token, cause } = timer;
    this.pushAt(queuedAt, queuedSequence, eventAt(TIMER, node, part, id, token, cause));
  }

  private emptyLot(): void {
    while (this.lot.count > 0) this.lot.leave(this);
  }

  override entries(): QueueEntry<QueuedEvent>[] {
    this.emptyLot();
    return super.entries();
  }

  override save(): QueueSnapshot<QueuedEvent> {
    this.emptyLot();
    return super.save();
  }

  override load(snapshot: QueueSnapshot<QueuedEvent>): void {
    this.lot.clear();
    super.load(snapshot);
  }
}
