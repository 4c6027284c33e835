/** Long campaigns: killed and resumed, split into shards and merged, they come to the same report as one left alone. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Protocol } from '../../src/check/protocol.ts';
import { progressText } from '../../src/cli/progress.ts';
import { CampaignDigest } from '../../src/explore/campaign-digest.ts';
import { type Checkpoint, CheckpointError } from '../../src/explore/checkpoint.ts';
import { type FuzzOptions, fuzz } from '../../src/explore/fuzz.ts';
import { MergeError, mergeReports } from '../../src/explore/merge.ts';
import type { FuzzReport, Progress } from '../../src/explore/report.ts';
import { withBug } from '../../src/registry.ts';
import { bareScenario } from '../../src/scenario/scenario.ts';
import { protocol as register } from '../toys/quorum-register.ts';

const bare = bareScenario('toy', 'a toy', './toy.js');
const buggy = withBug(register, 'Q02');

const campaign = (protocol: Protocol, options: Partial<FuzzOptions> = {}): Promise<FuzzReport> =>
  fuzz(protocol, bare, { seed: 'abc', runs: 48, shrink: false, batchSeeds: 5, ...options });

/** What must not depend on how it was run. */
const findings = ({ jobs: _jobs, wallSeconds: _wall, cpuSeconds: _cpu, interrupted: _by, ...rest }: FuzzReport) => rest;

describe('a campaign that is killed', () => {
  /** Runs until `batches` batches were taken, and gives the last checkpoint, as JSON would have kept it. */
  async function killedAfter(batches: number, protocol: Protocol, options: Partial<FuzzOptions>): Promise<Checkpoint> {
    const controller = new AbortController();
    let last: Checkpoint | undefined;
    let taken = 0;
    const onCheckpoint = (checkpoint: Checkpoint): void => {
      last = JSON.parse(JSON.stringify(checkpoint));
      if (++taken === batches) controller.abort();
    };
    await campaign(protocol, { ...options, onCheckpoint, signal: controller.signal });
    return last as Checkpoint;
  }

  test.each([
    ['without findings', register, {}],
    ['with findings, going on', buggy, { keepGoing: true }],
  ])('goes on to the same report (%s)', async (_what, protocol, options) => {
    const whole = await campaign(protocol, options);
    let checkpoint = await killedAfter(1, protocol, options);
    expect(checkpoint.done).toBe(5);
    for (let kills = 0; kills < 3; kills++)
      checkpoint = await killedAfter(2, protocol, { ...options, resume: checkpoint });
    expect(checkpoint.done).toBe(35);
    const watched: Progress[] = [];
    const onProgress = (progress: Progress): void => void watched.push(progress);
    const resumed = await campaign(protocol, { ...options, resume: checkpoint, onProgress });
    expect(findings(resumed)).toEqual(findings(whole));
    // The budget is that of the whole, and who watches is told how much of it was done before.
    expect(watched.at(-1)).toMatchObject({ runs: 48, runsBefore: 35, runsTotal: 48 });
    expect(progressText(watched.at(-1) as Progress)).toMatch(/^48 of 48 runs \(35 before it was resumed\), /);
    expect(resumed.wallSeconds).toBeGreaterThan(checkpoint.wallSeconds);
  });

  test('after its end has nothing left to do', async () => {
    const options = { runs: 20 };
    const whole = await campaign(register, options);
    const checkpoint = await killedAfter(99, register, options);
    expect(findings(await campaign(register, { ...options, resume: checkpoint }))).toEqual(findings(whole));
    const found = await killedAfter(99, buggy, options);
    expect((await campaign(buggy, { ...options, resume: found })).runs).toBe(found.tally.runs);
  });

  test('is not continued by another one', async () => {
    const resume = await killedAfter(1, register, {});
    const refused = async (options: Partial<FuzzOptions>): Promise<string> => {
      const error: unknown = await campaign(register, { ...options, resume }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(CheckpointError);
      return (error as CheckpointError).message;
    };
    expect(await refused({ seed: 'abd' })).toContain('its seed is "abc", not "abd"');
    expect(await refused({ keepGoing: true })).toContain('keepGoing');
    expect(await refused({ shard: { index: 1, count: 2 } })).toContain('shard');
    const other = { ...resume, version: '0.0.0' };
    await expect(campaign(register, { resume: other })).rejects.toThrow('its version is "0.0.0"');
  });
});

describe('a campaign in shards', () => {
  const sharded = (protocol: Protocol, count: number, options: Partial<FuzzOptions> = {}): Promise<FuzzReport[]> =>
    Promise.all(
      Array.from({ length: count }, (_, place) =>
        campaign(protocol, { ...options, shard: { index: place + 1, count } }),
      ),
    );

  test.each([2, 3, 7])('of %i runs every seed once, and merges to the report of the whole', async (count) => {
    const options = { keepGoing: true };
    const whole = await campaign(buggy, options);
    const parts = await sharded(buggy, count, options);
    expect(parts.reduce((sum, { runs }) => sum + runs, 0)).toBe(48);
    const merged = mergeReports(parts, bare.expect);
    expect(findings(merged)).toEqual(findings(whole));
    expect(mergeReports(parts.toReversed(), bare.expect).digest).toBe(whole.digest);
  });

  test('that stop at their first finding have found the first of all', async () => {
    const whole = await campaign(buggy);
    const merged = mergeReports(await sharded(buggy, 4), bare.expect);
    expect(merged.verdict).toBe('violated');
    expect(merged.groups[0]?.first).toEqual(whole.groups[0]?.first);
  });

  test('that passed pass together, unless too few of them show what is required', async () => {
    const parts = await sharded(register, 2);
    expect(mergeReports(parts, bare.expect)).toMatchObject({ verdict: 'passed', asExpected: true, runs: 48 });
    const demanding = parts.map((report) => ({
      ...report,
      coverage: { ...report.coverage, goals: [{ goal: 'G', title: 'never', seeds: 0, requiredWithinSeeds: 40 }] },
    }));
    const half = mergeReports(demanding.slice(0, 1), bare.expect);
    expect([half.verdict, half.reasons]).toEqual(['inconclusive', ['of 2 shards 2 is missing']]);
    const whole = mergeReports(demanding, bare.expect);
    expect([whole.verdict, whole.reasons]).toEqual(['inconclusive', [expect.stringContaining('goal G')]]);
  });

  test('are refused where they do not belong together', async () => {
    const [one, two] = (await sharded(register, 2)) as [FuzzReport, FuzzReport];
    const merging =
      (...reports: FuzzReport[]) =>
      () =>
        mergeReports(reports, bare.expect);
    expect(merging()).toThrow(MergeError);
    expect(merging(one, one)).toThrow('shard 1/2 is there twice');
    expect(merging(one, { ...two, seed: '5' })).toThrow('seed is abc and 5');
    expect(merging(one, { ...two, shard: { index: 2, count: 3 } })).toThrow('different numbers of shards');
    await expect(campaign(register, { shard: { index: 3, count: 2 } })).rejects.toThrow('there is no shard 3/2');
  });
});

test('the digest of a campaign depends on every run and its place, not on the order of adding', () => {
  const digests = fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { minLength: 1, maxLength: 20 });
  const digestOf = (runs: readonly (readonly [number, string])[]): string => {
    const digest = new CampaignDigest();
    for (const [index, run] of runs) digest.addRun(index, run);
    return digest.toString();
  };
  fc.assert(
    fc.property(digests, fc.nat(), (values, choice) => {
      const runs = values.map((value, index) => [index, value.toString(16).padStart(16, '0')] as const);
      const whole = digestOf(runs);
      expect(whole).toMatch(/^[0-9a-f]{16}$/);
      expect(digestOf(runs.toReversed())).toBe(whole);
      const place = choice % runs.length;
      const [index, run] = runs[place] as readonly [number, string];
      const flipped = ((BigInt(`0x${run}`) ^ 1n) & (2n ** 64n - 1n)).toString(16).padStart(16, '0');
      expect(digestOf(runs.with(place, [index, flipped]))).not.toBe(whole);
      expect(digestOf(runs.with(place, [index + 100, run]))).not.toBe(whole);
    }),
  );
});
