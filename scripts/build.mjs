// Makes dist: the types of every source, and the programs, bundled. The command loads one file for each part of it that is asked for;
// with a file for each source, and a hundred of its libraries', a cold `replay` spent a fifth of its time on finding and opening them.
// The exit code is the type checker's.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');
const output = join(root, 'dist');
/** Its time is when the last finished build began, so that a source edited meanwhile is newer. */
const stamp = '.built';
const licences = 'licences.txt';

/** What is asked for by its path: by the package's exports, by worker threads, by tests of what is built. */
const programs = [
  'cli/main.ts',
  'cli/engine.ts',
  'index.ts',
  'testing/vitest.ts',
  'testing/fast-check.ts',
  'explore/worker.ts',
  'explore/fuzz.ts',
  'registry.ts',
  'tui/show.tsx',
];
/** Shared with whoever uses the package, or with files of their own. */
const external = ['fast-check', 'vitest', 'tinypool'];

const began = new Date();
const exitCode = declareTypes();
const { outputs, inputs } = await bundle();
writeFileSync(join(output, licences), licencesOf(inputs));
removeLeftovers(outputs);
chmodSync(join(output, 'cli', 'main.js'), 0o755);
writeFileSync(join(output, stamp), '');
utimesSync(join(output, stamp), began, began);
process.exit(exitCode);

function declareTypes() {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const options = ['-p', join(root, 'tsconfig.build.json')];
  return spawnSync(process.execPath, [compiler, ...options], { cwd: root, stdio: 'inherit' }).status ?? 1;
}

/** Files that several programs share become chunks of their own, so that there is one instance of everything. */
async function bundle() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: programs.map((path) => join(source, path)),
    outbase: source,
    outdir: output,
    // As deep as the programs: what is found from a module's own place is found from its chunk.
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external,
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'inline',
    metafile: true,
    // Without fetch ink's layout engine need not load node's client for HTTP to find out that it carries its code with it.
    define: { 'process.env.NODE_ENV': '"production"', fetch: 'undefined' },
    plugins: [{ name: 'no tools for developers', setup: leaveOutDeveloperTools }],
    // What is written for CommonJS asks for node's own modules by require.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
  return { outputs: Object.keys(metafile.outputs), inputs: Object.keys(metafile.inputs) };
}

/** Ink asks for React's tools for developers, which nobody has installed. */
function leaveOutDeveloperTools(building) {
  building.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'nothing' }));
  building.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'export default {};' }));
}

/** Of every package that is part of a bundle. */
function licencesOf(inputs) {
  const folders = new Set(inputs.flatMap((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? '' : `\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
    return `${name} ${version}, ${license}\n${text}`;
  });
  return `The files in this folder contain parts of these packages:\n\n${texts.join('\n---\n\n')}`;
}

/** What is neither of this build nor the types of a source that there is. */
function removeLeftovers(outputs) {
  const built = new Set([stamp, licences, ...outputs.map((path) => path.slice('dist/'.length))]);
  const typed = new Set(filesUnder(source).map((path) => path.replace(/\.tsx?$/, '.d.ts')));
  for (const path of filesUnder(output)) if (!built.has(path) && !typed.has(path)) rmSync(join(output, path));
  for (const path of foldersUnder(output)) if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
}

function filesUnder(directory) {
  return below(directory).filter((path) => statSync(join(directory, path)).isFile());
}

/** The deepest first. */
function foldersUnder(directory) {
  const paths = below(directory).map((path) => join(directory, path));
  return paths.filter((path) => statSync(path).isDirectory()).sort((a, b) => b.length - a.length);
}

function below(directory) {
  return existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: 'utf8' }) : [];
}
