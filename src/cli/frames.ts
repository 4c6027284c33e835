/** Stack traces cut down to the frames of the user's own code: nobody debugs their protocol by reading this package. */

import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds this program, compiled; protocols that come with it count as somebody's own code. */
const home = dirname(dirname(fileURLToPath(import.meta.url)));

/** `at onPing (my-protocol.js:12:9)`, the throwing frame first; empty where none is the user's. */
export function userFrames(stack: string | undefined): string[] {
  if (stack === undefined) return [];
  return stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at ') && isTheirs(line))
    .map(shortened);
}

function isTheirs(frame: string): boolean {
  const path = pathIn(frame);
  if (path === undefined) return false;
  if (path.startsWith(`${home}/protocols/`) || path.startsWith(`${home}\\protocols\\`)) return true;
  return !path.startsWith(home) && !/[\\/]node_modules[\\/]/.test(path);
}

/** The file of a frame: `file:///...` or a path; nothing for `node:internal/...` and native code. */
function pathIn(frame: string): string | undefined {
  const place = /(?:\(|at (?:async )?)((?:file:\/\/|[A-Za-z]:\\|\/)[^()]*?):\d+:\d+\)?$/.exec(frame)?.[1];
  if (place === undefined) return undefined;
  return place.startsWith('file://') ? fileURLToPath(place.replace(/\?.*$/, '')) : place;
}

function shortened(frame: string): string {
  const path = pathIn(frame) ?? '';
  const near = relative(process.cwd(), path);
  const shown = near.startsWith('..') || near === '' ? path : near;
  return frame.replace(/(?:file:\/\/)?(?:[A-Za-z]:\\|\/)[^()]*?(?=:\d+:\d+\)?$)/, shown);
}
