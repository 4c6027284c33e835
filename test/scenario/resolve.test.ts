import { expect, test } from 'vitest';
import { always } from '../../src/check/property.ts';
import { defineProtocol, type Protocol } from '../../src/check/protocol.ts';
import { paxosCommit } from '../../src/protocols/paxos-commit/paxos-commit.ts';
import { raft } from '../../src/protocols/raft/raft.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { writePath } from '../../src/scenario/problem.ts';
import { resolveScenario } from '../../src/scenario/resolve.ts';

const role = { boot: () => ({}), view: () => ({ role: 'server', label: '' }) };

const protocol: Protocol = defineProtocol({
  name: 'counter',
  title: 'A counter',
  roles: {
    server: {
      ...role,
      onMessage: { Add: () => undefined },
      onTimer: { tick: () => undefined },
      onAdmin: { reset: () => undefined },
    },
    client: { ...role, onRequest: { add: () => undefined } },
  },
  population: { server: { default: 3, choices: [3, 5] }, client: { default: 2 } },
  options: {
    patience: { kind: 'duration', title: 'patience', default: 1_000, min: 1, max: 10_000 },
    batch: { kind: 'integer', title: 'batch', default: 4, min: 1, max: 8 },
    mode: { kind: 'choice', title: 'mode', default: 'safe', of: ['safe', 'fast'] },
  },
  baseTimeout: () => 1_000,
  operations: [{ type: 'add' }],
  tolerates: {
    crashes: true,
    unsyncedLoss: true,
    partitions: true,
    messageLoss: true,
    duplication: true,
    reordering: true,
    pauses: true,
    clockRatePpm: 0,
    clockSteps: false,
  },
  properties: [always({ name: 'SUM', title: 'the sum is right', oracle: 'internal', start: () => null })],
});

function resolve(text: string) {
  const loaded = loadScenario(`protocol: counter\n${text}`, 'mine');
  if (!loaded.ok)
    throw new Error(loaded.problems.map(({ path, sentence }) => `${writePath(path)} ${sentence}`).join('; '));
  return resolveScenario(loaded.scenario, protocol, 'refused');
}

const complaints = (text: string): string[] =>
  resolve(text).problems.map(
    ({ path, sentence, hint }) => `${writePath(path)}: ${sentence}${hint === undefined ? '' : ` (${hint})`}`,
  );

test('options take the unit that the protocol says they have', () => {
  expect(resolve('options: { patience: 2ms, batch: 8, mode: fast }').scenario.options).toEqual({
    patience: 2_000,
    batch: 8,
    mode: 'fast',
  });
});

test.each([
  ['options: { patiense: 2ms }', 'options.patiense: is not an option of counter (did you mean patience?)'],
  ['options: { patience: 5 }', 'options.patience: 5 has no unit (write 5ms or 5s)'],
  ['options: { batch: many }', 'options.batch: "many" does not fit'],
  ['options: { mode: slow }', 'options.mode: "slow" does not fit'],
  ['nodes: { servers: 5 }', 'nodes.servers: is not a role of counter (did you mean server?)'],
  ['nodes: { server: 0 }', 'nodes.server: is 0, and there is no counter without any'],
  ['clocks: { n4: { offset: 1s } }', 'clocks.n4: is not a node of this scenario'],
  ['faults: [{ at: 1s, kind: crash, node: n4 }]', 'faults[0].node: "n4" is not a node of this scenario'],
  [
    'faults: [{ at: 1s, kind: partition, groups: [[n1], [n2, n9]] }]',
    'faults[0].groups[1][1]: "n9" is not a node of this scenario',
  ],
  [
    'faults: [{ when: { message: Addd }, kind: crash, node: n1 }]',
    'faults[0].when.message: "Addd" is not a message of counter (did you mean Add?)',
  ],
  [
    'faults: [{ when: { timer: tock }, kind: crash, node: n1 }]',
    'faults[0].when.timer: "tock" is not a timer of counter (did you mean tick?)',
  ],
  [
    'faults: [{ at: 1s, kind: admin, node: n1, action: { type: resett } }]',
    'faults[0].action.type: "resett" is not an operator action of counter (did you mean reset?)',
  ],
  [
    'workload: { calls: [{ at: 1s, client: c3, op: { type: add } }] }',
    'workload.calls[0].client: "c3" is not a client of this scenario',
  ],
  [
    'workload: { calls: [{ at: 1s, client: c1, op: { type: sub } }] }',
    'workload.calls[0].op.type: "sub" is not an operation of counter',
  ],
  ['properties: [SUMM]', 'properties[0]: "SUMM" is not a property of counter (did you mean SUM?)'],
  ['expect: { violated: LIN }', 'expect.violated: "LIN" is not a property of counter'],
  ['chaos: { from: 2s, to: 1s }', 'chaos.to: is earlier than from (time only runs forward here)'],
])('%s is refused', (text, complaint) => {
  expect(complaints(text)).toEqual([complaint]);
});

test('nobody may be there of a role that the protocol itself leaves empty at times, and of clients', () => {
  expect(complaints('nodes: { client: 0 }')).toEqual([]);
  const loaded = loadScenario('protocol: paxos-commit\nnodes: { acceptor: 0 }', 'mine');
  expect(loaded.ok && resolveScenario(loaded.scenario, paxosCommit, 'refused').problems).toEqual([]);
});

test('liveness is a property like any other where the protocol owes something', () => {
  const text = 'protocol: raft\nproperties: [LIN, liveness]\nexpect: { violated: liveness }';
  const loaded = loadScenario(text, 'mine');
  expect(loaded.ok && resolveScenario(loaded.scenario, raft, 'refused').problems).toEqual([]);
  expect(complaints('properties: [liveness]')).toEqual(['properties[0]: "liveness" is not a property of counter']);
});

test('a node that joins later may be named', () => {
  const joins = '{ at: 1s, kind: join, node: n4, role: server, options: { patience: 3ms } }';
  const { scenario, problems } = resolve(`faults: [${joins}, { at: 2s, kind: crash, node: n4 }]`);
  expect(problems).toEqual([]);
  expect(scenario.faults[0]).toMatchObject({ options: { patience: 3_000 } });
});

test('a scenario that names nodes fixes how many there are, so that every seed has them', () => {
  expect(resolve('').scenario.nodes).toEqual({});
  expect(resolve('faults: [{ at: 1s, kind: crash, node: n3 }]').scenario.nodes).toEqual({ server: 3, client: 2 });
});
