/** Capsules: what is written is what is read, nothing is overwritten, and a damaged file says what is wrong with it. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Capsule, CapsuleError, capsuleText, makeCapsule } from '../../src/explore/capsule.ts';
import { capsuleName, readCapsule, writeCapsule } from '../../src/explore/capsule-file.ts';
import { execute } from '../../src/explore/execute.ts';
import { planSource } from '../../src/explore/generate.ts';
import { parseCapsule } from '../../src/explore/parse-capsule.ts';
import { withBug } from '../../src/registry.ts';
import { bareScenario } from '../../src/scenario/scenario.ts';
import { VERSION } from '../../src/version.ts';
import { counter } from '../toys/counter.ts';
import { protocol as register } from '../toys/quorum-register.ts';

const scenario = { ...bareScenario('toy', 'a toy', './toys/quorum-register.js'), bug: 'Q02' };

function someCapsule(): Capsule {
  const protocol = withBug(register, 'Q02');
  const source = planSource(protocol, scenario);
  for (let seed = 0; ; seed++) {
    const plan = source.plan(String(seed));
    const execution = execute(protocol, plan);
    if (execution.verdict === 'violated') return makeCapsule(plan, execution, { scenario: 'toy', seed: String(seed) });
  }
}
const capsule = someCapsule();

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'worldline-'));
});
afterEach(() => {
  chmodSync(directory, 0o700);
  rmSync(directory, { recursive: true });
});

test('the version in capsules is that of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(VERSION).toBe(version);
});

describe('a capsule', () => {
  test('is read as it was written, and its plan gives the same run again', async () => {
    const path = await writeCapsule(capsule, directory);
    const read = await readCapsule(path);
    expect(read).toEqual(capsule);
    const again = execute(withBug(register, 'Q02'), read.plan);
    expect(again.digest).toBe(capsule.digest);
    expect(again.violation).toEqual(capsule.violation);
  });

  test('is named after protocol, bug, property and seed', () => {
    expect(capsuleName(capsule)).toBe(`quorum-register-Q02-LIN-${capsule.seed}`);
    expect(capsuleName({ ...capsule, seed: 'a/b: c' })).toBe('quorum-register-Q02-LIN-a-b-c');
  });

  test('of a failure holds what the code threw', () => {
    const onAdd = (): never => {
      throw new Error('no');
    };
    const protocol = counter({ onAdd });
    const plan = planSource(protocol, bareScenario('toy', '', './counter.js')).plan('1');
    const made = makeCapsule(plan, execute(protocol, plan), { scenario: 'toy', seed: '1' });
    expect(made).toMatchObject({ verdict: 'failed', signature: 'failed threw onMessage.Add' });
    expect(parseCapsule(capsuleText(made))).toEqual(made);
  });

  test('cannot be made of a run that did not fail', () => {
    const plan = planSource(register, scenario).plan('1');
    expect(() => makeCapsule(plan, execute(register, plan), { scenario: 'toy', seed: '1' })).toThrow('did not fail');
  });

  test('reads well: a fault, a call and a node are a line each', () => {
    const lines = capsuleText(capsule).split('\n');
    expect(lines.some((line) => line.startsWith('      {"at":'))).toBe(true);
    expect(lines.length).toBeGreaterThan(capsule.plan.calls.length);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(400);
  });
});

describe('the directory of failures', () => {
  test('keeps everything: another capsule of the same name gets another file, the same one does not', async () => {
    const first = await writeCapsule(capsule, directory);
    const second = await writeCapsule({ ...capsule, events: capsule.events + 1 }, directory);
    const third = await writeCapsule({ ...capsule, events: capsule.events + 2 }, directory);
    expect(await writeCapsule(capsule, directory)).toBe(first);
    expect(second).toMatch(/-2\.json$/);
    expect(third).toMatch(/-3\.json$/);
    expect(readdirSync(directory)).toHaveLength(3);
    expect(await readCapsule(first)).toEqual(capsule);
  });

  test('is made where there is none', async () => {
    const path = await writeCapsule(capsule, join(directory, 'deep', 'down'));
    expect(await readCapsule(path)).toEqual(capsule);
  });

  test('that cannot be made is the error of the file system, with its path', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, 'in the way');
    await expect(writeCapsule(capsule, join(file, 'below'))).rejects.toMatchObject({
      code: 'ENOTDIR',
      path: expect.stringContaining('file'),
    });
    expect(readFileSync(file, 'utf8')).toBe('in the way');
  });
});

describe('a bad capsule', () => {
  const text = capsuleText(capsule);
  const problem = (bad: string): CapsuleError => {
    try {
      parseCapsule(bad);
    } catch (error) {
      expect(error).toBeInstanceOf(CapsuleError);
      expect((error as CapsuleError).hint).not.toBe('');
      return error as CapsuleError;
    }
    throw new Error('it was accepted');
  };
  const altered = (change: (fields: Record<string, unknown>) => void): string => {
    const fields = JSON.parse(text);
    change(fields);
    return JSON.stringify(fields);
  };

  test.each([0.1, 0.5, 0.9, 0.999])('truncated after %d of its text is called truncated', (part) => {
    expect(problem(text.slice(0, Math.floor((text.length - 2) * part))).message).toContain('ends in the middle');
  });

  test('of another format names the version that wrote it', () => {
    const newer = problem(
      altered((fields) => Object.assign(fields, { format: 'worldline-capsule/2', version: '9.9.9' })),
    );
    expect(newer.message).toContain('worldline-capsule/2');
    expect(newer.message).toContain(VERSION);
    expect(newer.hint).toContain('worldline 9.9.9');
  });

  test('is told apart from other files', () => {
    expect(problem('').message).toBe('the file is empty');
    expect(problem('protocol: raft\n}').message).toContain('not JSON');
    expect(problem('[1, 2]').message).toContain('not a capsule');
    expect(problem('{"format": "worldline-trace/1"}').message).toContain('worldline-trace/1');
    expect(problem('{"protocol": "raft"}').message).toContain('no field `format`');
    expect(problem('{"format": 1}').message).toContain('its format is 1');
  });

  test('with an unknown field, at the top or in the plan, is refused by that name', () => {
    expect(problem(altered((fields) => Object.assign(fields, { colour: 'red' }))).message).toContain(
      'colour is not a field',
    );
    const inPlan = altered((fields) => Object.assign(fields.plan as object, { weather: 'wet' }));
    expect(problem(inPlan).message).toContain('plan.weather');
  });

  test('with a wrong value says where, and what was expected', () => {
    const kind = problem(
      altered((fields) => Object.assign(fields.plan as object, { faults: [{ kind: 'crush', at: 5, node: 'n1' }] })),
    );
    expect(kind.message).toContain('plan.faults[0].kind');
    expect(kind.message).toContain('crash');
    const at = problem(
      altered((fields) => Object.assign(fields.plan as object, { faults: [{ kind: 'crash', at: -5, node: 'n1' }] })),
    );
    expect(at.message).toContain('plan.faults[0].at');
    expect(problem(altered((fields) => delete fields.digest)).message).toContain('digest is missing');
    expect(problem(altered((fields) => Object.assign(fields, { verdict: 'bad' }))).message).toContain(
      'violated or failed',
    );
    expect(problem(altered((fields) => delete fields.plan)).message).toContain('plan is missing');
  });
});
