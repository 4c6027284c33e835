/** Raft that does something wrong, and what a property says of it. */
import { expect } from 'vitest';
import type { Protocol } from '../../../src/check/protocol.ts';
import { createRaft, raft } from '../../../src/protocols/raft/raft.ts';
import { correctRules, type Rules } from '../../../src/protocols/raft/rules.ts';
import type { AnyRole } from '../../../src/sim/protocol.ts';
import type { Violation } from '../../../src/sim/result.ts';
import { kills } from '../../zoo/raft-kills.ts';
import { optionKills } from '../../zoo/raft-option-kills.ts';
import { run, type Scene } from './cluster.ts';

export const withRules = (overrides: Partial<Rules>): Protocol =>
  createRaft({ rules: { ...correctRules, ...overrides } });

/** Raft whose servers do something more, or something else, in one of their handlers. */
export function withHandler(
  table: 'onMessage' | 'onTimer',
  name: string,
  wrap: (original: Handler) => Handler,
): Protocol {
  const server = raft.roles.server as unknown as { readonly [table: string]: { readonly [name: string]: Handler } };
  const handlers = server[table] as { readonly [name: string]: Handler };
  const changed = { ...server, [table]: { ...handlers, [name]: wrap(handlers[name] as Handler) } };
  return { ...raft, roles: { ...raft.roles, server: changed as unknown as AnyRole } };
}
// biome-ignore lint/suspicious/noExplicitAny: handlers of all kinds.
export type Handler = (...inputs: any[]) => void;

export function violationOf(scene: Scene, property: string, protocol: Protocol): Violation {
  const { simulation } = run(scene, { protocol, properties: [property] });
  expect(simulation.failure).toBeUndefined();
  expect(simulation.violation?.property).toBe(property);
  return simulation.violation as Violation;
}

export const told = (scene: Scene, property: string, protocol: Protocol): string =>
  violationOf(scene, property, protocol).finding.sentence;

/** The schedule that is known to bring a planted bug of the zoo to light. */
export function killOf(id: string): Scene {
  const kill = [...kills, ...optionKills].find((one) => one.bug === id);
  if (kill === undefined) throw new Error(`no schedule for ${id}`);
  return kill.scene;
}
