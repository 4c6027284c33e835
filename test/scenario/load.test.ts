import { describe, expect, test } from 'vitest';
import type { ScenarioInput } from '../../src/scenario/input.ts';
import { loadScenario, scenarioOfValue } from '../../src/scenario/load.ts';
import { describeProblem } from '../../src/scenario/problem.ts';

const problemsOf = (text: string): string[] => {
  const loaded = loadScenario(text, 'mine');
  return loaded.ok ? [] : loaded.problems.map((problem) => describeProblem('mine.yaml', problem));
};

describe('a scenario file', () => {
  test('needs a protocol and nothing else', () => {
    const loaded = loadScenario('protocol: raft', 'mine');
    expect(loaded).toMatchObject({
      ok: true,
      scenario: { name: 'mine', protocol: 'raft', faults: [], chaos: {}, expect: { verdict: 'passed' } },
    });
  });

  test('speaks in durations and percentages, which become microseconds and parts per million', () => {
    const loaded = loadScenario(
      `
protocol: raft
network: { latency: 1ms..10ms, loss: 1%, duplication: 200ppm, fifo: true }
disk: { syncLatency: { kind: bimodal, min: 1ms, max: 2ms, slowMax: 1s, slow: 0.1% } }
clocks: { n2: { offset: -3s, ratePpm: 200 } }
faults:
  - { at: 2s, kind: noise, loss: 10%, for: 500ms }
  - { when: { note: becameLeader, nth: 2 }, kind: crash, node: { noted: becameLeader }, unsynced: prefix }
limits: { until: 8s }
expect: { violated: ES }
`,
      'mine',
    );
    expect(loaded).toMatchObject({
      ok: true,
      scenario: {
        network: {
          latency: { kind: 'uniform', min: 1_000, max: 10_000 },
          lossPpm: 10_000,
          duplicationPpm: 200,
          fifo: true,
        },
        disk: { syncLatency: { kind: 'bimodal', slowPpm: 1_000, slowMax: 1_000_000 } },
        clocks: { n2: { offset: -3_000_000, ratePpm: 200 } },
        faults: [
          { at: 2_000_000, kind: 'noise', lossPpm: 100_000, for: 500_000 },
          {
            kind: 'crash',
            when: { note: 'becameLeader', nth: 2 },
            node: { noted: 'becameLeader' },
            unsynced: 'prefix',
          },
        ],
        limits: { until: 8_000_000 },
        expect: { verdict: 'violated', property: 'ES' },
      },
    });
  });

  test('with a typing mistake is told where, what is known, and what was probably meant', () => {
    expect(problemsOf('protocol: raft\nnetwrk: {}')).toEqual([
      `mine.yaml:2:1  netwrk: is not a field that is known here
    expected  one of name, title, protocol, bug, options, nodes, network, disk, clocks, workload, chaos, liveness, faults, properties, limits, expect
    hint      did you mean network?`,
    ]);
  });

  test('is told of all its mistakes at once, in the order of the file', () => {
    const text = `
protocol: raft
network: { latency: -5ms, los: 1% }
faults:
  - { at: 2s, kind: isolat, node: n1 }
  - { kind: crash, node: n1 }
limits: { until: 10 }
chaos: { profile: hevy }`;
    expect(problemsOf(text).map((problem) => problem.split('\n')[0])).toEqual([
      'mine.yaml:3:12  network.latency: "-5ms" is negative',
      'mine.yaml:3:27  network.los: is not a field that is known here',
      'mine.yaml:5:15  faults[0].kind: "isolat" is not known here',
      'mine.yaml:6:5  faults[1]: has no moment',
      'mine.yaml:7:11  limits.until: 10 has no unit',
      'mine.yaml:8:10  chaos.profile: "hevy" is not known here',
    ]);
  });

  test('hangs a fault on a time, on an event or on both, and not on neither', () => {
    const anchored = (anchor: string): string[] =>
      problemsOf(`protocol: raft\nfaults:\n  - { ${anchor}kind: crash, node: n1 }`);
    expect(anchored('at: 1s, ')).toEqual([]);
    expect(anchored('when: { timer: election }, ')).toEqual([]);
    expect(anchored('')[0]).toContain('faults[0]: has no moment');
    expect(anchored('at: 1s, when: { timer: election }, ')).toEqual([]);
    expect(anchored('when: { timer: election, note: becameLeader }, ')[0]).toContain('names no event or several');
  });

  test.each([
    ['', 'The scenario is empty.'],
    ['- a list', 'does not fit'],
    ['protocol: [raft', 'This is not valid YAML'],
    ['protocol: raft\nprotocol: raft', 'put both values under it'],
    ['protocol: raft\nnetwork:\n\tloss: 1%', 'indent with spaces'],
    ['protocol: raft\n---\nprotocol: raft', 'one document per file'],
  ])('that is no scenario at all (%j) is refused in words', (text, message) => {
    expect(problemsOf(text).join('\n')).toContain(message);
  });

  test('does not take a bare number for a duration, of which unit it would be a guess', () => {
    expect(problemsOf('protocol: raft\nlimits: { until: 10 }')[0]).toContain('write 10ms or 10s');
  });
});

describe('a scenario from a module', () => {
  test('may give durations in microseconds', () => {
    const input: ScenarioInput = {
      protocol: './counter.js',
      limits: { until: 5_000_000 },
      network: { latency: 2_000 },
    };
    expect(scenarioOfValue(input, 'counter')).toMatchObject({
      ok: true,
      scenario: { limits: { until: 5_000_000 }, network: { latency: { kind: 'constant', value: 2_000 } } },
    });
  });

  test('is told of its mistakes too, without a place in a file', () => {
    const loaded = scenarioOfValue({ protocol: './counter.js', fault: [] }, 'counter');
    expect(loaded).toMatchObject({ ok: false, problems: [{ path: ['fault'], hint: 'did you mean faults?' }] });
  });
});
