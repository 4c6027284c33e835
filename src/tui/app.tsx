/** The timeline in ink: keys to states, states to lines on the screen. Everything else is in pure functions beside this file. */
import { useApp, useInput, useStdout } from 'ink';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type Depth, painted } from './colors.ts';
import { frame } from './frame.ts';
import { play } from './moves.ts';
import { opened } from './opening.ts';
import type { ViewState } from './state.ts';
import { copySequence, keyNamesOf } from './terminal.ts';
import { press, withinLesson } from './update.ts';
import type { Viewer } from './viewer.ts';

export interface AppProps {
  readonly viewer: Viewer;
  readonly start: ViewState;
  readonly depth: Depth;
  readonly ascii: boolean;
  /** Where frames go, and what is no frame. */
  readonly screen: {
    draw(lines: readonly string[]): void;
    send(sequence: string): void;
  };
  /** Stops the process and whoever started it, as a terminal does that is not in raw mode. */
  readonly suspend: () => void;
}

const TICK_MILLISECONDS = 80;
/** So long a key may wait while a long run is being recorded. */
const RECORD_MILLISECONDS = 40;

export function App({ viewer, start, depth, ascii, screen, suspend }: AppProps): null {
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
      if (one === 'ctrl-z') suspend();
      next = press(viewer, next, one, size);
      if (one === 'y' && next.message.startsWith('copied: ')) screen.send(copySequence(viewer.showing.command));
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

  // The run is recorded between keys; what has happened so far can be looked at.
  useEffect(() => {
    if (viewer.isWhole) return;
    const record = (): void => {
      viewer.recordFor(RECORD_MILLISECONDS);
      show(viewer.isWhole ? opened(viewer, latest.current, start) : { ...latest.current });
      timer = viewer.isWhole ? undefined : setTimeout(record);
    };
    let timer: NodeJS.Timeout | undefined = setTimeout(record);
    return () => clearTimeout(timer);
  }, [show, viewer, start]);

  useLayoutEffect(() => {
    if (!state.quit) screen.draw(frame(viewer, state, { ...size, ascii }).map((line) => painted(line, depth)));
  }, [state, size, viewer, screen, depth, ascii]);
  return null;
}

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
