/** Shows a run on a terminal until its viewer leaves. */
import { render } from 'ink';
import { App } from './app.tsx';
import { depthOf } from './colors.ts';
import { FrameWriter } from './frame-writer.ts';
import { beginning } from './opening.ts';
import { takeScreen } from './terminal.ts';
import { type Showing, Viewer } from './viewer.ts';

export interface ShowOptions {
  readonly showing: Showing;
  readonly color: boolean;
  readonly ascii: boolean;
  readonly process: NodeJS.Process;
}

/** A short run is recorded before the first frame, a long one goes on behind it. */
const AT_FIRST_MILLISECONDS = 30;

/** @returns 0, or 128 and the number of the signal that ended it. */
export async function showOnTerminal({ showing, color, ascii, process }: ShowOptions): Promise<number> {
  const viewer = new Viewer(showing, { gradually: true });
  viewer.recordFor(AT_FIRST_MILLISECONDS);
  const { stdin, stdout } = process;
  let code = 0;
  const writer = new FrameWriter(stdout);
  const release = takeScreen(
    { input: stdin, output: stdout },
    process,
    (signal) => {
      code = signal;
      instance.unmount();
    },
    () => writer.again(),
  );
  const depth = depthOf(process.env, color);
  const instance = render(
    <App
      viewer={viewer}
      start={beginning(viewer)}
      depth={depth}
      ascii={ascii}
      screen={writer}
      suspend={() => void process.kill(0, 'SIGTSTP')}
    />,
    {
      stdin,
      stdout: writer as unknown as NodeJS.WriteStream,
      // Nothing of ink's own on the screen, and everything at once; also where CI is set.
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
