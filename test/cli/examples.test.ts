/** The examples that help begins with, every one of them run as it stands. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { examples } from '../../src/cli/examples.ts';
import { counterModule, createWorkplace, PATIENCE } from '../e2e/command.ts';

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());

beforeAll(() => {
  place.file('my-protocol.js', counterModule());
  place.worldline('fuzz', 'raft', '--bug', 'R06a', '--seed', '2', '--runs', '200', '--no-shrink');
});

const lines = Object.values(examples).flatMap((group) => group.map(({ command }) => command));

/** What would take long is begun, and not gone through with. */
const begun = (line: string): string =>
  line.startsWith('worldline fuzz') && !line.includes('--for') ? `${line} --seed 1 --runs 10 --no-shrink` : line;

describe('every example of the help', () => {
  test.each([...new Set(lines)])('%s', (line) => {
    const ended = place.shell(begun(line));
    expect(ended.stderr).toBe('');
    // A capsule fails again, a planted bug may be found within ten runs, everything else passes.
    expect(line.includes('.worldline/failures/') ? [1] : line.includes('--bug') ? [0, 1] : [0]).toContain(ended.code);
  });
});
