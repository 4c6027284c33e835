import { describe, expect, it } from 'vitest';
import { removeAt, withLast } from '../../../src/protocols/atomic-commit/lists.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('lists', () => {
  it('withLast makes a new list with one item more, of any length', () => {
    for (let length = 0; length < 6; length++) {
      const items = upTo(length);
      expect(withLast(items, length)).toEqual(upTo(length + 1));
      expect(items).toEqual(upTo(length));
    }
  });

  it('removeAt does what splice does', () => {
    for (let place = 0; place < 4; place++) {
      const items = upTo(4);
      removeAt(items, place);
      expect(items).toEqual(upTo(4).filter((item) => item !== place));
    }
  });
});
