import { expect, test } from 'vitest';
import { nearest } from '../../src/sim/nearest.ts';

const known = ['raft', 'raft-partition', 'raft-crash-recovery', 'lease-lock', 'R05', 'R06a', 'n1'];

test.each([
  ['rafft', 'raft'],
  ['rfat', 'raft'],
  ['RAFT', 'raft'],
  ['raft-partiton', 'raft-partition'],
  ['raft-crash', 'raft-crash-recovery'],
  ['leaselock', 'lease-lock'],
  ['r6a', 'R06a'],
])('who writes %s means %s', (written, meant) => {
  expect(nearest(written, known)).toBe(meant);
});

test.each(['paxos', 'two-phase-commit', 'n4', ''])('%j is like nothing that is known', (written) => {
  expect(nearest(written, known)).toBeUndefined();
});
