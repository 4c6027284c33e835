/**
 * The screen as frames are drawn on it: only lines that changed are sent, each to its own row, so that nothing scrolls, nothing is erased
 * and nothing flickers. ink gets it for its output and has nothing to say: our lines are laid out already, and to have them taken apart
 * and put together again costs more than to make them (docs/decisions/0031).
 */
const CLEAR = '\u001b[2J';
const CLEAR_LINE = '\u001b[K';

export class FrameWriter {
  readonly isTTY = true;
  private readonly output: NodeJS.WriteStream;
  private shown: readonly string[] = [];
  private isOpen = true;
  private readonly listeners = new Set<() => void>();
  private readonly onResize = (): void => {
    if (!this.isOpen) return;
    // What a narrower screen wrapped would stay.
    this.shown = [];
    this.output.write(CLEAR);
    for (const listener of this.listeners) listener();
  };

  constructor(output: NodeJS.WriteStream) {
    this.output = output;
    output.on('resize', this.onResize);
  }

  get columns(): number {
    return this.output.columns || 80;
  }

  get rows(): number {
    return this.output.rows || 24;
  }

  /** The one event of a terminal that ink and the timeline listen to. */
  on(event: string, listener: () => void): this {
    if (event === 'resize') this.listeners.add(listener);
    return this;
  }

  off(event: string, listener: () => void): this {
    if (event === 'resize') this.listeners.delete(listener);
    return this;
  }

  /** What ink writes: an empty frame, again and again. */
  write(): boolean {
    return true;
  }

  /** A whole frame, line by line. */
  draw(frame: readonly string[]): void {
    if (!this.isOpen) return;
    const lines = frame.slice(0, this.rows);
    const changes: string[] = [];
    for (let i = 0; i < Math.max(lines.length, this.shown.length); i++) {
      const line = lines[i] ?? '';
      if (line !== (this.shown[i] ?? '')) changes.push(`\u001b[${i + 1};1H${line}${CLEAR_LINE}`);
    }
    this.shown = lines;
    if (changes.length > 0) this.output.write(changes.join(''));
  }

  /** The frame again, on a screen that has been something else meanwhile. */
  again(): void {
    const frame = this.shown;
    this.shown = [];
    this.draw(frame);
  }

  /** Something that is no frame, e.g. a text for the clipboard. */
  send(sequence: string): void {
    if (this.isOpen) this.output.write(sequence);
  }

  /** What comes later is not written: the screen is no longer ours. */
  close(): void {
    this.isOpen = false;
    this.output.off('resize', this.onResize);
  }
}
