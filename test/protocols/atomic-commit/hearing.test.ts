/** HEED and SESS: what participants are told they heed. And what becomes of those who wait for a session that ends. */
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
import type { World } from '../../../src/sim/observer.ts';

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
