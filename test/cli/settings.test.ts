/** `--set path=value`: what a scenario may say, said on the command line. */
import { describe, expect, test } from 'vitest';
import { withSettings } from '../../src/cli/settings.ts';
import { loadSubject } from '../../src/cli/subject.ts';
import { bareScenario, type Scenario } from '../../src/scenario/scenario.ts';

const base: Scenario = {
  ...bareScenario('mine', 'mine', 'raft'),
  network: { lossPpm: 1, fifo: true },
  chaos: { profile: 'heavy', faultsMax: 4 },
};

describe('a setting', () => {
  test('is written as in a scenario file, and leaves its neighbours alone', () => {
    const set = withSettings(base, ['network.loss=5%', 'network.latency=1ms..3ms', 'chaos.weights={crash: 3}']);
    expect(set.network).toEqual({ lossPpm: 50_000, fifo: true, latency: { kind: 'uniform', min: 1_000, max: 3_000 } });
    expect(set.chaos).toEqual({ profile: 'heavy', faultsMax: 4, weights: { crash: 3 } });
    expect(set.name).toBe('mine');
  });

  test('may be of anything: limits, kinds of faults, whether liveness is judged', () => {
    const set = withSettings(base, ['limits.until=2s', 'chaos.faults=[crash, pause]', 'liveness=false']);
    expect(set).toMatchObject({ limits: { until: 2_000_000 }, chaos: { faults: ['crash', 'pause'] }, liveness: false });
  });

  test('that is no setting is refused by name, with what is meant', () => {
    expect(() => withSettings(base, ['network.los=5%'])).toThrow(
      /--set {2}network\.los: is not a field.*\n.*\n.*loss\?/,
    );
    expect(() => withSettings(base, ['network.loss'])).toThrow(/no value is given/);
    expect(() => withSettings(base, ['limits.until=5', 'limits.until.x=5'])).toThrow(/was given a value before/);
    expect(() => withSettings(base, ['chaos.faults=[crash'])).toThrow(/not written as in a scenario file/);
  });

  test('that is wrong for the protocol is not blamed on the file', async () => {
    const message = await loadSubject('raft', { set: ['properties=[XX]'] }, 'default').catch(String);
    expect(message).toMatch(/--set {2}properties\[0\]: "XX" is not a property of raft/);
    expect(message).not.toContain('.yaml');
  });
});
