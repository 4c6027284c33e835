/** Scenarios on disk: the built-in ones beside the package, and files and modules of users. */
import { promises } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ScenarioInput } from './input.ts';
import { type Loading, loadScenario, scenarioOfValue } from './load.ts';
import type { Scenario } from './scenario.ts';

/** The folder of the built-in scenarios, beside src in a checkout and beside dist in a package. */
const builtInDirectory = (): string => fileURLToPath(new URL('../../scenarios', import.meta.url));

/** Names of the built-in scenarios, in alphabetical order. */
export async function builtInNames(): Promise<readonly string[]> {
  const files = await promises.readdir(builtInDirectory());
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort((left, right) => (left < right ? -1 : 1));
}

export const builtInFile = (name: string): string => join(builtInDirectory(), `${name}.yaml`);

/**
 * A scenario from a YAML file. A protocol that is a module is found beside the scenario's file.
 * @throws the file system's error when the file cannot be read.
 */
export async function loadScenarioFile(file: string): Promise<Loading> {
  const text = await promises.readFile(file, 'utf8');
  return anchored(loadScenario(text, nameOf(file)), file);
}

/** The scenario that a module exports as `scenario`; undefined when it exports none. Whatever the module throws passes through. */
export async function loadScenarioModule(file: string): Promise<Loading | undefined> {
  const exported = (await import(pathToFileURL(resolve(file)).href)) as { readonly scenario?: ScenarioInput };
  if (exported.scenario === undefined) return undefined;
  return anchored(scenarioOfValue(exported.scenario, nameOf(file)), file);
}

/** `scenarios/My Test.yaml` is called `my-test` when it does not say otherwise. */
const nameOf = (file: string): string =>
  basename(file, extname(file))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '') || 'scenario';

const anchored = (loading: Loading, file: string): Loading =>
  loading.ok ? { ...loading, scenario: withProtocolBeside(loading.scenario, file) } : loading;

function withProtocolBeside(scenario: Scenario, file: string): Scenario {
  if (!isModulePath(scenario.protocol)) return scenario;
  return { ...scenario, protocol: modulePath(resolve(dirname(file), scenario.protocol)) };
}

/** As the registry tells module paths from names. */
const isModulePath = (text: string): boolean => text.startsWith('.') || isAbsolute(text) || /\.[cm]?[jt]s$/.test(text);

/** A module's path as scenarios, plans and capsules hold it: relative to the working directory, with forward slashes. */
export function modulePath(file: string): string {
  const path = relative(process.cwd(), resolve(file)).split(sep).join('/');
  return path.startsWith('..') || isAbsolute(path) ? path : `./${path}`;
}
