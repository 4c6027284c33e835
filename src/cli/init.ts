/** `worldline init DIR`: a small working project with a protocol, its properties, planted bugs and their tests. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../version.ts';
import { type ExitCode, exitCodes, UsageError } from './exit.ts';
import { fileProblem, isFileSystemError } from './files.ts';
import { createOutput } from './output.ts';

/** The package's own folder: this file is dist/cli/init.js. */
const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What is written, from where in the package. */
const files: readonly (readonly [to: string, from: string])[] = [
  ['counter.js', 'examples/replicated-counter.js'],
  ['counter.test.js', 'templates/init/counter.test.js'],
  ['README.md', 'templates/init/README.md'],
];

export interface InitOptions {
  readonly json?: boolean;
  readonly color?: boolean;
}

export async function init(directory: string, options: InitOptions): Promise<ExitCode> {
  const output = createOutput(options);
  const target = resolve(directory);
  await refuseToOverwrite(target, directory);
  try {
    await write(target);
  } catch (error) {
    throw isFileSystemError(error) ? fileProblem('write', directory, error) : error;
  }
  const written = ['package.json', ...files.map(([to]) => to)];
  if (options.json === true) output.print(JSON.stringify({ directory: target, files: written }));
  else {
    output.print(`${directory}: ${written.join(', ')}`);
    output.print('');
    output.print(`${directory === '.' ? '' : `cd ${directory} && `}npm install && npm test`);
  }
  output.flush();
  return exitCodes.expected;
}

async function write(target: string): Promise<void> {
  await mkdir(join(target, 'corpus'), { recursive: true });
  for (const [to, from] of files) {
    const text = await readFile(join(packageRoot, from), 'utf8');
    await writeFile(join(target, to), asItLiesThere(text));
  }
  await writeFile(join(target, 'corpus', '.gitkeep'), '');
  await writeFile(join(target, '.gitignore'), 'node_modules/\n.worldline/\n');
  await writeFile(join(target, 'package.json'), `${JSON.stringify(await manifest(target), null, 2)}\n`);
}

/** The example calls itself, and the page about it, by where they lie in the package. */
const asItLiesThere = (text: string): string =>
  text
    .replaceAll('./replicated-counter.js', './counter.js')
    .replaceAll(/(?<!\/)docs\/write-a-protocol\.md/g, 'node_modules/worldline/docs/write-a-protocol.md');

async function refuseToOverwrite(target: string, directory: string): Promise<void> {
  if (!existsSync(target)) return;
  const present = await readdir(target).catch(() => {
    throw new UsageError(`${directory} is not a directory`, 'Name one that does not exist yet, or an empty one.');
  });
  const taken = present.filter((name) => name === 'package.json' || files.some(([to]) => to === name));
  if (taken.length > 0) {
    throw new UsageError(
      `${directory} has ${taken.join(', ')} already; nothing was written`,
      'Name a directory that does not exist yet, or an empty one.',
    );
  }
}

async function manifest(target: string): Promise<object> {
  return {
    name: packageName(basename(target)),
    private: true,
    type: 'module',
    scripts: { test: 'vitest run' },
    devDependencies: { vitest: '^4.1.0', worldline: await whereWorldlineIs() },
  };
}

/** npm's rules for names: lower case, no spaces, no leading dot. */
function packageName(directory: string): string {
  const name = directory
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' || name === 'worldline' ? 'worldline-project' : name;
}

/**
 * A released version comes from the registry. A checkout, and a package that was installed from a file, are named by their paths:
 * the new project then tests the very build that made it.
 */
async function whereWorldlineIs(): Promise<string> {
  if (existsSync(join(packageRoot, 'src'))) return `file:${packageRoot}`;
  const modules = dirname(packageRoot);
  const lock = await readFile(join(modules, '.package-lock.json'), 'utf8').catch(() => undefined);
  if (lock === undefined) return `^${VERSION}`;
  const packages = (JSON.parse(lock) as { packages?: { [path: string]: { resolved?: string } } }).packages ?? {};
  const { resolved } = packages['node_modules/worldline'] ?? {};
  return resolved?.startsWith('file:')
    ? `file:${resolve(dirname(modules), resolved.slice('file:'.length))}`
    : `^${VERSION}`;
}
