/** `--set path=value`: anything a scenario may say, said on the command line. */
import { parse } from 'yaml';
import { loadScenarioValue } from '../scenario/load.ts';
import { describeProblem, type FieldPath } from '../scenario/problem.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { UsageError } from './exit.ts';

interface Table {
  [name: string]: unknown;
}

/**
 * The scenario with each `network.loss=5%` put into its place; values are written as in a scenario file.
 * @throws UsageError that names the setting and what is wrong with it.
 */
export function withSettings(scenario: Scenario, texts: readonly string[]): Scenario {
  if (texts.length === 0) return scenario;
  const settings: Table = {};
  for (const text of texts) put(settings, text);
  return changed(scenario, settings, '--set');
}

/**
 * The scenario with other values in the fields that are given, as a scenario file has them.
 * @throws UsageError that names the field and what is wrong with it, and `origin`, where it was given.
 */
export function changed(scenario: Scenario, settings: { readonly [field: string]: unknown }, origin: string): Scenario {
  const loading = loadScenarioValue({ protocol: scenario.protocol, ...settings }, scenario.name);
  if (!loading.ok) throw new UsageError(loading.problems.map((problem) => describeProblem(origin, problem)).join('\n'));
  return merged(scenario, loading.scenario, settings);
}

/** The fields that the path of a setting names, from the outermost on. */
const namesIn = (path: string): string[] => path.trim().split('.');

/** Whether one of the settings has set the field, or a table that it is in. */
export const isSetBy = (texts: readonly string[], field: FieldPath): boolean =>
  texts.some((text) => namesIn(text.slice(0, text.indexOf('='))).every((name, place) => String(field[place]) === name));

function put(settings: Table, text: string): void {
  const [, path = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (path === '') {
    throw new UsageError(
      `--set ${text}: no value is given`,
      'write --set path=value as in a scenario file, e.g. --set network.loss=5% or --set "chaos.faults=[crash, pause]"',
    );
  }
  const names = namesIn(path);
  const last = names.pop() as string;
  let table = settings;
  for (const name of names) {
    const inner = table[name] ?? {};
    if (!isTable(inner)) throw new UsageError(`--set ${text}: ${name} was given a value before`);
    table[name] = inner;
    table = inner;
  }
  table[last] = readValue(text, value);
}

function readValue(text: string, value: string): unknown {
  try {
    return parse(value);
  } catch {
    throw new UsageError(`--set ${text}: the value is not written as in a scenario file`);
  }
}

/** Tables are merged, down to what was set; anything else is replaced. */
function merged(base: Scenario, given: Scenario, settings: { readonly [field: string]: unknown }): Scenario {
  const overlay = (before: unknown, after: unknown, set: unknown): unknown => {
    if (!isTable(set) || !isTable(after) || !isTable(before)) return after;
    // A name in the file may stand for several fields inside (`loss` for `lossPpm`), so that all that was read is taken.
    const table: Table = { ...before };
    for (const [name, value] of Object.entries(after)) table[name] = overlay(before[name], value, set[name]);
    return table;
  };
  const result: Table = { ...(base as unknown as Table) };
  for (const name of Object.keys(settings))
    result[name] = overlay(result[name], (given as unknown as Table)[name], settings[name]);
  return result as unknown as Scenario;
}

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
