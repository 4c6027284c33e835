/**
 * The terminal while the timeline is on it: the alternate screen, and everything as it was before when it ends, be it by a key, a signal
 * or an error.
 */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[2J\u001b[H';
const LEAVE = '\u001b[?25h\u001b[?1049l';

/** The part of a terminal that is used. */
export interface Screen {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/**
 * Takes the screen; the answer gives it back, once. While the process is stopped (Ctrl-Z) the screen is the shell's.
 * @param again draws what was there, when the process goes on.
 */
export function takeScreen(
  { input, output }: Screen,
  process: NodeJS.Process,
  end: (signal: number) => void,
  again: () => void,
): () => void {
  let taken = true;
  const enter = (): void => {
    // Before anything is drawn: ink does so after its first frame only, and until then the terminal echoes what is typed.
    if (input.isTTY) input.setRawMode(true);
    output.write(ENTER);
  };
  const leave = (): void => {
    if (input.isTTY) input.setRawMode(false);
    output.write(LEAVE);
  };
  enter();
  const release = (): void => {
    if (!taken) return;
    taken = false;
    leave();
  };
  const stop = (): void => {
    leave();
    process.kill(process.pid, 'SIGSTOP');
  };
  const goOn = (): void => {
    enter();
    again();
  };
  process.on('SIGTSTP', stop);
  process.on('SIGCONT', goOn);
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const handlers = Object.entries(signals).map(([signal, code]) => {
    const handler = (): void => {
      release();
      end(code);
    };
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  process.on('exit', release);
  return () => {
    release();
    for (const [signal, handler] of handlers) process.off(signal, handler);
    process.off('SIGTSTP', stop);
    process.off('SIGCONT', goOn);
    process.off('exit', release);
  };
}

/** Puts text on the clipboard of whoever sits at the terminal, also through ssh; terminals that cannot ignore it. */
export const copySequence = (text: string): string => `\u001b]52;c;${base64(text)}\u0007`;

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** What the input hook says of a key, as far as it is used. */
interface Pressed {
  readonly upArrow: boolean;
  readonly downArrow: boolean;
  readonly leftArrow: boolean;
  readonly rightArrow: boolean;
  readonly pageDown: boolean;
  readonly pageUp: boolean;
  readonly home?: boolean;
  readonly end?: boolean;
  readonly return: boolean;
  readonly escape: boolean;
  readonly ctrl: boolean;
  readonly tab: boolean;
  readonly backspace: boolean;
  readonly delete: boolean;
}

const named = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageDown', 'pagedown'],
  ['pageUp', 'pageup'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
  ['escape', 'esc'],
] as const;

const characters: { readonly [character: string]: string } = {
  ' ': 'space',
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u001b': 'esc',
};

/** Names of keys as the table of keys has them; several where a fast typist or a paste sent several at once. */
export function keyNamesOf(input: string, key: Pressed): string[] {
  const special = named.find(([flag]) => key[flag] === true);
  if (special !== undefined) return [special[1]];
  if (key.ctrl) return [`ctrl-${input}`];
  return [...input].map((character) => characters[character] ?? character);
}
