/** What waiters, holders and new masters may count on: each property is broken by a role that forgets, mistakes, or does not tell. */
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../../src/check/protocol.ts';
import { chubbyLock } from '../../../src/protocols/lease-lock/chubby/chubby-lock.ts';
import { etcdLock } from '../../../src/protocols/lease-lock/etcd/etcd-lock.ts';
import { leaseLock } from '../../../src/protocols/lease-lock/lease-lock.ts';
import { ownership } from '../../../src/protocols/lease-lock/properties/granting.ts';
import { redlock } from '../../../src/protocols/lease-lock/redlock/redlock.ts';
import { lockMachine } from '../../../src/protocols/lease-lock/replicated/lock-machine.ts';
import { ownershipInTheLog } from '../../../src/protocols/lease-lock/replicated/properties.ts';
import { createReplica } from '../../../src/protocols/lease-lock/replicated/replica.ts';
import { replicatedLock } from '../../../src/protocols/lease-lock/replicated/replicated-lock.ts';
import { correctRules } from '../../../src/protocols/lease-lock/rules.ts';
import { storeMachine } from '../../../src/protocols/lease-lock/store/machine.ts';
import type { World } from '../../../src/sim/observer.ts';
import { type AnyRole, ms } from '../../../src/sim/protocol.ts';
import { work } from '../../zoo/lease-lock-kills.ts';
import { run, type Scene } from '../atomic-commit/cluster.ts';

// biome-ignore lint/suspicious/noExplicitAny: a role of any protocol, of which one handler is replaced.
type Handler = (state: any, from: string, message: any, context: any) => void;

/** The protocol with another handler of one message; it gets the right one. */
function withHandler(protocol: Protocol, role: string, type: string, other: (right: Handler) => Handler): Protocol {
  const right = protocol.roles[role] as unknown as { readonly onMessage: { readonly [type: string]: Handler } };
  const onMessage = { ...right.onMessage, [type]: other(right.onMessage[type] as Handler) };
  return { ...protocol, roles: { ...protocol.roles, [role]: { ...right, onMessage } as unknown as AnyRole } };
}

const withServer = (protocol: Protocol, server: AnyRole): Protocol => ({
  ...protocol,
  roles: { ...protocol.roles, server },
});

const sentenceOf = (scene: Scene, protocol: Protocol, property: string): string | undefined =>
  run(scene, protocol, [property]).simulation.violation?.finding.sentence;

describe('KEEP', () => {
  it('is broken by a client that takes the end of an earlier acquisition for that of this one', () => {
    const scene: Scene = {
      calls: [work(0, 'c1', 2), work(ms(180), 'c1', 4)],
      options: { stepInterval: ms(120) },
      overrides: [{ message: 'c1>n1/Renew#1', latency: ms(250) }],
    };
    const rash = withHandler(leaseLock, 'client', 'Lost', (right) => (state, from, message, context) => {
      right(state, from, { ...message, id: state.request?.id ?? message.id }, context);
    });
    expect(sentenceOf(scene, rash, 'KEEP')).toMatch(/^c1 takes the lock \(a2\) for lost, although its lease lasts for/);
    expect(sentenceOf(scene, leaseLock, 'KEEP')).toBeUndefined();
  });

  it('is broken by a server that takes what is over of one client for over of all', () => {
    const scene: Scene = {
      calls: [work(0, 'c2', 1), work(ms(10), 'c3', 1)],
      overrides: [{ message: 'c2>n1/Acquire#1', drop: true }],
    };
    const mistaken = withHandler(leaseLock, 'server', 'Acquire', (right) => (state, from, message, context) => {
      const over = Math.max(0, ...(Object.values(state.over) as number[]));
      if (message.id <= over) context.send(from, { type: 'Lost', id: message.id });
      else right(state, from, message, context);
    });
    expect(sentenceOf(scene, mistaken, 'KEEP')).toMatch(/although it has asked \d+ us ago for a lease of 300000 us/);
    expect(sentenceOf(scene, leaseLock, 'KEEP')).toBeUndefined();
  });
});

const three: Scene = {
  calls: [work(ms(400), 'c1', 4), work(ms(420), 'c2', 1), work(ms(440), 'c3', 1)],
  options: { stepInterval: ms(60) },
  until: ms(4_000),
};

/** The right store, which says something else of what keeps a session alive. */
function storeThat(says: (attempt: number, told: readonly string[]) => boolean): AnyRole {
  const right = storeMachine(correctRules);
  return createReplica(correctRules, {
    ...right,
    apply(state, command, index, effects) {
      const told: string[] = [];
      const tell: typeof effects.tell = (to, message) => {
        told.push(message.type);
        effects.tell(to, message);
      };
      right.apply(state, command, index, { ...effects, tell });
      if (command.type !== 'asked' || command.message.type !== 'KeepAlive') return;
      const { session, attempt } = command.message;
      if (says(attempt, told)) effects.tell(command.client, { type: 'SessionGone', session });
    },
  });
}

describe('KEEP, of sessions', () => {
  it('is broken by a store that declares one gone that lives', () => {
    const hasty = storeThat((attempt, told) => attempt > 3 && told.includes('KeptAlive'));
    expect(sentenceOf(three, withServer(etcdLock, hasty), 'KEEP')).toMatch(
      /^c\d takes the lock \(a\d+\) for lost, although its lease lasts for \d+ us more$/,
    );
    expect(sentenceOf(three, etcdLock, 'KEEP')).toBeUndefined();
  });

  it('is broken by a store that takes one for gone which is not opened yet', () => {
    const late: Scene = {
      ...three,
      overrides: ['n1', 'n2', 'n3'].map((to) => ({ message: `c1>${to}/OpenSession#1`, latency: ms(400) })),
    };
    const hasty = storeThat((_attempt, told) => told.length === 0);
    expect(sentenceOf(late, withServer(etcdLock, hasty), 'KEEP')).toMatch(
      /^c1 takes the lock \(a\d+\) for lost, although it has asked \d+ us ago for a lease of \d+ us$/,
    );
    expect(sentenceOf(late, etcdLock, 'KEEP')).toBeUndefined();
  });
});

describe('OWN, of those who wait', () => {
  const world = { event: 1, now: 5, nodes: ['n1', 'c1', 'c2'] } as unknown as World;
  const left = (id: number, client = 'c2', why = 'release') => ['leftQueue', { client, id, why }] as const;
  const broken = (client: string, id: number): string =>
    `n1 takes ${client} (a${id}) out of the queue, because c2 has released a5`;

  it('is broken by a server that takes out of the queue who has asked anew, or somebody else', () => {
    const told = (...[text, data]: ReturnType<typeof left>): unknown => {
      const memory = ownership.start(world);
      ownership.deliver?.(memory, 2, 0, { type: 'Release', id: 5 } as never, world);
      return ownership.note?.(memory, 0, text, data as never, world);
    };
    expect(told(...left(6))).toBe(broken('c2', 6));
    expect(told(...left(3, 'c1'))).toBe(broken('c1', 3));
    expect(told(...left(5))).toBeUndefined();
    expect(told(...left(2))).toBeUndefined();
    expect(told(...left(6, 'c2', 'silence'))).toBeUndefined();
  });

  it('is broken by replicas that do so', () => {
    const told = (...lefts: readonly ReturnType<typeof left>[]): unknown => {
      const memory = ownershipInTheLog.start(world);
      for (const [text, data] of lefts) ownershipInTheLog.note?.(memory, 0, text, data as never, world);
      return ownershipInTheLog.note?.(memory, 0, 'over', { client: 'c2', id: 5 } as never, world);
    };
    expect(told(left(5), left(6))).toBe(broken('c2', 6));
    expect(told(left(3, 'c1'), left(5))).toBe(broken('c1', 3));
    expect(told(left(2), left(5))).toBeUndefined();
    expect(told(left(6, 'c2', 'silence'))).toBeUndefined();
    expect(told()).toBeUndefined();
  });
});

describe('REL', () => {
  it('is broken by a server that passes over who has just asked', () => {
    const scene: Scene = {
      calls: [work(0, 'c1', 4), work(ms(20), 'c2', 1)],
      options: { stepInterval: ms(140) },
    };
    const deaf = withHandler(leaseLock, 'server', 'Acquire', (right) => (state, from, message, context) => {
      const waiting = () => state.queue.find((one: { readonly id: number }) => one.id === message.id);
      const until = waiting()?.leaseUntil;
      right(state, from, message, context);
      if (until !== undefined && waiting() !== undefined) waiting().leaseUntil = until;
    });
    expect(sentenceOf(scene, deaf, 'REL')).toMatch(/^n1 passes c2 \(a2\) over, which has asked \d+ us before/);
    expect(sentenceOf(scene, leaseLock, 'REL')).toBeUndefined();
  });
});

describe('FAIR, of replicas', () => {
  it('is broken by a machine that sends who asks again to the end of the queue', () => {
    const right = lockMachine(correctRules);
    const unfair = createReplica(correctRules, {
      ...right,
      apply(state, command, index, effects) {
        if (command.type === 'asked' && command.message.type === 'Acquire') {
          const { id } = command.message;
          const place = state.queue.findIndex((waiter) => waiter.id === id);
          if (place !== -1) state.queue.splice(place, 1);
        }
        right.apply(state, command, index, effects);
      },
    });
    expect(sentenceOf(three, withServer(replicatedLock, unfair), 'FAIR')).toMatch(
      /begin anew at the end of the queue$/,
    );
    expect(sentenceOf(three, replicatedLock, 'FAIR')).toBeUndefined();
  });
});

describe('WATCH', () => {
  it('is broken by a client that watches the first node and not the one before its own', () => {
    let first: number | undefined;
    const herd = withHandler(etcdLock, 'client', 'Created', (right) => (state, from, message, context) => {
      first ??= message.revision;
      right(state, from, message.before === 0 ? message : { ...message, before: first }, context);
    });
    expect(sentenceOf(three, herd, 'WATCH')).toMatch(
      /^c3 watches node \d+ at n\d, and before its own, \d+, is node \d+/,
    );
    expect(sentenceOf(three, etcdLock, 'WATCH')).toBeUndefined();
  });

  it('is broken by a store that does not tell those who watch', () => {
    const right = storeMachine(correctRules);
    const silent = createReplica(correctRules, {
      ...right,
      apply(state, command, index, effects) {
        const asks = command.type === 'asked' && command.message.type === 'Watch';
        right.apply(state, command, index, {
          ...effects,
          tell: (to, message) => {
            if (asks || message.type !== 'Gone') effects.tell(to, message);
          },
        });
      },
    });
    expect(sentenceOf(three, withServer(etcdLock, silent), 'WATCH')).toMatch(/does not tell c2 that node \d+ is gone/);
  });
});

describe('EPOCH', () => {
  const scene: Scene = {
    options: { stepInterval: ms(120), ttl: ms(300), electionTimeoutMax: ms(250), acquireAttempts: 40 },
    calls: [work(ms(400), 'c1', 4), work(ms(420), 'c2', 2), work(ms(440), 'c3', 1)],
    faults: [{ kind: 'crash', node: { noted: 'leads' }, at: ms(560), for: ms(2_000) }],
    until: ms(4_000),
  };
  const right = storeMachine(correctRules);

  it('is broken by a master that does what it is asked in an epoch of the past', () => {
    const lax = createReplica({ ...correctRules, acceptsEpoch: () => true }, right, true);
    expect(sentenceOf(scene, withServer(chubbyLock, lax), 'EPOCH')).toMatch(/in epoch -?\d+, although its own is \d+$/);
    expect(sentenceOf(scene, chubbyLock, 'EPOCH')).toBeUndefined();
  });

  it('is broken by a new master that lets every call through while sessions are missing', () => {
    const hasty = createReplica(
      correctRules,
      { ...right, extendedBy: (state, _client, { session }) => state.sessions.find(({ id }) => id === session)?.id },
      true,
    );
    expect(sentenceOf(scene, withServer(chubbyLock, hasty), 'EPOCH')).toMatch(
      /before it has heard of session \d+ in its epoch$/,
    );
  });
});

describe('OWN, of the stores of Redlock', () => {
  it('is broken by a store that makes the key that it is asked to extend', () => {
    const scene: Scene = { calls: [work(0, 'c1', 1)], overrides: [{ message: 'c1>n1/SetIfAbsent#1', drop: true }] };
    const generous = withHandler(redlock, 'client', 'Written', (right) => (state, from, message, context) => {
      context.send('n1', { type: 'Extend', value: state.value, round: 1 });
      right(state, from, message, context);
    });
    const making = withHandler(generous, 'store', 'Extend', (right) => (state, from, message, context) => {
      state.key ??= { value: message.value, expiresAt: context.now + context.options.ttl };
      right(state, from, message, context);
    });
    expect(sentenceOf(scene, making, 'OWN')).toBe('n1 extends the key of a1.1, and has none');
    expect(sentenceOf(scene, generous, 'OWN')).toBeUndefined();
  });
});

describe('GHOST, of clients of Redlock', () => {
  const stores = ['n1', 'n2', 'n3', 'n4', 'n5'];

  it('is broken by a client that does not take back what a store says too late', () => {
    const scene: Scene = {
      calls: [work(0, 'c1', 1)],
      overrides: stores.map((store) => ({ message: `${store}>c1/Vote#1`, latency: ms(200) })),
    };
    const deaf = withHandler(redlock, 'client', 'Vote', (right) => (state, from, message, context) => {
      if (message.value === state.value && state.phase === 'asking') right(state, from, message, context);
    });
    expect(sentenceOf(scene, deaf, 'GHOST')).toMatch(/^c1 does not ask n\d to delete a1.1, which it says too late/);
    expect(sentenceOf(scene, redlock, 'GHOST')).toBeUndefined();
  });

  it('is broken by a client that loses the lock and leaves its keys', () => {
    // What asks most stores for more time is lost; the others keep the key when c1 knows no more of it.
    const scene: Scene = {
      calls: [work(0, 'c1', 8), work(ms(20), 'c2', 1)],
      overrides: stores
        .slice(0, 3)
        .flatMap((store) =>
          Array.from({ length: 30 }, (_, n) => ({ message: `c1>${store}/Extend#${n + 1}`, drop: true })),
        ) as NonNullable<Scene['overrides']>,
    };
    let mute = false;
    const hushed = (context: object): object =>
      new Proxy(context, {
        get: (target, name) => {
          const value = Reflect.get(target, name);
          if (name === 'note') {
            return (text: string, data: unknown) => {
              mute = text === 'lost';
              if (text !== 'tookBack' || !mute) value.call(target, text, data);
            };
          }
          if (name !== 'send') return typeof value === 'function' ? value.bind(target) : value;
          return (to: string, message: { readonly type: string }) => {
            if (!mute || message.type !== 'Delete') value.call(target, to, message);
          };
        },
      });
    const client = redlock.roles.client as unknown as {
      readonly onTimer: { readonly step: (...args: unknown[]) => void };
    };
    const step = (state: unknown, key: unknown, context: object): void => {
      mute = false;
      client.onTimer.step(state, key, hushed(context));
    };
    const roles = {
      ...redlock.roles,
      client: { ...client, onTimer: { ...client.onTimer, step } } as unknown as AnyRole,
    };
    expect(sentenceOf(scene, { ...redlock, roles }, 'GHOST')).toMatch(
      /because of a1.1, which c1 has given up without asking/,
    );
    expect(sentenceOf(scene, redlock, 'GHOST')).toBeUndefined();
  });
});
