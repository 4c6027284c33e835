/** The recorded histories beside the tests, with their expected verdicts. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkLinearizability, type LinearizabilityResult } from '../../src/check/linearizability.ts';
import { objectModel } from '../../src/check/object-models.ts';
import { type ObjectHistory, readHistories } from '../../src/check/read-history.ts';

const HISTORIES: string = fileURLToPath(new URL('./histories/', import.meta.url));

export function readText(folder: string, file: string): string {
  return readFileSync(`${HISTORIES}${folder}/${file}`, 'utf8');
}

export function readExpected<T>(folder: string): Readonly<Record<string, T>> {
  return JSON.parse(readText(folder, 'expected.json')) as Record<string, T>;
}

export function filesOf(folder: string): readonly string[] {
  return readdirSync(`${HISTORIES}${folder}`).sort((left, right) => (left < right ? -1 : 1));
}

export function readObjectHistory(folder: string, file: string): ObjectHistory {
  const [history, ...others] = readHistories(readText(folder, file));
  if (history?.kind !== 'object' || others.length > 0) throw new Error(`${file}: expected one history of an object`);
  return history;
}

export function judgeAll(history: ObjectHistory): LinearizabilityResult {
  return checkLinearizability(history.operations, objectModel(history), { judgeAll: true });
}
