import { describe, expect, test } from 'vitest';
import { wantsColor } from '../../src/cli/output.ts';

describe('colours', () => {
  test('are for terminals', () => {
    expect(wantsColor(true, true, {})).toBe(true);
    expect(wantsColor(true, false, {})).toBe(false);
    expect(wantsColor(true, undefined, {})).toBe(false);
  });

  test('are given up for NO_COLOR, TERM=dumb and --no-color', () => {
    expect(wantsColor(true, true, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColor(true, true, { TERM: 'dumb' })).toBe(false);
    expect(wantsColor(false, true, {})).toBe(false);
  });

  test('are forced by FORCE_COLOR, unless the command line says no', () => {
    expect(wantsColor(true, false, { FORCE_COLOR: '1' })).toBe(true);
    expect(wantsColor(true, true, { FORCE_COLOR: '0' })).toBe(false);
    expect(wantsColor(false, true, { FORCE_COLOR: '1' })).toBe(false);
  });

  test('empty variables say nothing', () => {
    expect(wantsColor(true, true, { NO_COLOR: '', FORCE_COLOR: '' })).toBe(true);
  });
});
