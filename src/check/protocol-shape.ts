/** Is a value from a user's module a protocol? Types say so where there are types; this says it where there are none. */
import { didYouMean } from '../sim/nearest.ts';
import type { AnyRole, Tolerance } from '../sim/protocol.ts';
import { LIVENESS } from './liveness.ts';
import { LINEARIZABILITY, propertyNames } from './monitor.ts';
import type { HookName } from './property.ts';
import type { Protocol } from './protocol.ts';

/**
 * What is missing or wrong, in words, or undefined when the value has the shape of a protocol.
 * Handlers are checked by the compiler or by the kernel when a message arrives that nobody handles.
 */
export function whyNotProtocol(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null)
    return `is ${value === null ? 'null' : `a ${typeof value}`}, not an object`;
  const fields = value as Fields;
  return (
    wrongText(fields, 'name') ??
    wrongText(fields, 'title') ??
    wrongTable(fields, 'roles') ??
    wrongRoles(fields.roles as Fields) ??
    wrongTable(fields, 'population') ??
    wrongPopulation(fields.population as Fields, fields.roles as Fields) ??
    wrongTable(fields, 'options') ??
    (typeof fields.baseTimeout === 'function'
      ? undefined
      : 'has no function `baseTimeout` (its own base timeout in microseconds, e.g. `() => ms(150)`)') ??
    wrongList(fields, 'operations') ??
    wrongTable(fields, 'tolerates') ??
    wrongClaims(fields.tolerates as Fields) ??
    wrongList(fields, 'properties') ??
    wrongProperties(fields.properties as readonly unknown[]) ??
    wrongComponents(fields.components) ??
    wrongBugs(value as Protocol)
  );
}

/** Everything a role may have; the compiler sees to it that nothing is missing here. */
const roleFields = Object.keys({
  boot: true,
  view: true,
  onMessage: true,
  onTimer: true,
  onRequest: true,
  onAdmin: true,
  onDisk: true,
  onDiskError: true,
  onReply: true,
  components: true,
} satisfies Record<keyof AnyRole, true>);

/** Everything that may be claimed. */
const claims = {
  crashes: true,
  unsyncedLoss: true,
  partitions: true,
  messageLoss: true,
  duplication: true,
  reordering: true,
  pauses: true,
  clockRatePpm: true,
  clockSteps: true,
  tornWrites: true,
  diskErrors: true,
  corruption: true,
  misdirectedWrites: true,
  emptyRestarts: true,
  damagedDisksMax: true,
} satisfies Record<keyof Tolerance, true>;

/** When a property is asked. */
const hooks = Object.keys({
  step: true,
  boot: true,
  crash: true,
  send: true,
  deliver: true,
  durable: true,
  log: true,
  note: true,
  returned: true,
  end: true,
} satisfies Record<HookName, true>);

const otherFunctions: readonly string[] = ['start', 'reachableUnder'];

type Fields = Readonly<Record<string, unknown>>;

const isTable = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function wrongText(fields: Fields, name: string): string | undefined {
  return typeof fields[name] === 'string' && fields[name] !== '' ? undefined : `has no text \`${name}\``;
}

function wrongTable(fields: Fields, name: string): string | undefined {
  return isTable(fields[name]) ? undefined : `has no object \`${name}\``;
}

function wrongList(fields: Fields, name: string): string | undefined {
  return Array.isArray(fields[name]) ? undefined : `has no list \`${name}\``;
}

function wrongRoles(roles: Fields): string | undefined {
  if (Object.keys(roles).length === 0) return 'has no role in `roles`';
  for (const [name, role] of Object.entries(roles)) {
    if (!isTable(role)) return `has a role \`${name}\` that is not an object`;
    for (const needed of ['boot', 'view']) {
      if (typeof role[needed] !== 'function') return `has a role \`${name}\` without a function \`${needed}\``;
    }
    const strange = Object.keys(role).find((key) => !roleFields.includes(key));
    if (strange !== undefined)
      return `has a role \`${name}\` with \`${strange}\`, which nobody asks; a role has ${roleFields.join(', ')}`;
  }
  return undefined;
}

/** A claim that is misspelt would be no claim: the faults in question would be left out, and nothing would say so. */
function wrongClaims(tolerates: Fields): string | undefined {
  const strange = Object.keys(tolerates).find((claim) => !Object.hasOwn(claims, claim));
  return strange === undefined
    ? undefined
    : `says \`${strange}\` in \`tolerates\`, which nobody asks; it may say ${Object.keys(claims).join(', ')}`;
}

function wrongPopulation(population: Fields, roles: Fields): string | undefined {
  for (const [role, size] of Object.entries(population)) {
    if (!Object.hasOwn(roles, role)) return `says how many nodes of role \`${role}\`, which is not among its roles`;
    const count = isTable(size) ? size.default : undefined;
    if (!Number.isSafeInteger(count) || (count as number) < 0) return `has no number \`population.${role}.default\``;
  }
  return Object.keys(population).length === 0 ? 'says of no role how many nodes there are (`population`)' : undefined;
}

function wrongProperties(properties: readonly unknown[]): string | undefined {
  const names = new Set<string>();
  for (const [index, property] of properties.entries()) {
    if (!isTable(property) || (property.kind !== 'always' && property.kind !== 'sometimes')) {
      return `has at properties[${index}] something that neither \`always\` nor \`sometimes\` made`;
    }
    const name = property.name;
    if (typeof name !== 'string' || name === '') return `has a property without a name at properties[${index}]`;
    if (names.has(name)) return `has two properties named \`${name}\``;
    if (typeof property.start !== 'function') return `has a property \`${name}\` without a function \`start\``;
    const strange = Object.keys(property).find(
      (key) => typeof property[key] === 'function' && !hooks.includes(key) && !otherFunctions.includes(key),
    );
    if (strange !== undefined)
      return `has a property \`${name}\` with a function \`${strange}\`, which nobody calls; its hooks are ${hooks.join(', ')}`;
    names.add(name);
  }
  return undefined;
}

function wrongComponents(components: unknown): string | undefined {
  if (components === undefined) return undefined;
  if (!isTable(components)) return 'has `components` that are no object';
  const strange = Object.keys(components).find((path) => !Array.isArray((components[path] as Fields)?.properties));
  return strange === undefined ? undefined : `has no list \`components.${strange}.properties\``;
}

function wrongBugs(protocol: Protocol): string | undefined {
  const { bugs } = protocol as { readonly bugs?: unknown };
  if (bugs === undefined) return undefined;
  if (!Array.isArray(bugs)) return 'has `bugs` that are no list';
  const ids = new Set<string>();
  for (const [index, bug] of bugs.entries()) {
    const id: unknown = isTable(bug) ? bug.id : undefined;
    if (typeof id !== 'string' || id === '') return `has a planted bug without an id at bugs[${index}]`;
    if (ids.has(id.toLowerCase())) return `has two planted bugs named \`${id}\``;
    ids.add(id.toLowerCase());
    const why = wrongBug(bug as Fields, protocol);
    if (why !== undefined) return `has a planted bug \`${id}\` ${why}`;
  }
  return undefined;
}

function wrongBug(bug: Fields, protocol: Protocol): string | undefined {
  if (typeof bug.title !== 'string') return 'without a text `title`';
  if (typeof bug.protocol !== 'function') return 'without a function `protocol` (the protocol with the bug in it)';
  const { violates } = bug;
  if (!Array.isArray(violates) || violates.length === 0)
    return "without a list `violates` (names of the properties it can break, e.g. ['SAFE'])";
  const known = propertyNames(protocol);
  // A hosted protocol's bugs name its properties as it does.
  const names = [...known, ...known.map((name) => name.slice(name.lastIndexOf(':') + 1))];
  const strange: unknown = violates.find((name) => !names.includes(name));
  return strange === undefined ? undefined : whyNotBroken(String(strange), known, protocol);
}

/** A bug that breaks what does not exist would count as one that cannot be found. */
function whyNotBroken(name: string, known: readonly string[], { properties }: Protocol): string {
  const said = `that violates \`${name}\``;
  if (properties.some((property) => property.kind === 'sometimes' && property.name === name))
    return `${said}, which is a goal (\`sometimes\`), and nothing that can be broken`;
  if (name === LINEARIZABILITY) return `${said}, but no \`model\` to judge histories by`;
  if (name === LIVENESS) return `${said}, but no \`liveness\` that says what is owed`;
  const similar = didYouMean(name, known);
  const list = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`;
  return `${said}, which is no property of it${similar === undefined ? '' : `; ${similar}`} (${list})`;
}
