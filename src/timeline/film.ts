/**
 * A run as it is looked at: an index over all its steps, and the rows of any of them. Rows are made where they are needed, block by
 * block; the trace events of a block that was let go of are asked for again.
 */
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { Chronicle } from './chronicle.ts';
import { type LadderRow, ladderRows } from './ladder.ts';
import { type Look, Stage, type StageSnapshot } from './stage.ts';
import { StepIndex } from './step-index.ts';
import { type Step, StepMaker, stepsOf } from './steps.ts';
import type { Teller } from './tell.ts';

/** Where a film gets the events of a stretch again: ordinals from `first` to `last`, both included. */
export type EventSource = (first: number, last: number) => readonly TraceEvent[];

export interface FilmOptions {
  readonly nodes: readonly NodeId[];
  readonly teller: Teller;
  readonly again: EventSource;
}

/** One step, with all that can be seen of it. */
export interface Scene {
  readonly step: Step;
  /** A row or several; with everything a handler did. */
  readonly rows: readonly LadderRow[];
  /** How everybody looked before it. */
  readonly before: ReadonlyMap<NodeId, Look>;
}

interface Block {
  readonly firstPlace: number;
  readonly firstEvent: number;
  readonly stage: StageSnapshot;
  steps: readonly Step[] | undefined;
  scenes: readonly Scene[] | undefined;
}

/** Steps in a block. */
const BLOCK = 512;
/** Blocks whose events are kept. */
const BLOCKS_KEPT = 48;

export class Film {
  readonly index: StepIndex = new StepIndex();
  readonly chronicle: Chronicle = new Chronicle();
  private readonly options: FilmOptions;
  private readonly stage: Stage;
  private readonly maker = new StepMaker();
  private readonly blocks: Block[] = [];
  private gathered: Step[] = [];
  /** Blocks with events, the last used ones at the end. */
  private readonly recent: Block[] = [];
  /** Whether rows show all that happened inside a handler. */
  private everything = false;
  /** Ordinal of the last event. */
  last = 0;
  /** Whether the run goes on: the last block is still being filled. */
  isOpen = true;

  constructor(options: FilmOptions) {
    this.options = options;
    this.stage = new Stage(options.nodes);
  }

  // --- Recording -----------------------------------------------------------------------------------------------------------------

  add(event: TraceEvent): void {
    this.last = event.event;
    const step = this.maker.add(event);
    if (step !== undefined) this.take(step);
  }

  /** The run is over. Said again, it changes nothing. */
  end(at: Micros): void {
    if (!this.isOpen) return;
    const last = this.maker.end();
    if (last !== undefined) this.take(last);
    const block = this.blocks.at(-1);
    if (block !== undefined) this.keep(block, this.gathered);
    this.gathered = [];
    this.isOpen = false;
    this.chronicle.end = Math.max(this.chronicle.end, at);
  }

  private take(step: Step): void {
    if (this.index.length % BLOCK === 0) this.beginBlock(step);
    this.index.add(step);
    this.gathered.push(step);
    for (const event of step.events) {
      this.stage.apply(event);
      this.chronicle.add(event, this.stage);
    }
  }

  private beginBlock(step: Step): void {
    const previous = this.blocks.at(-1);
    if (previous !== undefined) {
      previous.scenes = undefined;
      if (this.recent.length < BLOCKS_KEPT) this.keep(previous, this.gathered);
    }
    this.gathered = [];
    this.blocks.push({
      firstPlace: this.index.length,
      firstEvent: step.event,
      stage: this.stage.save(),
      steps: undefined,
      scenes: undefined,
    });
  }

  private keep(block: Block, steps: readonly Step[]): void {
    block.steps = steps;
    this.recent.push(block);
    if (this.recent.length <= BLOCKS_KEPT) return;
    const oldest = this.recent.shift() as Block;
    oldest.steps = undefined;
    oldest.scenes = undefined;
  }

  // --- Looking -------------------------------------------------------------------------------------------------------------------

  get length(): number {
    return this.index.length;
  }

  showEverything(everything: boolean): void {
    if (everything === this.everything) return;
    this.everything = everything;
    for (const block of [...this.recent, ...this.blocks.slice(-1)]) block.scenes = undefined;
  }

  /** @throws RangeError beyond the last step. */
  scene(place: number): Scene {
    const block = this.blocks[Math.floor(place / BLOCK)];
    if (block === undefined) throw new RangeError(`there is no step ${place}`);
    // Of the block that is being filled a part may be known.
    const scene = block.scenes?.[place - block.firstPlace] ?? this.scenesOf(block)[place - block.firstPlace];
    if (scene === undefined) throw new RangeError(`there is no step ${place}`);
    return scene;
  }

  private scenesOf(block: Block): readonly Scene[] {
    const stage = Stage.restored(block.stage);
    const scenes = this.stepsOf(block).map((step): Scene => {
      const before = stage.looks;
      return { step, before, rows: ladderRows(step, stage, { ...this.options, everything: this.everything }) };
    });
    block.scenes = scenes;
    return scenes;
  }

  private stepsOf(block: Block): readonly Step[] {
    if (block.steps !== undefined) {
      const place = this.recent.indexOf(block);
      if (place >= 0) this.recent.push(...this.recent.splice(place, 1));
      return block.steps;
    }
    if (this.isOpen && block === this.blocks.at(-1)) return this.gathered;
    const next = this.blocks[Math.floor(block.firstPlace / BLOCK) + 1];
    const last = next === undefined ? this.last : next.firstEvent - 1;
    this.keep(block, stepsOf(this.options.again(block.firstEvent, last)));
    return block.steps ?? [];
  }

  /** What is on its way, who waits for an answer, how everybody looks, when the step at `place` is over. */
  stageAfter(place: number): StageSnapshot {
    const block = this.blocks[Math.floor(place / BLOCK)];
    if (block === undefined) throw new RangeError(`there is no step ${place}`);
    const stage = Stage.restored(block.stage);
    for (const step of this.stepsOf(block).slice(0, place - block.firstPlace + 1)) {
      for (const event of step.events) stage.apply(event);
    }
    return stage.save();
  }
}
