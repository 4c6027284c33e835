/** Shows a run on a terminal until its viewer leaves. */
import { render } from 'ink';
import { what } from '../timeline/step-index.ts';
import { App } from './app.tsx';
import { depthOf } from './colors.ts';
import { FrameWriter } from './frame-writer.ts';
import { beatsOf, startLesson } from './lesson.ts';
import { startState, type ViewState } from './state.ts';
import { takeScreen } from './terminal.ts';
import { type Showing, Viewer } from './viewer.ts';

export interface ShowOptions {
  readonly showing: Showing;
  readonly color: boolean;
  readonly ascii: boolean;
  readonly process: NodeJS.Process;
}

/** @returns 0, or 128 and the number of the signal that ended it. */
export async function showOnTerminal({ showing, color, ascii, process }: ShowOptions): Promise<number> {
  const viewer = new Viewer(showing);
  const { stdin, stdout } = process;
  let code = 0;
  const release = takeScreen({ input: stdin, output: stdout }, process, (signal) => {
    code = signal;
    instance.unmount();
  });
  const writer = new FrameWriter(stdout);
  const depth = depthOf(process.env, color);
  const instance = render(
    <App viewer={viewer} start={beginning(viewer)} depth={depth} ascii={ascii} send={(text) => writer.send(text)} />,
    {
      stdin,
      stdout: writer as unknown as NodeJS.WriteStream,
      // Whole frames, without escape sequences of ink's own; also where CI is set.
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
    },
  );
  try {
    await instance.waitUntilExit();
  } finally {
    writer.close();
    instance.unmount();
    release();
  }
  return code;
}

/** A failing run opens where it fails, any other at its beginning. */
export function beginning(viewer: Viewer): ViewState {
  const { film } = viewer.branches[0] as Viewer['branches'][number];
  const end = film.index.find(0, 1, what.violation | what.failure);
  if (viewer.showing.lesson === undefined && end >= 0) return { ...startState, place: end };
  // The nodes' starting says nothing yet.
  const { index } = film;
  let place = 0;
  while (place < index.length - 1 && ((index.flags[place] as number) & what.firstBoot) !== 0) place++;
  const lesson = viewer.showing.lesson === undefined ? undefined : { ...startLesson, told: viewer.showing.told ?? [] };
  const start: ViewState = { ...startState, lesson, place: viewer.sees(startState).nearest(place) };
  // A lesson is taken up where it was left.
  const told = lesson?.told[0] ?? 0;
  return told === 0 ? start : { ...start, place: beatsOf(viewer, 0)[told - 1]?.place ?? start.place };
}
