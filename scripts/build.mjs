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
if (exitCode === 0) await bundleTerminal();
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

/** ink and react in one file: 416 files of theirs take 0.7 s to load, one takes 0.1 s. */
async function bundleTerminal() {
  const { build } = await import('esbuild');
  const entry = join(output, 'tui', 'show.js');
  await build({
    entryPoints: [entry],
    outfile: entry,
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'inline',
    // Without fetch the layout engine, which is in the bundle, need not load node's client for HTTP to find that out.
    define: { 'process.env.NODE_ENV': '"production"', fetch: 'undefined' },
    plugins: [{ name: 'layers', setup: keepLayersApart }],
    // What is written for CommonJS asks for node's own modules by require.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
}

/** What lies outside of dist/tui is shared with the rest of the program. React's tools for developers are left out. */
function keepLayersApart(build) {
  build.onResolve({ filter: /^\.\.\// }, ({ path, resolveDir }) =>
    resolveDir === join(output, 'tui') ? { path, external: true } : undefined,
  );
  build.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'nothing' }));
  build.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'export default {};' }));
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
