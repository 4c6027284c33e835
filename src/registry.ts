/** From names to protocols: the built-in ones, loaded when asked for, and those of users' modules. */
import { existsSync, promises } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withPlantedBug } from './check/planted.ts';
import type { Protocol } from './check/protocol.ts';
import { whyNotProtocol } from './check/protocol-shape.ts';

/** A protocol that cannot be had. `hint` says what to do about it. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly hint: string;
  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** A protocol that comes with worldline. */
export interface BuiltIn {
  readonly name: string;
  readonly aliases: readonly string[];
  load(): Promise<Protocol>;
}

export const builtInProtocols: readonly BuiltIn[] = [
  {
    name: 'lease-lock',
    aliases: ['lock'],
    load: async () => (await import('./protocols/lease-lock/lease-lock.ts')).leaseLock,
  },
  {
    name: 'paxos-commit',
    aliases: ['pc'],
    load: async () => (await import('./protocols/paxos-commit/paxos-commit.ts')).paxosCommit,
  },
  { name: 'raft', aliases: [], load: async () => (await import('./protocols/raft/raft.ts')).raft },
  {
    name: 'redlock',
    aliases: [],
    load: async () => (await import('./protocols/lease-lock/redlock/redlock.ts')).redlock,
  },
  {
    name: 'replicated-lock',
    aliases: [],
    load: async () => (await import('./protocols/lease-lock/replicated/replicated-lock.ts')).replicatedLock,
  },
  {
    name: 'etcd-lock',
    aliases: [],
    load: async () => (await import('./protocols/lease-lock/etcd/etcd-lock.ts')).etcdLock,
  },
  {
    name: 'zookeeper-lock',
    aliases: ['zk-lock'],
    load: async () => (await import('./protocols/lease-lock/zookeeper/zookeeper-lock.ts')).zooKeeperLock,
  },
  {
    name: 'chubby-lock',
    aliases: ['chubby'],
    load: async () => (await import('./protocols/lease-lock/chubby/chubby-lock.ts')).chubbyLock,
  },
  {
    name: 'two-phase-commit',
    aliases: ['2pc'],
    load: async () => (await import('./protocols/two-phase-commit/two-phase-commit.ts')).twoPhaseCommit,
  },
  {
    name: 'enhanced-three-phase-commit',
    aliases: ['e3pc'],
    load: async () => (await import('./protocols/three-phase-commit/three-phase-commit.ts')).enhancedThreePhaseCommit,
  },
  {
    name: 'quorum-three-phase-commit',
    aliases: ['q3pc'],
    load: async () => (await import('./protocols/three-phase-commit/three-phase-commit.ts')).quorumThreePhaseCommit,
  },
  {
    name: 'three-phase-commit',
    aliases: ['3pc'],
    load: async () => (await import('./protocols/three-phase-commit/three-phase-commit.ts')).threePhaseCommit,
  },
];

/** Whether a name is meant as a module's path: it begins with a dot or a slash, is a file: URL, or ends like a module. */
export const isModulePath = (name: string): boolean =>
  /^(\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/]|file:)/.test(name) || /\.[cm]?[jt]s$/.test(name);

/**
 * The protocol of that name or alias, or the one that the module at that path exports; relative paths start at the working directory.
 * With `bug`, the same protocol with that planted bug switched on.
 * @throws RegistryError when there is none; what the module itself throws is its `cause`.
 */
export async function resolveProtocol(nameOrPath: string, bug?: string): Promise<Protocol> {
  const protocol = isModulePath(nameOrPath) ? await loadModule(nameOrPath) : await loadBuiltIn(nameOrPath);
  return bug === undefined ? protocol : withBug(protocol, bug);
}

async function loadBuiltIn(name: string): Promise<Protocol> {
  const found = builtInProtocols.find((one) => one.name === name || one.aliases.includes(name));
  if (found !== undefined) return found.load();
  throw new RegistryError(
    `there is no protocol "${name}"`,
    `Built in: ${builtInProtocols.map((one) => one.name).join(', ')}. A protocol of your own is named by its path, e.g. ./${name}.js`,
  );
}

/** The bug of that id, switched on. */
export function withBug(protocol: Protocol, id: string): Protocol {
  const planted = withPlantedBug(protocol, id);
  if (planted !== undefined) return planted;
  const ids = (protocol.bugs ?? []).map((one) => one.id).join(', ');
  throw new RegistryError(
    `${protocol.name} has no planted bug "${id}"`,
    ids === '' ? `${protocol.name} has no planted bugs at all.` : `It has: ${ids}.`,
  );
}

async function loadModule(path: string): Promise<Protocol> {
  const url = path.startsWith('file:') ? new URL(path) : pathToFileURL(resolve(path));
  await refuseWhatIsNoFile(url, path);
  const exports = await importModule(url, path);
  const candidates = Object.entries(exports).filter(([, value]) => looksMeant(value));
  const chosen = exports.protocol ?? exports.default ?? (candidates.length === 1 ? candidates[0]?.[1] : undefined);
  if (chosen === undefined) throw noProtocolIn(path, candidates);
  const why = whyNotProtocol(chosen);
  if (why === undefined) return chosen as Protocol;
  throw new RegistryError(`the protocol in ${path} ${why}`, 'docs/write-a-protocol.md shows a complete one.');
}

const MODULE_ENDINGS = ['.js', '.mjs', '.ts', '.mts', '/index.js', '.yaml'];

async function refuseWhatIsNoFile(url: URL, path: string): Promise<void> {
  const status = await promises.stat(url).catch((cause: unknown) => {
    const meant = MODULE_ENDINGS.map((ending) => path + ending).find((one) => existsSync(one));
    const hint =
      meant === undefined ? 'Is the path right? It starts at the working directory.' : `Did you mean ${meant}?`;
    throw new RegistryError(`cannot read the module ${path}`, hint, { cause });
  });
  if (status.isFile()) return;
  throw new RegistryError(`${path} is not a file`, 'Name the module itself, e.g. ./my-protocol.js');
}

async function importModule(url: URL, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(url.href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(`cannot load the module ${path}: ${said}`, whyNotLoaded(cause), { cause });
  }
}

function whyNotLoaded(cause: unknown): string {
  const { code } = Object(cause) as { code?: unknown };
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return 'This Node does not run TypeScript: compile the module first, or use Node 22.18 or later.';
  }
  if (code === 'ERR_MODULE_NOT_FOUND') return 'It imports what is not there: is it installed, is the path right?';
  if (cause instanceof SyntaxError) return 'It imports what is not there, or does not parse.';
  return 'The module itself threw while it was loaded.';
}

const looksMeant = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'roles' in value && 'properties' in value;

function noProtocolIn(path: string, candidates: readonly (readonly [string, unknown])[]): RegistryError {
  if (candidates.length === 0) {
    return new RegistryError(
      `${path} exports no protocol`,
      'Export one: export const protocol = defineProtocol({ ... })',
    );
  }
  const names = candidates.map(([name]) => name).join(', ');
  return new RegistryError(`${path} exports several protocols: ${names}`, 'Name the one to test `protocol`.');
}
