/**
 * Where ink writes its frames: a stream that sends on only the lines that changed, each to its own row, so that nothing scrolls, nothing
 * is erased and nothing flickers. ink's own way of doing this loses a row where a frame is smaller than the screen (6.8).
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

  /** A whole frame, as ink writes it in its debug mode. */
  write(frame: string): boolean {
    if (!this.isOpen) return true;
    const lines = frame.split('\n').slice(0, this.rows);
    const changes: string[] = [];
    for (let i = 0; i < Math.max(lines.length, this.shown.length); i++) {
      const line = lines[i] ?? '';
      if (line !== (this.shown[i] ?? '')) changes.push(`\u001b[${i + 1};1H${line}${CLEAR_LINE}`);
    }
    this.shown = lines;
    return changes.length === 0 ? true : this.output.write(changes.join(''));
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
