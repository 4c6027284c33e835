// Compiles src to dist, then makes dist an exact image of src: data files copied, leftovers of deleted sources removed,
// the command executable. The exit code is the compiler's.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');
const output = join(root, 'dist');
const command = join(output, 'cli', 'main.js');
/** Its time is when the last finished build began, so that a source edited meanwhile is newer. */
const stamp = '.built';

const began = new Date();
const exitCode = compile();
const sources = filesUnder(source);
copyData(sources);
removeLeftovers(sources);
if (existsSync(command)) chmodSync(command, 0o755);
writeFileSync(join(output, stamp), '');
utimesSync(join(output, stamp), began, began);
process.exit(exitCode);

function compile() {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const options = ['-p', join(root, 'tsconfig.build.json')];
  return spawnSync(process.execPath, [compiler, ...options], { cwd: root, stdio: 'inherit' }).status ?? 1;
}

function copyData(paths) {
  for (const path of paths.filter((name) => name.endsWith('.json'))) {
    mkdirSync(dirname(join(output, path)), { recursive: true });
    copyFileSync(join(source, path), join(output, path));
  }
}

function removeLeftovers(paths) {
  const stems = new Set(paths.map(stemOf));
  for (const path of filesUnder(output)) {
    if (path !== stamp && !stems.has(stemOf(path))) rmSync(join(output, path));
  }
}

function stemOf(path) {
  return path.replace(/(?:\.d)?\.(?:[cm]?[jt]sx?|json)(?:\.map)?$/, '');
}

function filesUnder(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}
