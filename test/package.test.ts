import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from './support/lint.ts';

const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string };

describe('a stranger installs the packed package into an empty directory', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'worldline-package-'));
  let shipped: string[] = [];

  beforeAll(() => {
    shipped = packInto(scratch);
    writeFileSync(join(scratch, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
    const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`], scratch);
  }, 120_000);

  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('finds compiled code, scenarios and documentation in it, and no sources or tests', () => {
    expect(shipped).toContain('dist/index.js');
    expect(shipped).toContain('dist/index.d.ts');
    expect(shipped).toContain('dist/cli/main.js');
    expect(shipped.filter((path) => path.startsWith('scenarios/'))).not.toEqual([]);
    expect(shipped.filter((path) => /^(?:src|test|bench|\.ci|lint|scripts)\//.test(path))).toEqual([]);
  });

  it('imports the public API by the name of the package', () => {
    const program = `import { fuzz } from 'worldline'; console.log(typeof fuzz);`;
    expect(run('node', ['--input-type=module', '-e', program], scratch).trim()).toBe('function');
  });

  it('gets types that a strict compiler accepts, down to the last declaration', () => {
    writeFileSync(
      join(scratch, 'stranger.ts'),
      `import { fuzz } from 'worldline';\nexport const campaign: typeof fuzz = fuzz;\n`,
    );
    const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
    const options = [
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--noEmit',
      '--types',
      '',
      'stranger.ts',
    ];
    expect(run('node', [compiler, ...options], scratch)).toBe('');
  });

  it('resolves the schema that editors complete scenario files from', () => {
    const program = `import schema from 'worldline/scenario.schema.json' with { type: 'json' }; console.log(typeof schema);`;
    expect(run('node', ['--no-warnings', '--input-type=module', '-e', program], scratch).trim()).toBe('object');
  });

  it('runs the command', () => {
    expect(run('npx', ['--no-install', 'worldline', '--version'], scratch)).toContain(version);
  });

  it('fuzzes a protocol that lies beside it', () => {
    copyFileSync(join(scratch, 'node_modules/worldline/examples/replicated-counter.js'), join(scratch, 'counter.js'));
    const told = run(
      'npx',
      ['--no-install', 'worldline', 'fuzz', './counter.js', '--runs', '40', '--seed', '1'],
      scratch,
    );
    expect(told).toContain('PASSED  40 runs');
  });

  it('begins a project whose tests pass, planted bugs caught included', () => {
    run('npx', ['--no-install', 'worldline', 'init', 'demo'], scratch);
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], join(scratch, 'demo'));
    const told = run('npm', ['test'], join(scratch, 'demo'));
    expect(told).toMatch(/Tests.*3 passed/);
    const again = spawnSync('npx', ['--no-install', 'worldline', 'init', 'demo'], { cwd: scratch, encoding: 'utf8' });
    expect(again.status).toBe(2);
    expect(again.stderr).toContain('nothing was written');
  }, 180_000);
});

/** Packs the repository as built (the build ran before the tests) and returns the paths inside the package. */
function packInto(directory: string): string[] {
  const listing = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', directory], repositoryRoot);
  const [packed] = JSON.parse(listing) as { files: { path: string }[] }[];
  return (packed?.files ?? []).map(({ path }) => path);
}

/** Runs a program to its end and returns its standard output; a failure throws with all that it printed. */
function run(program: string, options: readonly string[], directory: string): string {
  try {
    return execFileSync(program, options, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${options.join(' ')} failed:\n${stdout ?? ''}${stderr ?? error}`);
  }
}
