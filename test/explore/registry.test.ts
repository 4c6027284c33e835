/** From names to protocols, and what is said when there is none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { builtInProtocols, isModulePath, RegistryError, resolveProtocol } from '../../src/registry.ts';

const directory = mkdtempSync(join(tmpdir(), 'worldline-'));
afterAll(() => rmSync(directory, { recursive: true }));

let modules = 0;
function moduleOf(text: string): string {
  const path = join(directory, `module-${++modules}.mjs`);
  writeFileSync(path, text);
  return path;
}

const whole = `{
  name: 'mine', title: 'mine', roles: { server: { boot: () => ({}), view: () => ({ role: 's', label: '' }) } },
  population: { server: { default: 1 } }, options: {}, baseTimeout: () => 1000, operations: [], tolerates: {}, properties: [],
}`;

async function refusal(name: string, bug?: string): Promise<RegistryError> {
  try {
    await resolveProtocol(name, bug);
  } catch (error) {
    expect(error).toBeInstanceOf(RegistryError);
    return error as RegistryError;
  }
  throw new Error(`${name} was found`);
}

test('a built-in protocol is found by its name, and with a planted bug', async () => {
  for (const { name } of builtInProtocols) expect((await resolveProtocol(name)).name).toBe(name);
  const raft = await resolveProtocol('raft');
  expect(await resolveProtocol('raft', 'r05')).not.toBe(raft);
});

test('a name that is none lists those that are, and says how modules are named', async () => {
  const { message, hint } = await refusal('rafd');
  expect(message).toBe('there is no protocol "rafd"');
  expect(hint).toContain('raft');
  expect(hint).toContain('./rafd.js');
});

test('a bug that is none lists those that are', async () => {
  const { message, hint } = await refusal('raft', 'R99');
  expect(message).toBe('raft has no planted bug "R99"');
  expect(hint).toContain('R05');
});

test('paths are told from names by how they begin or end', () => {
  for (const path of [
    './mine.js',
    '../mine',
    '/abs/mine.mjs',
    'file:///mine.js',
    'mine.ts',
    'C:\\mine.js',
    '.\\mine.js',
  ]) {
    expect([path, isModulePath(path)]).toEqual([path, true]);
  }
  for (const name of ['raft', 'lease-lock', '2pc', 'raft.partition'])
    expect([name, isModulePath(name)]).toEqual([name, false]);
});

describe("a user's module", () => {
  test.each([
    ['named `protocol`', `export const protocol = ${whole}; export const other = { ...protocol, name: 'other' };`],
    ['the default export', `export default ${whole};`],
    ['the only protocol', `export const helper = 5; export const mine = ${whole};`],
  ])('gives its protocol when that is %s', async (_what, text) => {
    expect((await resolveProtocol(moduleOf(text))).name).toBe('mine');
  });

  test('may be named by a file: address', async () => {
    const path = moduleOf(`export const protocol = ${whole};`);
    expect((await resolveProtocol(pathToFileURL(path).href)).name).toBe('mine');
  });

  test.each([
    ['does not exist', './nowhere.js', 'cannot read the module ./nowhere.js'],
    ['is a directory', directory, 'is not a file'],
    ['throws', moduleOf('throw new Error("not today")'), 'not today'],
    ['is not JavaScript', moduleOf('export const = 5'), 'Unexpected token'],
    ['exports nothing of the kind', moduleOf('export const answer = 42'), 'exports no protocol'],
    [
      'exports several',
      moduleOf(`export const one = ${whole}; export const two = ${whole};`),
      'exports several protocols: one, two',
    ],
    ['exports a number', moduleOf('export const protocol = 42'), 'is a number'],
    ['forgets a title', moduleOf(`export const protocol = { ...${whole}, title: undefined }`), 'has no text `title`'],
    ['forgets its roles', moduleOf(`export const protocol = { ...${whole}, roles: {} }`), 'has no role'],
    [
      'forgets a view',
      moduleOf(`export const protocol = { ...${whole}, roles: { server: { boot: () => ({}) } } }`),
      'without a function `view`',
    ],
    [
      'counts nodes of no role',
      moduleOf(`export const protocol = { ...${whole}, population: { sever: { default: 1 } } }`),
      'role `sever`',
    ],
    [
      'forgets the base timeout',
      moduleOf(`export const protocol = { ...${whole}, baseTimeout: undefined }`),
      'no function `baseTimeout`',
    ],
    [
      'lists what is no property',
      moduleOf(`export const protocol = { ...${whole}, properties: [{ name: 'x' }] }`),
      'properties[0]',
    ],
  ])('that %s is refused, and the message says so', async (_what, path, said) => {
    const { message, hint } = await refusal(path);
    expect(message).toContain(said);
    expect(hint).not.toBe('');
  });
});
