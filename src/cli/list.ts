/** `worldline list`: what there is to run. */
import { LINEARIZABILITY, placedProperties, qualifiedName } from '../check/monitor.ts';
import type { Bug, OptionSpec, Protocol } from '../check/protocol.ts';
import { builtInProtocols } from '../registry.ts';
import { table } from '../report/words.ts';
import { builtInFile, builtInNames, loadScenarioFile } from '../scenario/load-file.ts';
import { writeDuration } from '../scenario/values.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { bugAsData, linearizabilityTitle, type Named, namedLines, namedSo } from './list-named.ts';
import { createOutput, type Output } from './output.ts';
import { loadSubject, UnknownSubjectError } from './subject.ts';

export interface ListOptions {
  readonly json?: boolean;
  readonly color?: boolean;
}

/** With a name: all about one protocol, or what a bug or a property of that name is. */
export async function list(name: string | undefined, options: ListOptions): Promise<ExitCode> {
  const output = createOutput(options);
  try {
    if (name === undefined) await listAll(options, output);
    else await listOne(name, options, output);
  } finally {
    output.flush();
  }
  return exitCodes.expected;
}

async function listAll(options: ListOptions, output: Output): Promise<void> {
  const scenarios = await Promise.all(
    (await builtInNames()).map(async (name) => {
      const loaded = await loadScenarioFile(builtInFile(name));
      if (!loaded.ok) throw new Error(`the built-in scenario ${name} is not valid`);
      const { title, protocol } = loaded.scenario;
      return { name, title, protocol };
    }),
  );
  const protocols = await Promise.all(
    builtInProtocols.map(async ({ name, aliases, load }) => {
      const { title, bugs = [] } = await load();
      return { name, aliases, title, bugs: bugs.map(({ id, title }) => ({ id, title })) };
    }),
  );
  if (options.json) output.print(JSON.stringify({ format: 'worldline-list/1', scenarios, protocols }, null, 2));
  else tellAll(scenarios, protocols, output);
}

interface Listed {
  readonly name: string;
  readonly title: string;
}

function tellAll(
  scenarios: readonly Listed[],
  protocols: readonly (Listed & {
    readonly aliases: readonly string[];
    readonly bugs: readonly { readonly id: string }[];
  })[],
  { print, style }: Output,
): void {
  const width = Math.max(...[...scenarios, ...protocols].map(({ name }) => name.length)) + 2;
  print(style.bold('Scenarios') + style.dim('  worldline run NAME, worldline fuzz NAME'));
  for (const { name, title } of scenarios) print(`  ${name.padEnd(width)}${title}`);
  print('');
  print(style.bold('Protocols') + style.dim('  worldline list NAME tells all about one'));
  for (const { name, title, aliases, bugs } of protocols) {
    const known = aliases.length === 0 ? '' : ` (also ${aliases.join(', ')})`;
    print(`  ${name.padEnd(width)}${title}${known}`);
    if (bugs.length > 0) print(`  ${''.padEnd(width)}planted bugs: ${bugs.map(({ id }) => id).join(', ')}`);
  }
}

async function listOne(name: string, options: ListOptions, output: Output): Promise<void> {
  try {
    listProtocol((await loadSubject(name, {}, 'none')).protocol, options, output);
  } catch (error) {
    if (!(error instanceof UnknownSubjectError)) throw error;
    // All protocols are asked, and so are loaded: only for what is none of them.
    const named = await namedSo(name);
    if (named.length === 0) throw error;
    listNamed(named, options, output);
  }
}

function listNamed(named: readonly Named[], options: ListOptions, { print, style }: Output): void {
  if (options.json) print(JSON.stringify({ format: 'worldline-named/1', named }, null, 2));
  else print(named.map((one) => namedLines(one, style.bold).join('\n')).join('\n\n'));
}

function listProtocol(protocol: Protocol, options: ListOptions, output: Output): void {
  if (options.json) output.print(JSON.stringify(protocolAsData(protocol), null, 2));
  else for (const line of protocolLines(protocol, output)) output.print(line);
}

function protocolAsData(protocol: Protocol): object {
  const { name, title, population, options, operations, tolerates, bugs = [] } = protocol;
  const properties = placedProperties(protocol).map(({ path, property }) => ({
    name: qualifiedName(path, property.name),
    kind: property.kind,
    title: property.title,
    oracle: property.oracle,
    ...(property.source === undefined ? {} : { source: property.source }),
  }));
  return {
    format: 'worldline-protocol/1',
    name,
    title,
    population,
    options,
    operations,
    tolerates,
    properties,
    bugs: bugs.map(bugAsData),
  };
}

function protocolLines(protocol: Protocol, { style }: Output): string[] {
  const section = (heading: string, rows: readonly (readonly [string, string])[]): string[] =>
    rows.length === 0 ? [] : ['', style.bold(heading), ...table(rows)];
  const described = (kind: 'always' | 'sometimes'): [string, string][] =>
    placedProperties(protocol).flatMap(({ path, property }) =>
      property.kind === kind ? [[qualifiedName(path, property.name), property.title]] : [],
    );
  const history: [string, string][] =
    protocol.model === undefined ? [] : [[LINEARIZABILITY, linearizabilityTitle(protocol.model)]];
  return [
    `${style.bold(protocol.name)}  ${protocol.title}`,
    ...section('Nodes', Object.entries(protocol.population).map(nodesText)),
    ...section('Options  --option NAME=VALUE', Object.entries(protocol.options).map(optionText)),
    ...section('Always', [...described('always'), ...history]),
    ...section('Sometimes: what a campaign must have reached', described('sometimes')),
    ...section('Planted bugs  --bug ID', (protocol.bugs ?? []).map(bugText)),
  ];
}

const nodesText = ([role, { default: usual, choices }]: [string, Protocol['population'][string]]): [string, string] => [
  role,
  choices === undefined ? String(usual) : `${usual}; fuzzing draws from ${choices.join(', ')}`,
];

const optionText = ([name, spec]: [string, OptionSpec]): [string, string] => [
  name,
  `${spec.title}; usually ${spec.kind === 'duration' ? writeDuration(spec.default) : JSON.stringify(spec.default)}`,
];

const bugText = ({ id, title, violates }: Bug): [string, string] => [id, `${title} (breaks ${violates.join(', ')})`];
