/** SER and DENY of what clients are told, hook by hook. */
import { describe, expect, it } from 'vitest';
import { serializable } from '../../../src/protocols/atomic-commit/properties/serializable.ts';
import { deniedUndone } from '../../../src/protocols/atomic-commit/properties/told.ts';
import { paxosCommit } from '../../../src/protocols/paxos-commit/paxos-commit.ts';
import {
  enhancedThreePhaseCommit,
  quorumThreePhaseCommit,
  threePhaseCommit,
} from '../../../src/protocols/three-phase-commit/three-phase-commit.ts';
import { twoPhaseCommit } from '../../../src/protocols/two-phase-commit/two-phase-commit.ts';
import type { World } from '../../../src/sim/observer.ts';

const world = {
  event: 3,
  nodes: ['n1', 'n2', 'c1'],
  roleOf: (node: number) => (node === 1 ? 'participant' : 'coordinator'),
} as unknown as World;
const sentence = (finding: unknown): string | undefined =>
  (finding as { readonly sentence: string } | undefined)?.sentence;
const origin = { process: 'c1', sequence: 1 };
const txn = 'n1.1.1';

describe('SER', () => {
  /** The participant executes the read in these lives, is asked to prepare in one of them, and executes again; then the client is told. */
  function told(
    value: number,
    asked: number,
    before: readonly number[],
    after: readonly number[] = [],
  ): string | undefined {
    const memory = serializable.start(world);
    const send = (message: object): unknown => serializable.send?.(memory, 1, 1, message as never, world);
    const steps = [{ f: 'read', key: 'r1', value: null }];
    const execute = (life: number): unknown =>
      send({ type: 'Executed', txn, incarnation: life, seen: [{ value: 10 * life, writer: '' }] });
    send({ type: 'Execute', age: { txn }, origin, steps });
    before.forEach(execute);
    send({ type: 'Prepare', txn, session: asked });
    after.forEach(execute);
    const input = { type: 'registers', one: 'k1', other: 'k1' };
    const operation = { process: 'c1', input, outcome: 'ok', output: { values: [value] } };
    return sentence(serializable.returned?.(memory, operation as never, world));
  }

  it('says nothing where the client is told what was seen in the life that was asked to prepare', () => {
    expect(told(10, 1, [1])).toBeUndefined();
    expect(told(10, 1, [1, 2])).toBeUndefined();
    expect(told(20, 2, [1, 2])).toBeUndefined();
    expect(told(10, 1, [1], [2])).toBeUndefined();
  });

  it('finds a client that is told what was seen in another, or by nobody', () => {
    expect(told(20, 1, [1, 2])).toBe('the client of n1.1.1 is told that r1 was 20, and n2 has seen 10');
    expect(told(10, 2, [1, 2])).toBe('the client of n1.1.1 is told that r1 was 10, and n2 has seen 20');
    expect(told(7, 1, [1], [2])).toBe('the client of n1.1.1 is told that r1 was 7, and n2 has seen 10');
  });
});

describe('DENY', () => {
  const broken = 'the request c1 #1 was carried out, and its client was told that it was not';
  const commit = (memory: unknown, more: object = {}): unknown => {
    const prepared = { type: 'prepared', age: { txn }, origin };
    for (const entry of [prepared, { type: 'commit', txn, ...more }]) {
      const found = deniedUndone.log?.(memory, 1, 'wal', { kind: 'append', index: 1, entry } as never, world);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const end = (memory: unknown, outcome: string, output?: object): unknown =>
    deniedUndone.returned?.(memory, { process: 'c1', outcome, output } as never, world);

  it.each(
    [twoPhaseCommit, threePhaseCommit, quorumThreePhaseCommit, enhancedThreePhaseCommit, paxosCommit].map(
      (protocol) => [protocol.name, protocol] as const,
    ),
  )('is a property of %s', (_name, { properties }) => expect(properties).toContain(deniedUndone));

  it('finds what was carried out, and denied before or after', () => {
    const first = deniedUndone.start(world);
    expect(sentence(end(first, 'fail') ?? commit(first))).toBe(broken);
    const second = deniedUndone.start(world);
    expect(sentence(commit(second) ?? end(second, 'ok', { overdrawn: true }))).toBe(broken);
  });

  it('says nothing of who was answered, has given up, or of what an operator has decided', () => {
    for (const outcome of ['ok', 'unknown']) {
      const memory = deniedUndone.start(world);
      expect(commit(memory) ?? end(memory, outcome, {})).toBeUndefined();
    }
    const memory = deniedUndone.start(world);
    expect(commit(memory, { heuristic: true }) ?? end(memory, 'fail')).toBeUndefined();
  });
});
