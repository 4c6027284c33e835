import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot: string = fileURLToPath(new URL('../..', import.meta.url));

/** What the linter said about one line of a planted file. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  /** The linter's category, `lint/style/noRestrictedImports` or `plugin`. */
  readonly rule: string;
  readonly message: string;
}

/**
 * Lints planted sources under the repository's own configuration, in a temporary copy that holds nothing else.
 * `files` maps a path inside the repository to a source text.
 */
export function lintPlanted(files: ReadonlyMap<string, string>): Finding[] {
  const directory = mkdtempSync(join(tmpdir(), 'worldline-lint-'));
  try {
    for (const name of ['biome.json', 'lint', 'package.json', '.gitignore']) {
      cpSync(join(repositoryRoot, name), join(directory, name), { recursive: true });
    }
    for (const [path, text] of files) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    return runLinter(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface LinterReport {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly message: string;
    readonly location: { readonly path: string; readonly start: { readonly line: number } };
  }[];
}

function runLinter(directory: string): Finding[] {
  const report = JSON.parse(linterOutput(directory)) as LinterReport;
  return report.diagnostics.map(({ category, message, location }) => ({
    path: location.path,
    line: location.start.line,
    rule: category,
    message,
  }));
}

function linterOutput(directory: string): string {
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
  const options = ['lint', '--reporter=json', '--max-diagnostics=none', '.'];
  try {
    return execFileSync(process.execPath, [biome, ...options], { cwd: directory, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    // Exit code 1: there are findings, which is what we came for. Anything without a report is not.
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    if (stdout?.startsWith('{')) return stdout;
    throw new Error(`the linter gave no report: ${stderr ?? error}`);
  }
}
