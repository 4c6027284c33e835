import { beforeAll, describe, expect, it } from 'vitest';
import { type Finding, lintPlanted } from './support/lint.ts';

/** Statements planted in one file, one a line: the linter must flag each of `forbidden` and none of `allowed`. */
interface Planting {
  readonly path: string;
  readonly forbidden: readonly string[];
  readonly allowed: readonly string[];
}

const layers: readonly Planting[] = [
  {
    path: 'src/sim/queue.ts',
    forbidden: [
      `import '../check/property.ts';`,
      `import '../protocols/raft/raft.ts';`,
      `import '../explore/fuzz.ts';`,
      `import '../registry.ts';`,
      `import 'seedrandom';`,
      `import 'fast-check';`,
      `import 'node:fs';`,
      `import 'fs';`,
      `import type { Property } from '../check/property.ts';`,
      `export const lazily = () => import('../check/property.ts');`,
      `export type Hidden = import('../check/property.ts').Property;`,
      `import './../check/property.ts';`,
      `import '../sim/../check/property.ts';`,
    ],
    allowed: [`import './plain.ts';`],
  },
  {
    path: 'src/sim/queues/heap.ts',
    forbidden: [`import '../../check/property.ts';`],
    allowed: [`import '../plain.ts';`],
  },
  { path: 'src/sim/random.ts', forbidden: [`import 'fast-check';`], allowed: [`import 'seedrandom';`] },
  {
    path: 'src/check/linearizability.ts',
    forbidden: [
      `import '../protocols/raft/raft.ts';`,
      `import '../scenario/plan.ts';`,
      `import '../explore/fuzz.ts';`,
      `import '../registry.ts';`,
      `import 'seedrandom';`,
      `import 'node:fs';`,
    ],
    allowed: [`import '../sim/history.ts';`, `import './model.ts';`],
  },
  {
    path: 'src/check/models/register.ts',
    forbidden: [`import '../../protocols/raft/raft.ts';`, `import '../../explore/fuzz.ts';`],
    allowed: [`import '../../sim/plain.ts';`, `import '../model.ts';`],
  },
  {
    path: 'src/protocols/lease-lock/lock.ts',
    forbidden: [
      `import '../raft/rules.ts';`,
      `import '../../explore/fuzz.ts';`,
      `import '../../scenario/plan.ts';`,
      `import '../../registry.ts';`,
      `import '../../timeline/rows.ts';`,
      `import 'seedrandom';`,
      `import 'node:crypto';`,
    ],
    allowed: [
      `import './rules.ts';`,
      `import '../raft/raft.ts';`,
      `import '../../sim/protocol.ts';`,
      `import '../../check/property.ts';`,
    ],
  },
  {
    path: 'src/protocols/lease-lock/etcd/client.ts',
    forbidden: [`import '../../raft/rules.ts';`, `import '../../../explore/fuzz.ts';`],
    allowed: [
      `import '../../raft/raft.ts';`,
      `import '../replicated/replica.ts';`,
      `import '../rules.ts';`,
      `import '../../../sim/protocol.ts';`,
    ],
  },
  {
    path: 'src/scenario/schema.ts',
    forbidden: [
      `import '../explore/fuzz.ts';`,
      `import '../protocols/raft/raft.ts';`,
      `import '../registry.ts';`,
      `import '../index.ts';`,
      `import 'fast-check';`,
      `import 'node:fs';`,
    ],
    allowed: [`import '../sim/faults.ts';`, `import '../check/property.ts';`, `import 'zod';`, `import 'yaml';`],
  },
  {
    path: 'src/scenario/scenario-file.ts',
    forbidden: [`import '../registry.ts';`],
    allowed: [`import 'node:fs';`],
  },
  {
    path: 'src/explore/fuzz.ts',
    forbidden: [
      `import '../protocols/raft/raft.ts';`,
      `import '../registry.ts';`,
      `import '../timeline/rows.ts';`,
      `import '../session/session.ts';`,
      `import '../report/human.ts';`,
      `import 'seedrandom';`,
      `import 'ink';`,
      `import 'node:fs';`,
      `import 'vitest';`,
    ],
    allowed: [
      `import '../sim/simulation.ts';`,
      `import '../check/property.ts';`,
      `import '../scenario/plan.ts';`,
      `import 'fast-check';`,
    ],
  },
  {
    path: 'src/explore/worker.ts',
    forbidden: [`import '../protocols/raft/raft.ts';`, `import '../cli/main.ts';`],
    allowed: [`import '../registry.ts';`, `import 'node:worker_threads';`, `import './fuzz.ts';`],
  },
  {
    path: 'src/explore/pool.ts',
    forbidden: [`import '../registry.ts';`],
    allowed: [`import 'tinypool';`, `import 'node:os';`],
  },
  { path: 'src/explore/capsule-file.ts', forbidden: [`import '../registry.ts';`], allowed: [`import 'node:fs';`] },
  {
    path: 'src/session/session.ts',
    forbidden: [
      `import '../protocols/raft/raft.ts';`,
      `import '../registry.ts';`,
      `import '../timeline/rows.ts';`,
      `import '../cli/main.ts';`,
      `import 'node:fs';`,
      `import 'fast-check';`,
    ],
    allowed: [`import '../explore/fuzz.ts';`, `import '../scenario/plan.ts';`, `import '../sim/simulation.ts';`],
  },
  {
    path: 'src/timeline/rows.ts',
    forbidden: [
      `import '../protocols/raft/raft.ts';`,
      `import '../registry.ts';`,
      `import '../explore/fuzz.ts';`,
      `import '../session/session.ts';`,
      `import 'picocolors';`,
      `import 'node:fs';`,
    ],
    allowed: [`import '../sim/trace.ts';`, `import '../check/property.ts';`],
  },
  {
    path: 'src/report/human.ts',
    forbidden: [
      `import '../protocols/raft/raft.ts';`,
      `import '../registry.ts';`,
      `import '../cli/main.ts';`,
      `import '../tui/app.tsx';`,
      `import 'react';`,
    ],
    allowed: [`import '../timeline/rows.ts';`, `import '../sim/trace.ts';`, `import 'node:fs';`],
  },
  {
    path: 'src/tui/app.tsx',
    forbidden: [
      `import '../protocols/raft/raft.ts';`,
      `import '../registry.ts';`,
      `import '../explore/fuzz.ts';`,
      `import '../cli/main.ts';`,
    ],
    allowed: [`import '../timeline/rows.ts';`, `import '../session/session.ts';`],
  },
  {
    path: 'src/cli/main.ts',
    forbidden: [
      `import 'ink';`,
      `import 'react';`,
      `import 'react/jsx-runtime';`,
      `import 'fast-check';`,
      `import 'seedrandom';`,
      `import '../index.ts';`,
    ],
    allowed: [`import '../registry.ts';`, `import '../explore/fuzz.ts';`, `import 'commander';`, `import 'node:fs';`],
  },
  {
    path: 'src/registry.ts',
    forbidden: [`import './explore/fuzz.ts';`, `import './cli/main.ts';`, `import './index.ts';`],
    allowed: [`import './protocols/raft/raft.ts';`, `import './sim/protocol.ts';`, `import 'node:url';`],
  },
  {
    path: 'src/index.ts',
    forbidden: [`import './cli/main.ts';`, `import './tui/app.tsx';`, `import 'fast-check';`, `import 'node:fs';`],
    allowed: [
      `export { fuzz } from './explore/fuzz.ts';`,
      `import './registry.ts';`,
      `import './protocols/raft/raft.ts';`,
    ],
  },
  {
    path: 'src/newcomer/thing.ts',
    forbidden: [`import '../sim/plain.ts';`, `import '../registry.ts';`, `import 'yaml';`],
    allowed: [`import './other.ts';`],
  },
  {
    path: 'test/explore/fuzz.test.ts',
    forbidden: [],
    allowed: [`import 'fast-check';`, `import '../../src/registry.ts';`],
  },
];

const nondeterminism: readonly string[] = [
  'export const a01 = Date.now();',
  'export const a02 = new Date();',
  'export const a03 = performance.now();',
  'setTimeout(() => {}, 1);',
  'setInterval(() => {}, 1);',
  'setImmediate(() => {});',
  'queueMicrotask(() => {});',
  'export const a04 = crypto.randomUUID();',
  'export const a05 = process.env;',
  `console.log('here');`,
  `fetch('a');`,
  'export const a06 = Promise.resolve();',
  'export const a07 = globalThis.Date;',
  'export const a08 = new WeakRef({});',
  'export const a09 = new Intl.Collator();',
  'export const a10 = Math.random();',
  'export const a11 = Math.log(2);',
  'export const a12 = Math.exp(2);',
  'export const a13 = Math.pow(2, 3);',
  'export const a14 = Math.sin(2);',
  'export const a15 = Math.acosh(2);',
  'export const { log: a16 } = Math;',
  `export const a17 = Math['exp'](2);`,
  'export const a18 = (x: number) => x ** 2;',
  'export const a19 = async () => {};',
  'export const a20 = async function () {};',
  'export async function a21() {}',
  'export async function* a22() {}',
  'export const a23 = { async method() {} };',
  'export class A24 { private async method() {} }',
  'await a19();',
  'for await (const a25 of a22()) a25;',
  'export const a26 = [2, 1].sort();',
  'export const a27 = [2, 1].toSorted();',
  `export const a28 = 'a'.localeCompare('b');`,
  'export const a29 = (1).toLocaleString();',
];

/** What keeps a whole run alive after its end: see docs/decisions/0065. */
const keepers: readonly string[] = [
  'globalThis.run = () => 1;',
  'globalThis.run = function () { return 1; };',
  'export class C03 { run = () => 1; }',
  'export class C04 { private readonly run = (): number => 1; }',
  'export const c05 = { get run() { return 1; } };',
];

const letGo: readonly string[] = [
  'export const d01 = () => 1;',
  'export const d02 = { run: () => 1, walk() { return d01(); } };',
  'export class D03 { get run() { return d01(); } walk(): () => number { return () => 1; } }',
  'export class D04 { count = [1, 2].map((one) => one + 1); }',
];

const determinism: readonly string[] = [
  'export const b01 = Math.floor(2.5) + Math.max(1, 2) + Math.imul(2, 3);',
  'export const b02 = 2 ** 53;',
  'export const b03 = [2, 1].sort((left, right) => left - right);',
  'export const b04 = { Date: 1, process: 2 }.Date;',
  'export function b05(asynchronous: boolean) { return asynchronous; }',
];

const ambient: readonly Planting[] = [
  ...['src/sim/simulation.ts', 'src/protocols/raft/election.ts', 'src/check/search.ts'].map((path) => ({
    path,
    forbidden: [...nondeterminism, ...keepers],
    allowed: [...determinism, ...letGo],
  })),
  { path: 'src/sim/guard.ts', forbidden: [`import '../check/property.ts';`], allowed: nondeterminism },
  { path: 'src/cli/fuzz.ts', forbidden: [], allowed: nondeterminism },
];

const style: readonly Planting[] = [
  {
    path: 'src/explore/style.ts',
    forbidden: [
      'export default 1;',
      'export enum Verdict { Passed }',
      'export const enum Answer { Yes }',
      `export * from './fuzz.ts';`,
    ],
    allowed: ['export const verdict = 1;'],
  },
];

const plantings = [...layers, ...ambient, ...style];

describe('the linter holds the architecture', () => {
  let findings: readonly Finding[] = [];

  beforeAll(() => {
    const files = plantings.map((planting) => [planting.path, textOf(planting)] as const);
    findings = lintPlanted(new Map([...files, ...cycle, longFile]));
  });

  it.each(plantings.filter(({ forbidden }) => forbidden.length > 0))(
    '$path: every forbidden line is flagged',
    (planting) => {
      const unseen = planting.forbidden.filter((_, index) => !flaggedLines(findings, planting.path).has(index + 1));
      expect(unseen).toEqual([]);
    },
  );

  it.each(plantings)('$path: no allowed line is flagged', (planting) => {
    const lines = textOf(planting).split('\n');
    const flagged = [...flaggedLines(findings, planting.path)].map((line) => lines[line - 1]);
    expect(flagged.filter((line) => line !== undefined && planting.allowed.includes(line))).toEqual([]);
  });

  it('two files that import each other are flagged', () => {
    expect(findings.some(({ rule }) => rule === 'lint/suspicious/noImportCycles')).toBe(true);
  });

  it('a file of more than 500 lines is flagged', () => {
    expect(findings.some(({ rule, path }) => rule.endsWith('noExcessiveLinesPerFile') && path === longFile[0])).toBe(
      true,
    );
  });

  it('the rules written in GritQL run without complaint', () => {
    expect(findings.filter(({ message }) => message.includes('errored'))).toEqual([]);
  });
});

const cycle = [
  ['src/timeline/hen.ts', `import { egg } from './egg.ts';\nexport const hen = () => egg;\n`],
  ['src/timeline/egg.ts', `import { hen } from './hen.ts';\nexport const egg = () => hen;\n`],
] as const;
const longFile = [
  'src/timeline/long.ts',
  Array.from({ length: 501 }, (_, n) => `export const n${n} = ${n};`).join('\n'),
] as const;

function textOf({ forbidden, allowed }: Planting): string {
  return `${[...forbidden, ...allowed].join('\n')}\n`;
}

/** Lines on which a rule of the house speaks; the linter's other opinions on planted code do not matter. */
function flaggedLines(findings: readonly Finding[], path: string): Set<number> {
  return new Set(
    findings.filter((finding) => finding.path === path && isHouseRule(finding.rule)).map(({ line }) => line),
  );
}

function isHouseRule(rule: string): boolean {
  return /^plugin$|noRestrictedImports|noRestrictedGlobals|noNodejsModules|noDefaultExport|noEnum|noConstEnum|noBarrelFile/.test(
    rule,
  );
}
