/** The timeline in ink: frames to lines of text, keys to states. Everything else is in pure functions beside this file. */
import { Box, Text, useApp, useInput, useStdout } from 'ink';
import { memo, type ReactElement, useCallback, useEffect, useRef, useState } from 'react';
import { type Depth, painted } from './colors.ts';
import { frame } from './frame.ts';
import { play } from './moves.ts';
import type { ViewState } from './state.ts';
import { copySequence, keyNamesOf } from './terminal.ts';
import { press, withinLesson } from './update.ts';
import type { Viewer } from './viewer.ts';

export interface AppProps {
  readonly viewer: Viewer;
  readonly start: ViewState;
  readonly depth: Depth;
  readonly ascii: boolean;
  /** Sends what is no frame to the terminal. */
  readonly send: (sequence: string) => void;
}

const TICK_MILLISECONDS = 80;

export function App({ viewer, start, depth, ascii, send }: AppProps): ReactElement {
  const { exit } = useApp();
  const { stdout } = useStdout();
  const [state, setState] = useState(start);
  const size = useSize(stdout);
  const latest = useRef(state);

  const show = useCallback(
    (next: ViewState): void => {
      latest.current = next;
      setState(next);
      if (next.quit) exit();
    },
    [exit],
  );

  useInput((input, key) => {
    // Several keys may come at once, from a fast typist or a paste.
    let next = latest.current;
    for (const one of keyNamesOf(input, key)) {
      if (next.quit) continue;
      next = press(viewer, next, one, size);
      if (one === 'y' && next.message.startsWith('copied: ')) send(copySequence(viewer.showing.command));
    }
    show(next);
  });

  useEffect(() => {
    if (!state.playing) return;
    const timer = setInterval(
      () => show(withinLesson(viewer, latest.current, play(viewer, latest.current, TICK_MILLISECONDS))),
      TICK_MILLISECONDS,
    );
    return () => clearInterval(timer);
  }, [state.playing, show, viewer]);

  const lines = state.quit ? [] : frame(viewer, state, { ...size, ascii });
  return (
    <Box flexDirection="column">
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line of the screen is its place.
        <ScreenLine key={i} text={painted(line, depth)} />
      ))}
    </Box>
  );
}

/** Unchanged lines are not laid out again. An empty line keeps its place. */
const ScreenLine = memo(
  ({ text }: { readonly text: string }): ReactElement => <Text wrap="truncate-end">{text === '' ? ' ' : text}</Text>,
);

interface Sized {
  readonly columns: number;
  readonly rows: number;
}

const sizeOf = (stdout: NodeJS.WriteStream): Sized => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });

function useSize(stdout: NodeJS.WriteStream): Sized {
  const [size, setSize] = useState(() => sizeOf(stdout));
  useEffect(() => {
    const resize = (): void => setSize(sizeOf(stdout));
    stdout.on('resize', resize);
    return () => {
      stdout.off('resize', resize);
    };
  }, [stdout]);
  return size;
}
