/** Worker threads, as built: the same campaign, whoever runs its seeds. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Protocol } from '../../src/check/protocol.ts';
import type { FuzzOptions } from '../../src/explore/fuzz.ts';
import { argumentsOfWorkers } from '../../src/explore/pool.ts';
import type { FuzzReport } from '../../src/explore/report.ts';
import { bareScenario, type Scenario } from '../../src/scenario/scenario.ts';

/** Workers cannot be loaded from sources: these are the built modules. */
interface Built {
  fuzz(protocol: Protocol, scenario: Scenario, options: FuzzOptions): Promise<FuzzReport>;
  resolveProtocol(name: string, bug?: string): Promise<Protocol>;
}

let built: Built;
beforeAll(async () => {
  const from = (path: string): Promise<object> => import(new URL(`../../dist/${path}`, import.meta.url).href);
  built = { ...(await from('explore/fuzz.js')), ...(await from('registry.js')) } as unknown as Built;
});

async function campaign(options: Partial<FuzzOptions>, name = 'raft', bug?: string): Promise<FuzzReport> {
  const scenario = { ...bareScenario('pool', 'pool', name), ...(bug === undefined ? {} : { bug }) };
  const protocol = await built.resolveProtocol(name, bug);
  return built.fuzz(protocol, scenario, { seed: '7', shrink: false, ...options });
}

/** What must not depend on who ran what. */
const findings = ({ jobs: _jobs, wallSeconds: _wall, cpuSeconds: _cpu, ...rest }: FuzzReport) => rest;

describe('one, two and three jobs', () => {
  test('give the same report of a campaign that passes', async () => {
    const [one, two, three] = [
      await campaign({ runs: 70, jobs: 1 }),
      await campaign({ runs: 70, jobs: 2 }),
      await campaign({ runs: 70, jobs: 3 }),
    ];
    expect(one.verdict).toBe('passed');
    expect(findings(two)).toEqual(findings(one));
    expect(findings(three)).toEqual(findings(one));
  }, 90_000);

  test('stop at the same violation, the first in seed order, and count the same runs', async () => {
    const one = await campaign({ runs: 400, jobs: 1 }, 'raft', 'R06a');
    const two = await campaign({ runs: 400, jobs: 2 }, 'raft', 'R06a');
    expect(one.verdict).toBe('violated');
    expect(one.runs).toBe((one.groups[0]?.first.index as number) + 1);
    expect(findings(two)).toEqual(findings(one));
  });

  test('find the same groups with keepGoing', async () => {
    const one = await campaign({ runs: 80, jobs: 1, keepGoing: true }, 'raft', 'R06a');
    const two = await campaign({ runs: 80, jobs: 2, keepGoing: true }, 'raft', 'R06a');
    expect(one.groups[0]?.count).toBeGreaterThan(1);
    expect(findings(two)).toEqual(findings(one));
  });
});

test('several findings are shrunk side by side, to what one thread makes of them', async () => {
  const options = { runs: 40, keepGoing: true, shrink: true } as const;
  const one = await campaign({ ...options, jobs: 1 }, 'raft', 'R39');
  const two = await campaign({ ...options, jobs: 2 }, 'raft', 'R39');
  expect(one.groups.length).toBeGreaterThan(1);
  const told = ({ groups }: FuzzReport) => groups.map(({ shrinking, ...group }) => ({ ...group, ...shrinking?.after }));
  expect(told(two)).toEqual(told(one));
}, 90_000);

describe('in a worker', () => {
  const directory = mkdtempSync(join(tmpdir(), 'worldline-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  function moduleOf(onAsk: string): string {
    const path = join(directory, `protocol-${onAsk.length}.mjs`);
    writeFileSync(
      path,
      `export const protocol = {
        name: 'echo', title: 'echo', options: {}, baseTimeout: () => 50_000, operations: [{ type: 'ask' }],
        population: { server: { default: 1 }, client: { default: 3 } },
        tolerates: { crashes: true, unsyncedLoss: true, partitions: true, messageLoss: true, duplication: true, reordering: true,
          pauses: true, clockRatePpm: 1000, clockSteps: true },
        properties: [{ kind: 'always', name: 'OK', title: 'fine', oracle: 'internal', start: () => null }],
        roles: {
          server: { boot: () => ({ asked: 0 }), view: () => ({ role: 'server', label: '' }), onMessage: {
            Ask: (state, from, message, context) => { state.asked++; ${onAsk}; context.send(from, { type: 'Answer' }); } } },
          client: { boot: () => ({ request: null }), view: () => ({ role: 'client', label: '' }),
            onRequest: { ask: (state, request, context) => {
              state.request = request;
              context.send(context.directory.withRole('server')[0], { type: 'Ask' });
              context.setTimer('late', 400_000);
            } },
            onMessage: { Answer: (state, from, message, context) => {
              if (state.request !== null) context.reply(state.request, true);
              state.request = null;
            } },
            onTimer: { late: (state, key, context) => {
              if (state.request !== null) context.giveUp(state.request);
              state.request = null;
            } } },
        },
      };`,
    );
    return path;
  }

  test("a user's module is loaded by its path", async () => {
    const report = await campaign({ runs: 60, jobs: 2 }, moduleOf(''));
    expect(report).toMatchObject({ verdict: 'passed', runs: 60 });
  });

  test('a handler that loops for ever is stopped, named, and the same as without workers', async () => {
    const path = moduleOf('while (state.asked === 30);');
    const options = { runs: 40, hangSeconds: 0.5 };
    const two = await campaign({ ...options, jobs: 2 }, path);
    expect(two.groups[0]?.signature).toBe('failed hung onMessage.Ask');
    expect(findings(two)).toEqual(findings(await campaign({ ...options, jobs: 1 }, path)));
  });

  test('an interrupt ends the campaign after the batches under way', async () => {
    const controller = new AbortController();
    const onProgress: NonNullable<FuzzOptions['onProgress']> = ({ runs }) => {
      if (runs >= 20) controller.abort();
    };
    const report = await campaign({ runs: 100_000, jobs: 2, signal: controller.signal, onProgress });
    expect(report.interrupted).toBe(true);
    expect(report.runs).toBeLessThan(1_000);
    // What was run was run without a gap: the digest is that of a shorter campaign.
    expect((await campaign({ runs: report.runs })).digest).toBe(report.digest);
  });
});

describe('options of node', () => {
  const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const directory = mkdtempSync(join(tmpdir(), 'worldline-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  const PASSED = { status: 0, stderr: '' };
  /** A campaign of two jobs whose node has these options. */
  function campaignWith(...options: string[]): { status: number | null; stderr: string } {
    const command = [...options, MAIN, 'fuzz', 'raft', '--seed', '1', '--runs', '20', '--jobs', '2'];
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', cwd: directory });
    return { status, stderr };
  }

  test('of its engine hold for workers too, which may not be given them', () => {
    expect(argumentsOfWorkers(['--max-old-space-size=300', '--import', './hook.js'])).toEqual({});
    expect(campaignWith('--max-old-space-size=300')).toEqual(PASSED);
  });

  test('for looking at a program are for the main thread; what is loaded is loaded by workers too', () => {
    const given = ['--inspect=0', '--import', './hook.js', '--max-old-space-size=300', '--conditions=own', '-r', 'x'];
    expect(argumentsOfWorkers(given)).toEqual({
      execArgv: ['--import', './hook.js', '--conditions=own', '-r', 'x'],
    });
    expect(argumentsOfWorkers(['--cpu-prof'])).toEqual({ execArgv: [] });
    const profiled = ['--cpu-prof-dir', 'profiles', '--enable-source-maps', '--no-parallel-scavenge', '--no-warnings'];
    expect(argumentsOfWorkers(profiled)).toEqual({ execArgv: ['--enable-source-maps', '--no-warnings'] });
    expect(
      campaignWith('--cpu-prof-dir', join(directory, 'profiles'), '--cpu-prof', '--max-old-space-size=300'),
    ).toEqual(PASSED);
  });
});
