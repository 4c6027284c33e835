/** Ctrl-C and readers that go away. */
import { once } from 'node:events';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { createWorkplace, end, PATIENCE } from './command.ts';

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());

describe('Ctrl-C', () => {
  test.each(['1', '2'])(
    'ends a campaign of %s jobs after the runs under way, with a summary and exit code 130',
    async (jobs) => {
      const child = place.start('fuzz', 'raft', '--seed', '1', '--for', '60s', '--jobs', jobs);
      const ending = end(child);
      await once(child.stdout as NodeJS.ReadableStream, 'data');
      setTimeout(() => child.kill('SIGINT'), 2_500);
      const { code, signal, stdout, stderr } = await ending;
      expect(stderr).toContain('Stopping after the runs under way. Ctrl-C again stops at once.');
      expect(stdout).toMatch(/PASSED {2}[\d,]+ runs? before the interruption|INCONCLUSIVE|NOTHING RAN/);
      expect({ code, signal }).toEqual({ code: 130, signal: null });
    },
  );

  test('a second time does not wait', async () => {
    const child = place.start(
      'fuzz',
      'raft',
      '--bug',
      'R06a',
      '--seed',
      '1',
      '--for',
      '60s',
      '--keep-going',
      '--jobs',
      '2',
    );
    const ending = end(child);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    setTimeout(() => child.kill('SIGINT'), 1_500);
    child.stderr?.once('data', () => child.kill('SIGINT'));
    const { code, stdout } = await ending;
    expect(code).toBe(130);
    expect(stdout).not.toContain('before the interruption');
  });
});

/** The exit codes of all parts of a pipe. */
const codes = 'echo codes $'.concat('{PIPESTATUS[*]}');

describe('a reader that has seen enough', () => {
  test.each([
    'worldline list | head -1',
    'worldline --help | head -1',
    'worldline run raft-partition --plain | head -3',
    'worldline run raft --trace - 2> /dev/null | head -1',
  ])('%s is quiet, and leaves the exit code alone', (line) => {
    const ended = place.shell(`${line}; ${codes}`);
    expect(ended.stderr).toBe('');
    expect(ended.stdout).toContain('codes 0 0');
  });

  test('does not turn a violation into a success', () => {
    const ended = place.shell(`worldline fuzz raft --bug R06a --seed 6 --runs 200 --no-shrink | head -1; ${codes}`);
    expect(ended.stdout).toContain('codes 1 0');
    expect(ended.stderr).toBe('');
  });
});
