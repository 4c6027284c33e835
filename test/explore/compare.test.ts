/** Commit protocols side by side: what blocking costs, and what not blocking costs. */
import { describe, expect, it } from 'vitest';
import { type CompareRow, compareProtocols } from '../../src/explore/compare.ts';
import { paxosCommit } from '../../src/protocols/paxos-commit/paxos-commit.ts';
import { threePhaseCommit } from '../../src/protocols/three-phase-commit/three-phase-commit.ts';
import { twoPhaseCommit } from '../../src/protocols/two-phase-commit/two-phase-commit.ts';
import { compareLines } from '../../src/report/compare.ts';
import { plainStyle } from '../../src/report/style.ts';

describe('two-phase commit beside three-phase commit', () => {
  const report = compareProtocols([twoPhaseCommit, threePhaseCommit, paxosCommit], 5);
  const rowsOf = (name: string): readonly [CompareRow, CompareRow] => {
    const rows = report.situations.find((situation) => situation.name === name)?.rows ?? [];
    return [rows[0] as CompareRow, rows[1] as CompareRow];
  };

  it('two-phase commit is cheaper while nothing happens', () => {
    const [two, three] = rowsOf('quiet');
    expect(two.messages).toBeLessThan(three.messages);
    expect(two.forcedWrites).toBeLessThan(three.forcedWrites);
    expect(two.delayMs).toBeLessThan(three.delayMs);
    expect(Math.max(two.doubtMaxMs, three.doubtMaxMs)).toBeLessThan(50);
  });

  it('its participants are in doubt as long as the coordinator is down, and until they ask again', () => {
    const [short] = rowsOf('short outage');
    const [long] = rowsOf('long outage');
    expect(short.doubtMaxMs).toBeGreaterThan(450);
    expect(short.doubtMaxMs).toBeLessThan(1_600);
    expect(long.doubtMaxMs).toBeGreaterThan(2_900);
  });

  it('that grows with the downtime; the next inquiry is at most eight intervals away', () => {
    const [two, three, paxos] = report.growth.map(({ doubtMaxMs }) => doubtMaxMs);
    report.downtimesMs.forEach((downtime, i) => {
      expect(two?.[i]).toBeGreaterThan(downtime);
      expect(two?.[i]).toBeLessThan(downtime + 8 * 120 + 50);
      expect(three?.[i]).toBeLessThan(1_500);
      expect(paxos?.[i]).toBeLessThan(500);
    });
  });

  it('keeps locks meanwhile, and delays those that want them', () => {
    const [quiet] = rowsOf('quiet');
    const [long] = rowsOf('long outage');
    expect(long.lockSeconds).toBeGreaterThan(quiet.lockSeconds);
    expect(long.delayed).toBeGreaterThan(quiet.delayed);
  });

  it('those of three-phase commit are not', () => {
    const [, long] = rowsOf('long outage');
    expect(long.doubtMaxMs).toBeLessThan(1_500);
    expect(long.neverLearnt).toBe(0);
  });

  it('three-phase commit splits in a partition, which is outside its model', () => {
    const [two, three] = rowsOf('halves');
    expect([two.splits, two.outsideModel]).toEqual([0, false]);
    expect(three.splits).toBeGreaterThan(0);
    expect(three.outsideModel).toBe(true);
    expect(compareLines(report, plainStyle).join('\n')).toMatch(
      /three-phase-commit .*splits in \d+ runs?: outside its model/,
    );
  });
});
