/**
 * A scenario held against its protocol: do the nodes, options, operations, properties and events that it names exist?
 * Also turns the durations among the options into microseconds, which only the protocol can tell from text.
 */
import { propertyNames } from '../check/monitor.ts';
import type { OptionSpec, Protocol } from '../check/protocol.ts';
import type { Fault, Target, Trigger } from '../sim/faults.ts';
import { nearest } from '../sim/nearest.ts';
import type { Json } from '../sim/plain.ts';
import type { AnyRole } from '../sim/protocol.ts';
import { quote } from './issues.ts';
import { countsOf, populate } from './population.ts';
import type { FieldPath, Problem } from './problem.ts';
import type { Scenario } from './scenario.ts';
import type { BareNumbers } from './schema-parts.ts';
import { DURATION_EXPECTED, readDuration } from './values.ts';

export interface Resolution {
  /** Meaningful only without problems. */
  readonly scenario: Scenario;
  readonly problems: readonly Problem[];
}

/** `numbers`: whether a bare number is a duration, as in the file or module that the scenario came from. */
export function resolveScenario(scenario: Scenario, protocol: Protocol, numbers: BareNumbers): Resolution {
  const options = resolveOptions(scenario.options, protocol, numbers, ['options']);
  const joins = scenario.faults.map((fault, index) =>
    resolveJoin(fault, protocol, numbers, ['faults', index, 'options']),
  );
  const problems = [
    ...rolesExist(scenario, protocol),
    ...options.problems,
    ...joins.flatMap((join) => join.problems),
    ...clocksExist(scenario, protocol),
    ...workloadFits(scenario, protocol),
    ...faultsFit(scenario, protocol),
    ...propertiesExist(scenario, protocol),
    ...rangesRunForward(scenario),
  ];
  const faults = joins.map((join) => join.fault);
  return {
    scenario: { ...scenario, nodes: settledNodes(scenario, protocol), options: options.values, faults },
    problems,
  };
}

/** A scenario that names nodes has those nodes in every run: their numbers are not drawn. */
function settledNodes(scenario: Scenario, protocol: Protocol): Scenario['nodes'] {
  const named =
    Object.keys(scenario.clocks).length > 0 ||
    (scenario.workload.calls ?? []).length > 0 ||
    scenario.faults.some((fault) => fault.when?.node !== undefined || nodesNamed(fault, []).length > 0);
  return named ? countsOf(protocol, scenario.nodes) : scenario.nodes;
}

/** `n9 is not a node that is known here`, with what is. */
function unknown(path: FieldPath, name: string, what: string, known: readonly string[]): Problem {
  const similar = nearest(name, known);
  return {
    path,
    sentence: `${path.at(-1) === name ? '' : `${quote(name)} `}is not ${what}`,
    expected: known.length === 0 ? 'nothing: there is none' : `one of ${abridge(known)}`,
    ...(similar === undefined ? {} : { hint: `did you mean ${similar}?` }),
  };
}

const abridge = (names: readonly string[]): string =>
  names.length <= 20 ? names.join(', ') : `${names.slice(0, 20).join(', ')} and ${names.length - 20} more`;

const check = (path: FieldPath, name: string, what: string, known: readonly string[]): Problem[] =>
  known.includes(name) ? [] : [unknown(path, name, what, known)];

function rolesExist(scenario: Scenario, protocol: Protocol): Problem[] {
  const roles = Object.keys(protocol.population);
  return Object.entries(scenario.nodes).flatMap(([role, count]) => [
    ...check(['nodes', role], role, `a role of ${protocol.name}`, roles),
    ...(count > 0 || mayBeNone(role, protocol)
      ? []
      : [
          {
            path: ['nodes', role],
            sentence: `is 0, and there is no ${protocol.name} without any`,
            expected: '1 or more',
          },
        ]),
  ]);
}

/** Where nobody asks nothing happens, and the campaign says so; any other role may be empty where the protocol says that it is at times. */
function mayBeNone(role: string, { population }: Protocol): boolean {
  const size = population[role];
  return role === 'client' || size === undefined || size.default === 0 || (size.choices?.includes(0) ?? false);
}

interface ResolvedOptions {
  readonly values: { readonly [name: string]: Json };
  readonly problems: readonly Problem[];
}

/** Also used for `--option name=value` on the command line, with the option's own path. */
export function resolveOptions(
  given: { readonly [name: string]: Json },
  protocol: Pick<Protocol, 'name' | 'options'>,
  numbers: BareNumbers,
  path: FieldPath,
): ResolvedOptions {
  const values: { [name: string]: Json } = {};
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(given)) {
    const spec = protocol.options[name];
    if (spec === undefined) {
      problems.push(unknown([...path, name], name, `an option of ${protocol.name}`, Object.keys(protocol.options)));
      continue;
    }
    const reading = readOption(spec, value, numbers);
    if ('value' in reading) values[name] = reading.value;
    else problems.push({ path: [...path, name], ...reading });
  }
  return { values, problems };
}

type OptionReading = { readonly value: Json } | Omit<Problem, 'path'>;

function readOption(spec: OptionSpec, value: Json, numbers: BareNumbers): OptionReading {
  if (spec.kind === 'choice') {
    if (spec.of.some((one) => JSON.stringify(one) === JSON.stringify(value))) return { value };
    return { sentence: `${quote(value)} does not fit`, expected: `one of ${spec.of.map(quote).join(', ')}` };
  }
  if (spec.kind === 'duration') return readDurationOption(value, numbers);
  if (Number.isSafeInteger(value)) return { value };
  return { sentence: `${quote(value)} does not fit`, expected: 'a whole number' };
}

function readDurationOption(value: Json, numbers: BareNumbers): OptionReading {
  if (typeof value !== 'string' && typeof value !== 'number') {
    return { sentence: `${quote(value)} does not fit`, expected: DURATION_EXPECTED };
  }
  const reading = readDuration(value, numbers);
  if (reading.ok) return { value: reading.value };
  const hint = reading.hint === undefined ? {} : { hint: reading.hint };
  return { sentence: reading.wrong, expected: DURATION_EXPECTED, ...hint };
}

function resolveJoin(
  fault: Fault,
  protocol: Protocol,
  numbers: BareNumbers,
  path: FieldPath,
): { readonly fault: Fault; readonly problems: readonly Problem[] } {
  if (fault.kind !== 'join' || fault.options === undefined) return { fault, problems: [] };
  const { values, problems } = resolveOptions(
    fault.options as { readonly [name: string]: Json },
    protocol,
    numbers,
    path,
  );
  return { fault: { ...fault, options: values }, problems };
}

/** All nodes that a scenario ever has, joining ones included. */
function nodesOf(scenario: Scenario, protocol: Protocol): string[] {
  const joining = scenario.faults.flatMap((fault) => (fault.kind === 'join' ? [fault.node] : []));
  return [...populate(protocol, scenario.nodes).map((node) => node.id), ...joining];
}

const clocksExist = (scenario: Scenario, protocol: Protocol): Problem[] =>
  Object.keys(scenario.clocks).flatMap((node) =>
    check(['clocks', node], node, 'a node of this scenario', nodesOf(scenario, protocol)),
  );

function workloadFits(scenario: Scenario, protocol: Protocol): Problem[] {
  const clients = populate(protocol, scenario.nodes).flatMap((node) => (node.role === 'client' ? [node.id] : []));
  const types = keysOf(protocol.roles.client, 'onRequest');
  const what = `an operation of ${protocol.name}`;
  const drawn = (scenario.workload.operations ?? []).flatMap((operation, index) =>
    check(['workload', 'operations', index, 'type'], operation.type, what, types),
  );
  const explicit = (scenario.workload.calls ?? []).flatMap((call, index) => [
    ...check(['workload', 'calls', index, 'client'], call.client, 'a client of this scenario', clients),
    ...check(['workload', 'calls', index, 'op', 'type'], call.op.type, what, types),
  ]);
  return [...drawn, ...explicit];
}

function faultsFit(scenario: Scenario, protocol: Protocol): Problem[] {
  const nodes = nodesOf(scenario, protocol);
  return scenario.faults.flatMap((fault, index) => {
    const path = ['faults', index];
    return [
      ...(fault.when === undefined ? [] : triggerFits(fault.when, protocol, nodes, [...path, 'when'])),
      ...nodesNamed(fault, path).flatMap(([at, node]) => check(at, node, 'a node of this scenario', nodes)),
      ...(fault.kind === 'join'
        ? check([...path, 'role'], fault.role, `a role of ${protocol.name}`, Object.keys(protocol.roles))
        : []),
      ...(fault.kind === 'admin'
        ? check(
            [...path, 'action', 'type'],
            fault.action.type,
            `an operator action of ${protocol.name}`,
            actionsOf(protocol),
          )
        : []),
    ];
  });
}

/** Notes are free text that only a run can show, so a trigger's note is not judged here. */
function triggerFits(trigger: Trigger, protocol: Protocol, nodes: readonly string[], path: FieldPath): Problem[] {
  const { message, timer, node } = trigger;
  return [
    ...(message === undefined
      ? []
      : check([...path, 'message'], message, `a message of ${protocol.name}`, handled(protocol, 'onMessage'))),
    ...(timer === undefined
      ? []
      : check([...path, 'timer'], timer, `a timer of ${protocol.name}`, handled(protocol, 'onTimer'))),
    ...(node === undefined ? [] : check([...path, 'node'], node, 'a node of this scenario', nodes)),
  ];
}

function nodesNamed(fault: Fault, path: FieldPath): [FieldPath, string][] {
  switch (fault.kind) {
    case 'partition':
    case 'flapping':
      return fault.groups.flatMap((group, at) => listed(group, [...path, 'groups', at]));
    case 'cut':
    case 'clog':
      return [...listed(fault.from, [...path, 'from']), ...listed(fault.to, [...path, 'to'])];
    case 'degrade':
      return [...listed(fault.from, [...path, 'from']), ...listed(fault.to, [...path, 'to'])];
    case 'filter':
      return [...listed(fault.from ?? [], [...path, 'from']), ...listed(fault.to ?? [], [...path, 'to'])];
    case 'partial':
      return fault.pairs.flatMap((pair, at) => listed(pair, [...path, 'pairs', at]));
    case 'outage':
    case 'swizzle-clog':
    case 'timer-jitter':
      return listed(fault.nodes, [...path, 'nodes']);
    case 'isolate':
      return [...named(fault.node, [...path, 'node']), ...listed(fault.from ?? [], [...path, 'from'])];
    case 'noise':
    case 'join':
      return [];
    default:
      return named(fault.node, [...path, 'node']);
  }
}

const listed = (nodes: readonly string[], path: FieldPath): [FieldPath, string][] =>
  nodes.map((node, index) => [[...path, index], node]);

const named = (target: Target, path: FieldPath): [FieldPath, string][] =>
  typeof target === 'string' ? [[path, target]] : [];

const actionsOf = (protocol: Protocol): string[] =>
  Object.values(protocol.roles).flatMap((role) => keysOf(role, 'onAdmin'));

/** Names of messages or timers, those of hosted components with their path: `raft:AppendEntries`. */
const handled = (protocol: Protocol, table: 'onMessage' | 'onTimer'): string[] => [
  ...new Set(Object.values(protocol.roles).flatMap((role) => handledBy(role, table, ''))),
];

function handledBy(role: AnyRole, table: 'onMessage' | 'onTimer', prefix: string): string[] {
  const own = keysOf(role, table).map((name) => `${prefix}${name}`);
  const components = Object.entries(role.components ?? {});
  return [...own, ...components.flatMap(([name, hosted]) => handledBy(hosted.role, table, `${prefix}${name}:`))];
}

const keysOf = (role: AnyRole | undefined, table: 'onMessage' | 'onTimer' | 'onRequest' | 'onAdmin'): string[] =>
  Object.keys((role as { readonly [table: string]: object } | undefined)?.[table] ?? {});

function propertiesExist(scenario: Scenario, protocol: Protocol): Problem[] {
  const known = propertyNames(protocol);
  const what = `a property of ${protocol.name}`;
  const wanted = (scenario.properties ?? []).flatMap((name, index) => check(['properties', index], name, what, known));
  const { expect } = scenario;
  const expected =
    expect.verdict === 'violated' && expect.property !== undefined
      ? check(['expect', 'violated'], expect.property, what, known)
      : [];
  return [...wanted, ...expected];
}

function rangesRunForward(scenario: Scenario): Problem[] {
  const { workload, chaos } = scenario;
  const backwards = (low: number | undefined, high: number | undefined, path: FieldPath, field: string): Problem[] =>
    low !== undefined && high !== undefined && low > high
      ? [{ path, sentence: `is earlier than ${field}`, hint: 'time only runs forward here' }]
      : [];
  return [
    ...backwards(workload.start, workload.end, ['workload', 'end'], 'start'),
    ...backwards(chaos.from, chaos.to, ['chaos', 'to'], 'from'),
  ];
}
