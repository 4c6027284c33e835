/** The crash matrix: one transfer between two participants under two-phase commit and its relatives. */
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../src/check/protocol.ts';
import { crashMatrix } from '../../src/explore/matrix.ts';
import { paxosCommit } from '../../src/protocols/paxos-commit/paxos-commit.ts';
import {
  enhancedThreePhaseCommit,
  quorumThreePhaseCommit,
  threePhaseCommit,
} from '../../src/protocols/three-phase-commit/three-phase-commit.ts';
import { twoPhaseCommit } from '../../src/protocols/two-phase-commit/two-phase-commit.ts';
import { matrixLines } from '../../src/report/matrix.ts';
import { plainStyle } from '../../src/report/style.ts';
import { bug } from '../protocols/atomic-commit/cluster.ts';

const NOTHING = { committed: 0, aborted: 0, waited: 0, blocked: 0, split: 0 };

describe('two-phase commit', () => {
  const report = crashMatrix(twoPhaseCommit);

  it('blocks for ever where the coordinator dies between the votes it has asked for and COMMIT, and only there', () => {
    const blocking = report.rows.filter(({ outcomes }) => outcomes.never.includes('blocked'));
    expect(blocking.map(({ node, event }) => [node, event])).toEqual([
      ['n1', 'n3: n1.1.1 done'],
      ['n1', 'n2: vote yes n1.1.1'],
      ['n1', 'n3: vote yes n1.1.1'],
    ]);
  });

  it('waits there until the coordinator is back', () => {
    for (const { outcomes } of report.rows) {
      outcomes.never.forEach((outcome, effect) => {
        expect(outcomes.late[effect]).toBe(outcome === 'blocked' ? 'waited' : outcome);
      });
    }
  });

  it('never splits', () => {
    for (const counts of Object.values(report.counts)) expect(counts.split).toBe(0);
  });

  it('is a picture', () => {
    const lines = matrixLines(report, plainStyle);
    expect(lines.find((line) => line.includes('n3: vote yes n1.1.1'))).toMatch(
      / n1 {2}n3: vote yes n1\.1\.1 +BBBBBc+ +w+c+ +w+c+ {2}aac {2}aac$/,
    );
    expect(lines.at(-1)).toMatch(/^\d+ runs, \d+\.\d s of processor time$/);
  });
});

describe.each([threePhaseCommit, quorumThreePhaseCommit, enhancedThreePhaseCommit, paxosCommit])(
  '$name',
  (protocol: Protocol) => {
    it('decides without whoever has crashed', () => {
      const { counts } = crashMatrix(protocol);
      expect(counts['crash, back never']).toMatchObject({
        ...NOTHING,
        committed: expect.any(Number),
        aborted: expect.any(Number),
      });
      for (const { split, blocked } of Object.values(counts)) expect([split, blocked]).toEqual([0, 0]);
    });
  },
);

it('with one process more two-phase commit blocks with its coordinator only, and three-phase commit does not', () => {
  const two = crashMatrix(twoPhaseCommit, { wide: true });
  expect(two.links).toHaveLength(6);
  const blocking = two.rows.filter(({ outcomes }) => outcomes.never.includes('blocked'));
  expect(blocking.map(({ node }) => node)).toEqual(['n1', 'n1', 'n1', 'n1']);
  expect(two.counts['crash, back late']?.waited).toBe(two.counts['crash, back never']?.blocked);
  expect(crashMatrix(threePhaseCommit, { wide: true }).counts['crash, back never']).toMatchObject({
    blocked: 0,
    split: 0,
  });
});

it('three-phase commit never blocks and never splits under two crashes; a planted bug splits', () => {
  const twice = 'two crashes, back never';
  const { counts } = crashMatrix(threePhaseCommit, { pairs: ['never', 'late'] });
  expect(counts[twice]).toMatchObject({ waited: 0, blocked: 0, split: 0 });
  expect(counts['two crashes, back late']).toMatchObject({ waited: expect.any(Number), blocked: 0, split: 0 });
  expect(crashMatrix(bug(threePhaseCommit, 'P02'), { pairs: ['never'] }).counts[twice]?.split).toBeGreaterThan(0);
}, 120_000);

it('refuses what decides nothing', () => {
  const { deciding: _deciding, ...protocol } = twoPhaseCommit;
  expect(() => crashMatrix(protocol)).toThrow(RangeError);
});
