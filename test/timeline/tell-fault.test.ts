import { expect, test } from 'vitest';
import type { Fault } from '../../src/sim/faults.ts';
import { tellFault, tellFaultEnd } from '../../src/timeline/tell-fault.ts';

const at = 0;
const second = 1_000_000;

/** How each fault begins, and how it ends where it does. */
const told: readonly (readonly [Fault, string, string?])[] = [
  [
    { kind: 'partition', groups: [['n1', 'n2'], ['n3']], at, for: second },
    'the network splits into {n1 n2} and {n3} for 1 s',
    'the network is whole again',
  ],
  [
    {
      kind: 'partition',
      groups: [
        ['n1', 'n2', 'n3'],
        ['n3', 'n4', 'n5'],
      ],
      at,
    },
    'the network splits into {n1 n2 n3} and {n3 n4 n5}, with n3 as a bridge',
  ],
  [
    {
      kind: 'partition',
      groups: [
        ['n1', 'n2'],
        ['n2', 'n3'],
        ['n3', 'n1'],
      ],
      at,
    },
    'the network becomes a ring: n1-n2-n3-n1',
  ],
  [
    { kind: 'isolate', node: 'n1', from: ['n1', 'n2', 'n3'], direction: 'outbound', at },
    'n1 can hear but reaches none of n2 and n3',
    'n1 is connected again',
  ],
  [{ kind: 'isolate', node: 'n1', at }, 'n1 is cut off from everybody'],
  [
    {
      kind: 'partial',
      pairs: [
        ['n1', 'n2'],
        ['n2', 'n3'],
      ],
      at,
    },
    'n1-n2 and n2-n3 lose contact',
    'everybody reaches everybody again',
  ],
  [
    { kind: 'flapping', groups: [['n1'], ['n2']], cut: 1_000, healed: 2_000, at, for: second },
    'the network splits into {n1} and {n2} for 1 ms, not for the last time',
    'the network is whole again',
  ],
  [
    {
      kind: 'degrade',
      from: ['n1'],
      to: ['n2'],
      latency: { kind: 'constant', value: 5_000 },
      lossPpm: 10_000,
      capacity: 3,
      at,
    },
    'links from n1 to n2 get worse: latency 5 ms, 1 % of messages lost, room for 3 at a time',
    'links from n1 to n2 are as good as before',
  ],
  [
    { kind: 'filter', messages: ['Vote'], from: ['n1'], at },
    'every Vote from n1 is filtered out',
    'Vote gets through again',
  ],
  [{ kind: 'outage', nodes: ['n1', 'n2'], at, for: second }, 'the power fails at n1 and n2, to return after 1 s'],
  [{ kind: 'crash-loop', node: 'n1', times: 3, down: 1, up: 1, at }, 'n1 crashes, 3 times in a row'],
  [
    { kind: 'slow-node', node: 'n1', cost: 3_000, at, for: second },
    'n1 gets slow: every handler takes 3 ms for 1 s',
    'n1 is as fast as before',
  ],
  [
    { kind: 'clock-drift', node: 'n1', ppm: 5_000, every: second, at },
    'the clock of n1 drifts by up to 0.5 %, another way every 1 s',
    'the clock of n1 runs as before',
  ],
  [{ kind: 'disk-stall', node: 'n1', at, for: second }, 'the disk of n1 stalls for 1 s', 'the disk of n1 works again'],
  [{ kind: 'full-disk', node: 'n1', at }, 'the disk of n1 is full', 'the disk of n1 has room again'],
  [
    { kind: 'bit-flip', node: { noted: 'becameLeader' }, at },
    'a bit flips on the disk of the node that last noted "became leader"',
  ],
];

for (const [fault, begins, ends] of told) {
  test(begins, () => {
    expect(tellFault(fault)).toBe(begins);
    if (ends !== undefined) expect(tellFaultEnd(fault)).toBe(ends);
  });
}
