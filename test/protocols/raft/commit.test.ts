/** The arithmetic of quorums. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexHeldBy } from '../../../src/protocols/raft/commit.ts';
import { correctRules } from '../../../src/protocols/raft/rules.ts';

describe('the index that so many members hold', () => {
  it('is what sorting finds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 9 }), fc.nat(8), (match, more) => {
        const count = 1 + (more % match.length);
        const sorted = [...match].sort((left, right) => right - left);
        expect(indexHeldBy(count, match)).toBe(sorted[count - 1]);
      }),
    );
  });
});

describe('a quorum', () => {
  it('shares a member with every other quorum, and survives the loss of any minority', () => {
    for (let members = 1; members <= 9; members++) {
      const quorum = correctRules.quorum(members);
      expect(2 * quorum).toBeGreaterThan(members);
      expect(members - quorum).toBe(Math.floor((members - 1) / 2));
    }
  });
});
