/**
 * What a command is about. `worldline fuzz raft` names a scenario; a file may be a scenario (YAML) or a module that exports a scenario
 * or a protocol; and the name of a protocol stands for its scenario of the same name, or for one that fixes nothing.
 */
import { existsSync } from 'node:fs';
import type { Protocol } from '../check/protocol.ts';
import { builtInProtocols, isModulePath, resolveProtocol } from '../registry.ts';
import { counted } from '../report/words.ts';
import type { Loading } from '../scenario/load.ts';
import { builtInFile, builtInNames, loadScenarioFile, loadScenarioModule, modulePath } from '../scenario/load-file.ts';
import { describeProblem, inFileOrder, type Problem, placed } from '../scenario/problem.ts';
import { resolveOptions, resolveScenario } from '../scenario/resolve.ts';
import { bareScenario, type ChaosProfile, type Scenario } from '../scenario/scenario.ts';
import type { BareNumbers } from '../scenario/schema-parts.ts';
import type { Locate } from '../scenario/yaml.ts';
import { didYouMean, nearest } from '../sim/nearest.ts';
import { guardedOptions } from '../sim/options.ts';
import type { Json } from '../sim/plain.ts';
import { UsageError } from './exit.ts';
import { fileProblem, isFileSystemError } from './files.ts';
import { bugNamed, registered } from './protocols.ts';
import { changed, isSetBy, withSettings } from './settings.ts';
import { quoted } from './shell.ts';

export interface SubjectOptions {
  readonly bug?: string;
  readonly profile?: string;
  /** `name=value`, each overriding one option of the protocol. */
  readonly option?: readonly string[];
  /** `path=value`, each overriding one setting of the scenario. */
  readonly set?: readonly string[];
  readonly overBudget?: boolean;
  /** False: runs do not end in a calm. */
  readonly liveness?: boolean;
}

/** What a variant of a lesson changes in its scenario. */
export interface SubjectChange {
  readonly protocol?: string;
  /** Fields as a scenario file has them. */
  readonly set?: { readonly [field: string]: Json };
  /** Where this is said. */
  readonly origin: string;
}

export interface Subject {
  readonly scenario: Scenario;
  readonly protocol: Protocol;
  /** What names it again behind `worldline run` or `replay`, options that were given included. */
  readonly runWords: string;
  /** And behind `worldline fuzz`, which has another usual profile. */
  readonly fuzzWords: string;
}

/** @param usualProfile the chaos profile where neither the command line nor the scenario names one */
export async function loadSubject(
  name: string,
  options: SubjectOptions,
  usualProfile: ChaosProfile,
  change?: SubjectChange,
): Promise<Subject> {
  const found = applied(await find(name), change);
  const bug = options.bug ?? found.scenario.bug;
  const protocol = await protocolOf(found, bug);
  const settings = settingsOf(options);
  const resolution = resolveScenario(withSettings(found.scenario, settings), protocol, found.numbers);
  if (resolution.problems.length > 0) throw refused(found, resolution.problems, settings);
  const profile = readProfile(options.profile) ?? resolution.scenario.chaos.profile ?? usualProfile;
  const scenario: Scenario = {
    ...resolution.scenario,
    ...(bug === undefined ? {} : { bug: bugNamed(found.sound ?? (await registered(found.scenario.protocol)), bug) }),
    options: { ...resolution.scenario.options, ...readOptions(options.option ?? [], protocol) },
    chaos: { ...resolution.scenario.chaos, profile },
  };
  checkOptionReaders(protocol, scenario);
  const own = resolution.scenario.chaos.profile;
  return {
    scenario,
    protocol,
    runWords: wordsFor(name, options, profile === (own ?? 'none') ? undefined : profile),
    fuzzWords: wordsFor(name, options, profile === (own ?? 'default') ? undefined : profile),
  };
}

function applied(found: Found, change: SubjectChange | undefined): Found {
  if (change === undefined) return found;
  const { protocol = found.scenario.protocol, set = {}, origin } = change;
  return { ...found, scenario: changed({ ...found.scenario, protocol }, set, origin) };
}

/** Everything that is drawn is a multiple of the base timeout; and what asks for an option that nobody declared says so here. */
function checkOptionReaders(protocol: Protocol, scenario: Scenario): void {
  const usual = Object.fromEntries(Object.entries(protocol.options).map(([name, spec]) => [name, spec.default]));
  const options = guardedOptions({ ...usual, ...scenario.options }, 'options');
  protocol.toleratesUnder?.(options);
  const base = protocol.baseTimeout(options);
  if (Number.isSafeInteger(base) && base >= 1) return;
  throw new UsageError(
    `${protocol.name}.baseTimeout(...) gave ${base}`,
    'it must be a whole number of microseconds, at least 1, e.g. ms(150)',
  );
}

interface Found {
  readonly scenario: Scenario;
  readonly file: string;
  readonly locate: Locate;
  readonly numbers: BareNumbers;
  /** The protocol without a bug, where it is known already. */
  readonly sound?: Protocol;
}

async function find(name: string): Promise<Found> {
  if (name.endsWith('.json')) {
    throw new UsageError(`${name} is not a scenario`, `a capsule is replayed: worldline replay ${name}`);
  }
  if (/\.ya?ml$/i.test(name)) return fromLoading(await loading(name), name, 'refused');
  if (isModulePath(name)) return findInModule(name);
  if ((await builtInNames()).includes(name))
    return fromLoading(await loading(builtInFile(name)), builtInFile(name), 'refused');
  const protocol = builtInProtocols.find((one) => one.name === name || one.aliases.includes(name));
  if (protocol !== undefined) return findForProtocol(protocol.name);
  throw await unknownSubject(name);
}

async function loading(file: string): Promise<Loading> {
  try {
    return await loadScenarioFile(file);
  } catch (error) {
    throw isFileSystemError(error) ? fileProblem('read', file, error) : error;
  }
}

function fromLoading(loaded: Loading, file: string, numbers: BareNumbers): Found {
  if (!loaded.ok) throw faulty(file, loaded.problems);
  return { scenario: loaded.scenario, file, locate: loaded.locate, numbers };
}

async function findForProtocol(name: string): Promise<Found> {
  if ((await builtInNames()).includes(name)) return find(name);
  const sound = await resolveProtocol(name);
  return bare(bareScenario(name, sound.title, name), sound, name);
}

const bare = (scenario: Scenario, sound: Protocol, file: string): Found => ({
  scenario,
  file,
  locate: () => undefined,
  numbers: 'micros',
  sound,
});

/** A module's scenario; a module that exports none is taken as a protocol, under a scenario that fixes nothing. */
async function findInModule(name: string): Promise<Found> {
  const path = modulePath(name);
  const exists = existsSync(path);
  const sound = exists ? await scenarioIn(path) : undefined;
  if (sound !== undefined) return fromLoading(sound, name, 'micros');
  const protocol = await registered(path);
  return bare(bareScenario(protocol.name, protocol.title, path), protocol, name);
}

async function scenarioIn(path: string): Promise<Loading | undefined> {
  try {
    return await loadScenarioModule(path);
  } catch {
    // The registry imports the same module for its protocol, and says better what is wrong with it.
    return undefined;
  }
}

async function protocolOf(found: Found, bug: string | undefined): Promise<Protocol> {
  if (found.sound !== undefined && bug === undefined) return found.sound;
  try {
    return await registered(found.scenario.protocol, bug);
  } catch (error) {
    if (!(error instanceof UsageError) || found.sound !== undefined) throw error;
    throw inFile(error, found, bug);
  }
}

/** An unknown protocol or bug is the file's mistake when the file names it. */
function inFile(error: UsageError, found: Found, bug: string | undefined): UsageError {
  const aboutBug = error.message.includes('planted bug');
  if (aboutBug && bug !== found.scenario.bug) return error;
  const field = aboutBug ? 'bug' : 'protocol';
  const position = found.locate([field]);
  if (position === undefined) return error;
  return new UsageError(`${found.file}:${position.line}:${position.column}  ${field}: ${error.message}`, error.hint);
}

/** A mistake in what `--set` has set is the command's, any other the file's. */
function refused({ file, locate }: Found, problems: readonly Problem[], settings: readonly string[]): UsageError {
  const isGiven = ({ path }: Problem): boolean => isSetBy(settings, path);
  const told = problems.filter(isGiven).map((problem) => describeProblem('--set', problem));
  const others = problems.filter((problem) => !isGiven(problem));
  if (others.length === 0) return new UsageError(told.join('\n'));
  return new UsageError([...told, faulty(file, placed(others, locate)).message].join('\n'));
}

function faulty(file: string, problems: readonly Problem[]): UsageError {
  const told = inFileOrder(problems).map((problem) => describeProblem(file, problem));
  return new UsageError([`${file} has ${counted(problems.length, 'mistake')}`, ...told].join('\n'));
}

/** Neither a scenario nor a protocol, nor the path of a file. */
export class UnknownSubjectError extends UsageError {}

async function unknownSubject(name: string): Promise<UnknownSubjectError> {
  const scenarios = await builtInNames();
  const protocols = builtInProtocols.flatMap((one) => [one.name, ...one.aliases]);
  const similar = nearest(name, [...scenarios, ...protocols]);
  const hints = [
    ...(similar === undefined ? [] : [`did you mean ${similar}?`]),
    ...(existsSync(name) ? [`there is a file of that name; if it is a module, write ./${name}`] : []),
    `scenarios: ${scenarios.join(', ')}`,
    `protocols: ${builtInProtocols.map((one) => one.name).join(', ')}`,
    'a file is named by its path: my-scenario.yaml, ./my-protocol.js',
  ];
  return new UnknownSubjectError(`there is no scenario or protocol called ${JSON.stringify(name)}`, hints.join('\n'));
}

const profiles: readonly ChaosProfile[] = ['none', 'light', 'default', 'heavy', 'uniform'];

function readProfile(text: string | undefined): ChaosProfile | undefined {
  if (text === undefined) return undefined;
  const profile = profiles.find((name) => name === text);
  if (profile !== undefined) return profile;
  const similar = didYouMean(text, profiles);
  throw new UsageError(
    `there is no profile called ${JSON.stringify(text)}`,
    [...(similar === undefined ? [] : [similar]), `profiles: ${profiles.join(', ')}`].join('\n'),
  );
}

function readOptions(texts: readonly string[], protocol: Protocol): { readonly [name: string]: Json } {
  const given: { [name: string]: Json } = {};
  for (const text of texts) {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === '') {
      throw new UsageError(
        `--option ${text}: no value is given`,
        'write --option name=value, e.g. --option heartbeatInterval=20ms',
      );
    }
    given[name.trim()] = readValue(value.trim());
  }
  const { values, problems } = resolveOptions(given, protocol, 'refused', []);
  if (problems.length === 0) return values;
  throw new UsageError(problems.map((problem) => describeProblem('--option', problem)).join('\n'));
}

/** Numbers, true, false and null as JSON has them; everything else is text. */
function readValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** What has an option of its own is a setting all the same. */
const settingsOf = ({ set = [], overBudget, liveness }: SubjectOptions): readonly string[] => [
  ...set,
  ...(overBudget === true ? ['chaos.overBudget=true'] : []),
  ...(liveness === false ? ['liveness=false'] : []),
];

function wordsFor(name: string, options: SubjectOptions, profile: ChaosProfile | undefined): string {
  const { bug, option = [], set = [], overBudget, liveness } = options;
  const words = [
    name,
    ...(bug === undefined ? [] : ['--bug', bug]),
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...option.flatMap((text) => ['--option', text]),
    ...set.flatMap((text) => ['--set', text]),
    ...(overBudget === true ? ['--over-budget'] : []),
    ...(liveness === false ? ['--no-liveness'] : []),
  ];
  return words.map(quoted).join(' ');
}
