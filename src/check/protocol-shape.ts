/** Is a value from a user's module a protocol? Types say so where there are types; this says it where there are none. */
import type { AnyRole, Tolerance } from '../sim/protocol.ts';
import type { HookName } from './property.ts';

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
    wrongProperties(fields.properties as readonly unknown[])
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
