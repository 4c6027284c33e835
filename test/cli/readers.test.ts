import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/exit.ts';
import { readCount, readSeconds, readSeed } from '../../src/cli/readers.ts';
import { quoted } from '../../src/cli/shell.ts';

describe('what people type after an option', () => {
  test('a seed is a number, a hexadecimal one, or a word', () => {
    expect(readSeed('17')).toBe('17');
    expect(readSeed('0x2a')).toBe('42');
    expect(readSeed('4dd91e2')).toBe('4dd91e2');
    expect(() => readSeed('-5')).toThrow(UsageError);
  });

  test('a count is a whole number', () => {
    expect(readCount('--runs', undefined)).toBeUndefined();
    expect(readCount('--runs', '1000')).toBe(1_000);
    expect(readCount('--runs', '0', 0)).toBe(0);
    for (const text of ['0', '1.5', '1e3', '-1', 'x', '']) expect(() => readCount('--runs', text)).toThrow(UsageError);
  });

  test('a time has a unit', () => {
    expect(readSeconds('--for', '1500ms')).toBe(1.5);
    expect(readSeconds('--for', '2m')).toBe(120);
    for (const text of ['60', '0s', '-1s', 'soon']) expect(() => readSeconds('--for', text)).toThrow(UsageError);
  });
});

describe('a command to paste', () => {
  test('quotes the words that a shell would take apart', () => {
    expect(quoted('./my-protocol.js')).toBe('./my-protocol.js');
    expect(quoted('my protocol.js')).toBe("'my protocol.js'");
    expect(quoted("it's")).toBe("'it'\\''s'");
    expect(quoted('x; rm y')).toBe("'x; rm y'");
  });
});
