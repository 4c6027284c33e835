/** Snapshots along a run, as many as fit: when there are too many, every second one goes and the gaps double. */
import type { Snapshot } from '../sim/snapshot.ts';
import { type CompactSnapshot, compact, expand, type SpareLists } from './compact.ts';

interface Keyframe {
  /** Ordinal of the last event before it. */
  readonly event: number;
  readonly snapshot: CompactSnapshot;
}

const GAP = 256;
/** What lies between two of them is run again by whoever goes there, at 2 us an event; making one costs as much as 10,000 events. */
const KEYFRAMES_MAX = 256;
/** Well below what a viewer may take: the estimate is rough. */
const BYTES_MAX = 50_000_000;

export class Keyframes {
  private frames: Keyframe[] = [];
  private gap = GAP;
  private bytes = 0;
  /** What has been weighed: keyframes share most of what they hold. */
  private seen = new WeakSet<object>();

  /** Ordinal of the event after which the next one is due. */
  get due(): number {
    return (this.frames.at(-1)?.event ?? Number.NEGATIVE_INFINITY) + this.gap;
  }

  /** Takes the snapshot over. Answers whether there were too many: the run is twice as long as when that was so before. */
  add(event: number, snapshot: Snapshot): boolean {
    const frame = { event, snapshot: compact(snapshot, this.frames.at(-1)?.snapshot) };
    this.frames.push(frame);
    this.bytes += roughBytes(frame, this.seen);
    const { gap } = this;
    while (this.frames.length > KEYFRAMES_MAX || (this.bytes > BYTES_MAX && this.frames.length > 2)) this.thin();
    return this.gap > gap;
  }

  private thin(): void {
    this.frames = this.frames.filter((_, i) => i % 2 === 0);
    this.gap *= 2;
    this.seen = new WeakSet();
    this.bytes = this.frames.reduce((sum, frame) => sum + roughBytes(frame, this.seen), 0);
  }

  /** The event of the last one that is not after `event`. */
  eventBefore(event: number): number {
    return this.before(event).event;
  }

  /**
   * The last one that is not after `event`; it may be adopted.
   * @param spare where the lists are that it may be made of.
   */
  snapshotBefore(event: number, spare?: SpareLists): Snapshot {
    return expand(this.before(event).snapshot, spare);
  }

  private before(event: number): Keyframe {
    const first = this.frames[0];
    if (first === undefined) throw new Error('a run has a keyframe at its beginning');
    return this.frames.findLast((frame) => frame.event <= event) ?? first;
  }

  get size(): { readonly count: number; readonly bytes: number } {
    return { count: this.frames.length, bytes: this.bytes };
  }
}

const SLOT_BYTES = 8;
const OBJECT_BYTES = 24;

/** What `value` holds beyond what was seen before, in bytes of a 64-bit heap, roughly. */
function roughBytes(value: unknown, seen: WeakSet<object>): number {
  const rest: unknown[] = [value];
  let bytes = 0;
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === 'string') bytes += next.length;
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    bytes += OBJECT_BYTES;
    if (ArrayBuffer.isView(next)) bytes += next.byteLength;
    else if (next instanceof Map) for (const [key, item] of next) rest.push(key, item);
    else if (next instanceof Set) rest.push(...next);
    else if (Array.isArray(next)) {
      bytes += next.length * SLOT_BYTES;
      // Numbers take no more than their slot; a long list of them is not walked twice.
      for (const item of next) if (typeof item === 'object' || typeof item === 'string') rest.push(item);
    } else for (const item of Object.values(next)) rest.push(item);
    if (!Array.isArray(next)) bytes += SLOT_BYTES * 4;
  }
  return bytes;
}
