/** What is said must be so: each property is broken by a role that speaks too early, or does not look. */
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../../src/check/protocol.ts';
import { chubbyLock } from '../../../src/protocols/lease-lock/chubby/chubby-lock.ts';
import { createLeaseLock, leaseLock } from '../../../src/protocols/lease-lock/lease-lock.ts';
import { redlock } from '../../../src/protocols/lease-lock/redlock/redlock.ts';
import { createReplicatedLock, replicatedLock } from '../../../src/protocols/lease-lock/replicated/replicated-lock.ts';
import { correctRules } from '../../../src/protocols/lease-lock/rules.ts';
import { zooKeeperLock } from '../../../src/protocols/lease-lock/zookeeper/zookeeper-lock.ts';
import { type AnyRole, ms } from '../../../src/sim/protocol.ts';
import { kills, work } from '../../zoo/lease-lock-kills.ts';
import { run, type Scene } from '../atomic-commit/cluster.ts';

// biome-ignore lint/suspicious/noExplicitAny: a role of any protocol, of which one handler is replaced.
type Handler = (state: any, from: string, message: any, context: any) => void;
type Handlers = { readonly [type: string]: Handler };

const onMessageOf = (protocol: Protocol, role: string): Handlers =>
  (protocol.roles[role] as unknown as { readonly onMessage: Handlers }).onMessage;

/** The protocol with another handler of one message; it gets the right one. */
function withHandler(protocol: Protocol, role: string, type: string, other: (right: Handler) => Handler): Protocol {
  const right = onMessageOf(protocol, role);
  const onMessage = { ...right, [type]: other(right[type] as Handler) };
  return { ...protocol, roles: { ...protocol.roles, [role]: { ...protocol.roles[role], onMessage } as AnyRole } };
}

const violationOf = (scene: Scene, protocol: Protocol, property: string): string | undefined =>
  run(scene, protocol, [property]).simulation.violation?.finding.sentence;

const two: Scene = { calls: [work(0, 'c1', 2), work(ms(20), 'c2', 1)] };
const late = kills.find((kill) => kill.bug === 'L01')?.scene as Scene;

describe('DUR', () => {
  it('is broken by a server that acknowledges a release before it is on disk', () => {
    const hasty = withHandler(leaseLock, 'server', 'Release', (right) => (state, from, message, context) => {
      context.send(from, { type: 'Released', id: message.id });
      right(state, from, message, context);
    });
    expect(violationOf(two, hasty, 'DUR')).toBe('n1 acknowledges that a1 of c1 is released, which is not on its disk');
  });

  it('is broken by a server that grants the lock before that is on disk', () => {
    const hasty = withHandler(leaseLock, 'server', 'Acquire', (right) => (state, from, message, context) => {
      if (state.holder === null) context.send(from, { type: 'Granted', id: message.id, attempt: 1, token: 1 });
      right(state, from, message, context);
    });
    expect(violationOf(two, hasty, 'DUR')).toBe('n1 tells c1 that it has the lock (a1), which is not on its disk');
  });
});

describe('DONE', () => {
  it('is broken by a resource that compares nothing and acknowledges what is not on its disk', () => {
    const hasty = withHandler(leaseLock, 'resource', 'Write', (right) => (state, from, message, context) => {
      context.send(from, { type: 'Written', id: message.id, step: message.step, ok: true });
      right(state, from, message, context);
    });
    const scene: Scene = { ...two, options: { guard: 'lock-delay' } };
    expect(violationOf(scene, hasty, 'DONE')).toContain('which is not on its disk');
    expect(violationOf(scene, leaseLock, 'DONE')).toBeUndefined();
  });

  it.each([
    ['lease-lock', leaseLock, late],
    ['chubby-lock', chubbyLock, { ...late, calls: [work(ms(400), 'c1', 3), work(ms(460), 'c2', 2)], until: ms(4_000) }],
  ])('is broken by a holder that counts refused writes: %s', (_name, lock, scene) => {
    const deaf = withHandler(lock, 'client', 'Written', (right) => (state, from, message, context) => {
      right(state, from, { ...message, ok: true }, context);
    });
    expect(violationOf(scene, deaf, 'DONE')).toContain('were acknowledged');
    expect(violationOf(scene, lock, 'DONE')).toBeUndefined();
  });

  it('is broken by a client of Redlock that takes the first acknowledgement for all', () => {
    const eager = withHandler(redlock, 'client', 'Written', (right) => (state, from, message, context) => {
      if (state.request !== null) state.written = state.request.op.writes - 1;
      right(state, from, { ...message, step: state.written + 1 }, context);
    });
    expect(violationOf(two, eager, 'DONE')).toContain('c1 answers that it has done 2 writes of 2');
    expect(violationOf(two, redlock, 'DONE')).toBeUndefined();
  });
});

describe('HON', () => {
  it('is broken by a holder that writes without a look at its lease', () => {
    const blind = withHandler(leaseLock, 'client', 'Registered', (right) => (state, from, message, context) => {
      right(state, from, message, context);
      context.send('n2', { type: 'Write', token: state.token, id: message.id, step: 2 });
    });
    expect(violationOf(two, blind, 'HON')).toBe('c1 sends a write to n2 without a look at its lease');
  });
});

describe('EXCL', () => {
  // To the clock of c1, which is slow, a lease of 300 ms lasts 330; to that of the server 275. Nobody takes a step in between.
  const scene: Scene = {
    calls: [work(0, 'c1', 3), work(ms(20), 'c2', 1)],
    options: { stepInterval: ms(400), clockRatePpmMax: 100_000 },
    faults: [
      { kind: 'clock-rate', node: 'c1', ppm: -90_000 },
      { kind: 'clock-rate', node: 'n1', ppm: 90_000 },
    ],
    overrides: Array.from({ length: 10 }, (_, n) => ({ message: `c1>n1/Renew#${n + 1}`, drop: true as const })),
  };

  it('is broken by a holder that leaves no margin for clocks, at the instant when both believe', () => {
    const careless = createLeaseLock({ ...correctRules, validUntil: (sentAt, _arrivedAt, ttl) => sentAt + ttl });
    expect(violationOf(scene, careless, 'EXCL')).toBe(
      'c2 believes to hold the lock, while c1 believes to hold the lock',
    );
    expect(violationOf(scene, leaseLock, 'EXCL')).toBeUndefined();
  });
});

describe('HELD', () => {
  const stores = ['n1', 'n2', 'n3', 'n4', 'n5'];
  // The answers to the first extension come when the second one has been asked for; what asks for that is lost.
  const scene: Scene = {
    calls: [work(0, 'c1', 8)],
    overrides: stores.flatMap((store) => [
      { message: `${store}>c1/Extended#1`, latency: ms(60) },
      { message: `c1>${store}/Extend#2`, drop: true as const },
    ]),
  };

  it('is broken by a client that takes answers to one extension for answers to the next', () => {
    const vague = withHandler(redlock, 'client', 'Extended', (right) => (state, from, message, context) => {
      right(state, from, { ...message, round: state.round }, context);
    });
    expect(violationOf(scene, vague, 'HELD')).toMatch(/which 0 of 5 stores bear out/);
    expect(violationOf(scene, redlock, 'HELD')).toBeUndefined();
  });
});

describe('HELD, of a client that stands still between the answer that makes a majority and its belief', () => {
  const scene: Scene = {
    calls: [work(0, 'c1', 1), work(ms(300), 'c2', 1)],
    faults: [{ kind: 'pause', node: 'c1', for: ms(1_500), effect: 0, when: { message: 'Vote', node: 'c1', nth: 3 } }],
  };

  it('is judged by the keys of that moment, not by those that others have set since', () => {
    const { simulation } = run(scene, redlock, ['HELD', 'EXCL']);
    expect(simulation.violation).toBeUndefined();
    // It was late indeed: the other has had the lock before.
    expect(simulation.history().map(({ process, outcome }) => [process, outcome])).toEqual([
      ['c1', 'ok'],
      ['c2', 'ok'],
    ]);
    expect(Number(simulation.history()[1]?.returnedAt)).toBeLessThan(Number(simulation.history()[0]?.returnedAt));
  });
});

describe('REL, of replicas', () => {
  it('is broken by a machine that frees the lock and gives it to nobody', () => {
    const forgetful = createReplicatedLock({ ...correctRules, nextInLine: (waiting) => waiting });
    const scene: Scene = { calls: [work(ms(400), 'c1', 1), work(ms(420), 'c2', 1)] };
    expect(violationOf(scene, forgetful, 'REL')).toContain('although nobody has it');
    expect(violationOf(scene, replicatedLock, 'REL')).toBeUndefined();
  });
});

describe('LEFT', () => {
  // The answer to the first deletion comes when the second one has been sent, and is lost.
  const scene: Scene = {
    calls: [work(ms(400), 'c1', 1), work(ms(700), 'c1', 1)],
    overrides: [
      { message: 'n3>c1/Deleted#1', latency: ms(246) },
      { message: 'c1>n3/Delete#3', drop: true },
    ],
  };

  it('is broken by a client that takes any answer for one about its node', () => {
    const credulous = withHandler(zooKeeperLock, 'client', 'Deleted', (right) => (state, from, message, context) => {
      right(state, from, { ...message, number: Number.MAX_SAFE_INTEGER }, context);
    });
    expect(violationOf(scene, credulous, 'LEFT')).toMatch(/c1 takes its node for deleted, and node \d+ \(a2\)/);
    expect(violationOf(scene, zooKeeperLock, 'LEFT')).toBeUndefined();
  });
});
