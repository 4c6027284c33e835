/** HEED and SESS: what participants are told they heed. What becomes of those who wait for a session that ends; and coordinators answer. */
import { describe, expect, it } from 'vitest';
import { decisionsHeeded, sessionsEnd } from '../../../src/protocols/atomic-commit/properties/hearing.ts';
import {
  onExecute,
  onRollback,
  type Resource,
  type ResourceContext,
  recover,
} from '../../../src/protocols/atomic-commit/resource.ts';
import type { Execute, Step } from '../../../src/protocols/atomic-commit/transactions.ts';
import { correctWorkRules } from '../../../src/protocols/atomic-commit/work-rules.ts';
import { paxosCommit } from '../../../src/protocols/paxos-commit/paxos-commit.ts';
import {
  enhancedThreePhaseCommit,
  quorumThreePhaseCommit,
  threePhaseCommit,
} from '../../../src/protocols/three-phase-commit/three-phase-commit.ts';
import { twoPhaseCommit } from '../../../src/protocols/two-phase-commit/two-phase-commit.ts';
import type { World } from '../../../src/sim/observer.ts';
import type { AnyRole } from '../../../src/sim/protocol.ts';
import { call, run, transfer } from './cluster.ts';

const family = [twoPhaseCommit, threePhaseCommit, quorumThreePhaseCommit, enhancedThreePhaseCommit, paxosCommit];

const world = {
  event: 1,
  nodes: ['n1', 'n2'],
  roleOf: (node: number) => (node === 0 ? 'coordinator' : 'participant'),
} as unknown as World;

const working = (txn: string, phase: string): object => ({
  resource: { locals: [{ age: { txn }, coordinator: 'n1', phase }] },
});

describe('HEED', () => {
  const heed = decisionsHeeded('Decision', 'Hearsay');
  const told = (messages: readonly object[], state: object): unknown => {
    const memory = heed.start(world);
    for (const message of messages) heed.deliver?.(memory, 0, 1, message as never, world);
    return (heed.step?.(memory, 1, state as never, world) as { readonly sentence: string } | undefined)?.sentence;
  };

  it('finds who stays in doubt of what it was told', () => {
    expect(told([{ type: 'Decision', txn: 'n1.1.1', commit: true }], working('n1.1.1', 'prepared'))).toBe(
      'n2 stays in doubt about n1.1.1, whose outcome n1 has told it',
    );
  });

  it('says nothing of other transactions, of those that are not in doubt, and of who was told nothing', () => {
    const decision = { type: 'Decision', txn: 'n1.1.1', commit: true };
    expect(told([decision], working('n1.1.2', 'prepared'))).toBeUndefined();
    expect(told([decision], working('n1.1.1', 'executed'))).toBeUndefined();
    expect(told([], working('n1.1.1', 'prepared'))).toBeUndefined();
  });
});

describe.each(family.map((protocol) => [protocol.name, protocol] as const))('%s', (_name, protocol) => {
  it('has both, and HEED finds a participant that is deaf to decisions', () => {
    const names = protocol.properties.map(({ name }) => name);
    expect(names).toContain('SESS');
    const { participant } = protocol.roles as unknown as {
      readonly participant: { readonly onMessage: { readonly [type: string]: unknown } };
    };
    const deaf = { ...participant, onMessage: { ...participant.onMessage, Decision: () => undefined } };
    const roles = { ...protocol.roles, participant: deaf as unknown as AnyRole };
    const scene = { calls: [call(0, 'c1', transfer('a1', 'a3'))] };
    const sentence = run(scene, { ...protocol, roles }, ['HEED']).simulation.violation?.finding.sentence;
    expect(sentence).toMatch(/^n\d stays in doubt about n1\.1\.1, whose outcome n1 has told it$/);
    expect(run(scene, protocol, ['HEED']).simulation.violation).toBeUndefined();
  });

  it('is not taken for calm as long as a coordinator has not answered, or is busy', () => {
    const open = (state: object | undefined): unknown =>
      protocol.liveness?.disagreement?.({ ...world, stateOf: () => state } as World, [0]);
    expect(open({ manager: { open: [{ age: { txn: 'n1.1.2' } }] } })).toBe(
      'n1 has not answered the request of which n1.1.2 is an attempt',
    );
    const work = { age: { txn: 'n1.1.2' }, participants: ['n2'] };
    expect(open({ manager: { open: [work] } })).toBeUndefined();
    expect(open({ manager: { open: [{ ...work, participants: ['n1'] }] } })).toMatch(/^n1 has not answered/);
    expect(open(undefined)).toBe('n1 is busy');
    expect(open({ manager: { open: [] } })).toBeUndefined();
  });
});

describe('SESS', () => {
  const told = (incarnations: readonly number[], state: object): unknown => {
    const memory = sessionsEnd.start(world);
    sessionsEnd.boot?.(memory, 1, world);
    for (const incarnation of incarnations)
      sessionsEnd.deliver?.(memory, 0, 1, { type: 'Execute', incarnation } as never, world);
    return (sessionsEnd.step?.(memory, 1, state as never, world) as { readonly sentence: string } | undefined)
      ?.sentence;
  };
  const broken = 'n2 works on n1.1.7, and has heard of life 2 of n1, which knows nothing of it';

  it('finds who works on for a life that is over', () => {
    expect(told([1, 2], working('n1.1.7', 'executed'))).toBe(broken);
  });

  it('finds who does what comes late from a life that is over', () => {
    expect(told([2, 1], working('n1.1.7', 'working'))).toBe(broken);
  });

  it('lets those be who have promised, and work for the present life', () => {
    expect(told([1, 2], working('n1.1.7', 'prepared'))).toBeUndefined();
    expect(told([1, 2], working('n1.2.1', 'working'))).toBeUndefined();
    expect(told([1], working('n1.1.7', 'working'))).toBeUndefined();
  });
});

describe('when a coordinator is heard of in its next life', () => {
  const step: Step = { f: 'write', key: 'r1', value: 'mine' };
  const work = (txn: string, incarnation: number): Execute => ({
    type: 'Execute',
    age: { txn, born: 0, root: txn, attempt: 1 },
    origin: { process: 'c1', sequence: 1 },
    incarnation,
    steps: [step],
  });

  it('those go on who have waited for what is given up, also where the news itself comes too late', () => {
    const sent: string[] = [];
    const context = {
      self: 'n3',
      options: { lockPolicy: 'timeout', lockTimeout: 1, idleTimeout: 1, readOnlyVotes: true },
      disk: {
        read: () => ({ ok: true, value: undefined }),
        put: () => undefined,
        readLog: () => ({ ok: true, value: { first: 1, entries: [] } }),
        append: () => undefined,
        sync: () => undefined,
      },
      halt: () => undefined,
      send: (to: string, { type, txn }: { type: string; txn: string }) => sent.push(`${to} ${type} ${txn}`),
      setTimer: () => undefined,
      cancelTimer: () => undefined,
      note: () => undefined,
    } as unknown as ResourceContext;
    const resource: Resource = recover(correctWorkRules, context);
    onExecute(correctWorkRules, resource, 'n1', work('n1.1.1', 1), context);
    onExecute(correctWorkRules, resource, 'n2', work('n2.1.1', 1), context);
    expect(sent).toEqual(['n1 Executed n1.1.1']);
    onRollback(correctWorkRules, resource, 'n1.2.1', context);
    onExecute(correctWorkRules, resource, 'n1', work('n1.2.1', 2), context);
    expect(sent).toEqual(['n1 Executed n1.1.1', 'n2 Executed n2.1.1']);
    expect(resource.runnable).toEqual([]);
  });
});
