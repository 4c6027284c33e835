/** OBEY: elections outlive crashes by quorums, and whoever has joined one accepts nothing of an older one. */
import { describe, expect, it } from 'vitest';
import { fuzz } from '../../../src/explore/fuzz-api.ts';
import { createCoordinator } from '../../../src/protocols/three-phase-commit/coordinator.ts';
import { createParticipant } from '../../../src/protocols/three-phase-commit/participant.ts';
import { nonBlocking } from '../../../src/protocols/three-phase-commit/properties/concurrency.ts';
import { obedience } from '../../../src/protocols/three-phase-commit/properties/obedience.ts';
import { quorumRules } from '../../../src/protocols/three-phase-commit/quorum.ts';
import { quorumThreePhaseCommit } from '../../../src/protocols/three-phase-commit/three-phase-commit.ts';
import type { World } from '../../../src/sim/observer.ts';

const world = { event: 5, nodes: ['n1', 'n2'] } as unknown as World;
const obey = obedience(true);
type Step = (memory: unknown) => unknown;
const boot: Step = (memory) => obey.boot?.(memory, 1, world);
const send =
  (type: string, election: number): Step =>
  (memory) =>
    obey.send?.(memory, 1, 0, { type, txn: 'n1.1.1', election } as never, world);
const write =
  (election: number): Step =>
  (memory) => {
    const entry = { type: 'precommit', txn: 'n1.1.1', attempt: election, election };
    return obey.log?.(memory, 1, 'wal', { kind: 'append', index: 1, entry } as never, world);
  };

/** What OBEY says of the last step. */
function told(...steps: readonly Step[]): string | undefined {
  const memory = obey.start(world);
  let last: unknown;
  for (const step of steps) last = step(memory);
  return (last as { readonly sentence: string } | undefined)?.sentence;
}

describe('OBEY', () => {
  it('finds an election that is led in two lives', () => {
    expect(told(boot, send('StateRequest', 17), boot, send('StateRequest', 17))).toMatch(
      /^n2 leads election \S+ of n1\.1\.1, which it has led before it restarted$/,
    );
  });

  it('lets a leader ask several in one life, and another election be led in the next', () => {
    expect(told(boot, send('StateRequest', 17), send('StateRequest', 17))).toBeUndefined();
    expect(told(boot, send('StateRequest', 17), boot, send('StateRequest', 33))).toBeUndefined();
  });

  it('finds who accepts a proposal of an older election, also where nobody is told', () => {
    expect(told(boot, send('StateReport', 33), write(17))).toMatch(/^n2 accepts a proposal of election/);
    expect(told(boot, send('StateReport', 33), write(33))).toBeUndefined();
    expect(told(boot, send('StateReport', 33), send('Ack', 17))).toMatch(/^n2 acknowledges a proposal of election/);
  });
});

describe('NB', () => {
  const told = (crash: boolean, ...records: readonly object[]): unknown => {
    const memory = nonBlocking.start(world);
    const write = (node: number, entry: object): unknown =>
      nonBlocking.log?.(memory, node, 'wal', { kind: 'append', index: 1, entry } as never, world);
    write(1, { type: 'prepared', age: { txn: 'n1.1.1' } });
    if (crash) nonBlocking.crash?.(memory, 1, 'none', world);
    for (const entry of records) write(1, entry);
    return write(0, { type: 'abort', txn: 'n1.1.1' });
  };
  const pre = { type: 'precommit', txn: 'n1.1.1', attempt: 1, election: 0 };

  it('does not count who has crashed since it voted, also where it is told to pre-commit later', () => {
    expect(told(false, pre)).toMatchObject({ sentence: 'n1 aborts n1.1.1 while n2 is pre-committed' });
    expect(told(true, pre)).toBeUndefined();
  });
});

describe('quorum three-phase commit', () => {
  it('is caught where a restart makes it forget what it has led', async () => {
    const rules = { ...quorumRules, recordsElections: false };
    const roles = { coordinator: createCoordinator(rules), participant: createParticipant(rules) };
    const forgetful = { ...quorumThreePhaseCommit, roles: { ...quorumThreePhaseCommit.roles, ...roles } };
    const report = await fuzz(forgetful, { seed: 1, runs: 60, shrink: false });
    expect(JSON.stringify(report)).toMatch(/which it has led before it restarted/);
  });
});
