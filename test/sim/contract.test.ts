import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/sim/result.ts';
import { type RogueContext, type RogueState, rogue, runRogue } from '../toys/kernel-rogue.ts';
import { ofKind, runOf, specOf } from '../toys/kernel-spec.ts';

type Poke = (state: RogueState, context: RogueContext) => unknown;
const failureOf = (poke: Poke, strict = false): Failure | undefined => runRogue({ poke }, strict).simulation.failure;
// biome-ignore lint/suspicious/noExplicitAny: what JavaScript lets a protocol do.
const loose = (context: RogueContext): any => context;

describe('a handler that breaks the contract ends the run, and is told what it did:', () => {
  const broken: readonly (readonly [string, Poke, string])[] = [
    ['it returns a value', () => 7, 'the handler returned number; handlers return nothing'],
    ['it is asynchronous', async () => undefined, 'the handler returned a promise; handlers are synchronous'],
    [
      'it sends to a stranger',
      (_state, context) => context.send('n9', { type: 'hello', value: { n: 1 }, list: [] }),
      'send to "n9": there is no such node (context.directory lists them)',
    ],
    [
      'it sends no message',
      (_state, context) => loose(context).send('n2', 'hello'),
      'send to "n2": a message must be an object with a string `type`',
    ],
    ['it sends nothing', (_state, context) => loose(context).send('n2', null), 'a message must be an object'],
    [
      'it sets a timer nobody handles',
      (_state, context) => loose(context).setTimer('tock', 5),
      'setTimer("tock"): the role "rogue" has no onTimer.tock',
    ],
    [
      'it cancels a timer nobody handles',
      (_state, context) => loose(context).cancelTimer('tock'),
      'cancelTimer("tock"): the role "rogue" has no onTimer.tock',
    ],
    [
      'it sets a timer for a fraction',
      (_state, context) => context.setTimer('tick', 0.5),
      'setTimer("tick", 0.5): the delay must be a whole number of microseconds, 0 or more',
    ],
    ['it sets a timer for the past', (_state, context) => context.setTimer('tick', -1), 'setTimer("tick", -1)'],
    [
      'it sets a timer for no number',
      (_state, context) => context.setTimer('tick', Number.NaN),
      'setTimer("tick", NaN)',
    ],
    [
      'it syncs under a tag nobody handles',
      (_state, context) => loose(context).disk.syncLater('sooner'),
      'disk.syncLater("sooner"): the role "rogue" has no onDisk.sooner',
    ],
    [
      'it drops more of a log than there is',
      (_state, context) => context.disk.dropPrefix('log', 2),
      'dropPrefix("log", 2): the log ends at index 0',
    ],
    [
      'it truncates a log below its beginning',
      (_state, context) => {
        context.disk.replace('log', 5, [{ n: 1 }]);
        context.disk.truncateFrom('log', 4);
      },
      'truncateFrom("log", 4): the log begins at index 5',
    ],
    [
      'it truncates a log at no index',
      (_state, context) => context.disk.truncateFrom('log', 0),
      'truncateFrom("log", 0): log indexes are whole numbers from 1',
    ],
    [
      'it replaces a log from no index',
      (_state, context) => context.disk.replace('log', 1.5, []),
      'replace("log", 1.5): log indexes are whole numbers from 1',
    ],
    [
      'it answers no request',
      (_state, context) => loose(context).reply(undefined, 1),
      'reply: its first argument must be the request that it ends, as it was handed over',
    ],
    ['it notes no text', (_state, context) => loose(context).note({ a: 1 }), 'a note is a text; data goes beside it'],
    [
      'it asks a component it does not host',
      (_state, context) => loose(context).ask('raft', { type: 'read' }),
      'context.ask("raft"): the role "rogue" hosts no such component',
    ],
    [
      'it asks nothing of a component',
      (_state, context) => loose(context).ask('raft', undefined),
      'ask("raft"): a request must be an object with a string `type`',
    ],
  ];

  it.each(broken)('%s', (_what, poke, sentence) => {
    const failure = failureOf(poke);
    expect(failure).toMatchObject({ kind: 'contract', node: 'n1', handler: 'onAdmin.poke', at: 1_000 });
    expect(failure?.sentence).toContain('onAdmin.poke at n1: ');
    expect(failure?.sentence).toContain(sentence);
    expect(failureOf(poke, true)).toMatchObject({ kind: 'contract', sentence: failure?.sentence });
  });

  it('it keeps its context', () => {
    const calls: readonly ((context: RogueContext) => unknown)[] = [
      (context) => context.send('n2', { type: 'hello', value: { n: 1 }, list: [] }),
      (context) => context.setTimer('tick', 1),
      (context) => context.cancelTimer('tick'),
      (context) => context.note('x'),
      (context) => context.halt('x'),
      (context) => context.random,
      (context) => context.now,
      (context) => context.wallClock,
      (context) => context.disk.read('record'),
      (context) => context.disk.readLog('log'),
      (context) => context.disk.put('record', { n: 1 }),
      (context) => context.disk.append('log', { n: 1 }),
      (context) => context.disk.truncateFrom('log', 1),
      (context) => context.disk.dropPrefix('log', 1),
      (context) => context.disk.replace('log', 1, []),
      (context) => context.disk.sync(),
      (context) => context.disk.syncLater('later'),
      (context) => loose(context).reply({ id: 1 }, 1),
      (context) => loose(context).ask('a', { type: 'b' }),
    ];
    for (const call of calls) {
      const kept: RogueContext[] = [];
      // n1 keeps its context; n2 uses it.
      const { simulation } = runRogue({
        poke: (_state, context) => {
          if (context.self === 'n1') kept.push(context);
          else call(kept[0] as RogueContext);
        },
      });
      expect(simulation.failure).toMatchObject({ kind: 'contract', node: 'n2', at: 3_000 });
      expect(simulation.failure?.sentence).toContain('was called outside of its handler: contexts must not be kept');
      expect(() => call(kept[0] as RogueContext)).toThrow('was called outside of its handler');
    }
  });

  it('its promise fails later, without ending the program', async () => {
    const failure = failureOf(async (_state, context) => {
      await Promise.resolve();
      context.note('too late');
    });
    expect(failure?.sentence).toContain('returned a promise');
    // An unhandled rejection would fail this test file.
    await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('its message is unknown to the receiver', () => {
    const stranger = rogue({
      boot: (context) => {
        loose(context).send('n2', { type: 'unheard' });
        return { any: null };
      },
    });
    const nodes = [
      { id: 'n1', role: 'stranger', options: {} },
      { id: 'n2', role: 'rogue', options: {} },
    ];
    const { simulation } = runOf(specOf({ nodes }), { stranger, rogue: rogue({}) });
    expect(simulation.failure).toMatchObject({
      kind: 'contract',
      node: 'n2',
      sentence: 'onMessage.unheard at n2: the role "rogue" has no onMessage.unheard',
    });
  });

  it('boot makes no state, or promises one', () => {
    expect(runRogue({ boot: () => undefined }).simulation.failure?.sentence).toBe(
      'boot at n1: boot must return the state, an object',
    );
    expect(runRogue({ boot: async () => ({ any: null }) }).simulation.failure?.sentence).toContain(
      'boot at n1: the handler returned a promise',
    );
  });
});

describe('a handler that throws', () => {
  it('ends the run with its name, its node and the error', () => {
    const failure = failureOf(() => {
      throw new RangeError('out of tune');
    });
    expect(failure).toMatchObject({
      kind: 'threw',
      node: 'n1',
      handler: 'onAdmin.poke',
      at: 1_000,
      sentence: 'onAdmin.poke at n1: RangeError: out of tune',
      error: { name: 'RangeError', message: 'out of tune' },
    });
    expect(failure?.error?.stack).toContain('contract.test.ts');
  });

  it('may throw anything', () => {
    const failure = failureOf(() => {
      throw 'a string';
    });
    expect(failure?.sentence).toBe('onAdmin.poke at n1: Error: a string');
  });

  it('leaves no effect behind', () => {
    const { trace } = runRogue({
      poke: (_state, context) => {
        context.note('never');
        throw new Error('x');
      },
    });
    expect(trace.filter(({ kind }) => kind === 'note')).toEqual([]);
  });

  it('may be a view', () => {
    const { simulation } = runRogue({
      view: () => {
        throw new Error('nothing to see');
      },
    });
    expect(simulation.failure).toMatchObject({ kind: 'threw', sentence: 'view at n1: Error: nothing to see' });
  });
});

describe('a limit', () => {
  it('of effects names the handler that exceeds it', () => {
    const failure = failureOf((_state, context) => {
      for (;;) context.note('again');
    });
    expect(failure).toMatchObject({ kind: 'limit', node: 'n1', handler: 'onAdmin.poke' });
    expect(failure?.sentence).toBe(
      'onAdmin.poke at n1: the handler recorded more than 1000 effects (limits.effectsPerHandlerMax): a loop?',
    );
    expect(
      failureOf((_state, context) => {
        for (let i = 0; i < 1_000; i++) context.note('again');
      }),
    ).toBeUndefined();
  });

  const pingPong = rogue({
    boot: (context) => {
      for (const peer of context.directory.peers) context.send(peer, { type: 'hello', value: { n: 1 }, list: [] });
      return { any: null };
    },
    hello: (_state, message, context) => {
      for (const peer of context.directory.peers) context.send(peer, message);
    },
  });
  const endless = (latency: number, limits: object): ReturnType<typeof runOf> =>
    runOf(
      specOf({
        nodes: [
          { id: 'n1', role: 'rogue', options: {} },
          { id: 'n2', role: 'rogue', options: {} },
        ],
        network: { latency: { kind: 'constant', value: latency } },
        limits,
      }),
      { rogue: pingPong },
    );

  it('of events at one instant names the event and its node: time that stands still is no hang', () => {
    const { simulation } = endless(0, { eventsPerInstantMax: 500 });
    expect(simulation.failure).toMatchObject({ kind: 'limit', at: 0 });
    expect(simulation.failure?.sentence).toBe(
      'more than 500 events at one instant (limits.eventsPerInstantMax): time does not advance; next would be onMessage.hello at n2',
    );
    expect(simulation.failure?.node).toBe('n2');
  });

  it('of events in a run names the last one, and nothing happens after it', () => {
    const { simulation, trace } = endless(1_000, { eventsMax: 50 });
    expect(simulation.failure).toMatchObject({ kind: 'limit', event: 51 });
    expect(simulation.failure?.sentence).toBe(
      'more than 50 events in one run (limits.eventsMax); the last was onMessage.hello at n2',
    );
    expect(trace.at(-1)).toMatchObject({ kind: 'failure', event: 51 });
    expect(ofKind(trace, 'deliver')).toHaveLength(49);
    expect(simulation.statistics().events).toBe(51);
    expect(simulation.step()).toBe(false);
  });

  it('of time ends the run quietly', () => {
    const { simulation } = endless(1_000, { until: 10_500 });
    expect(simulation.failure).toBeUndefined();
    expect(simulation.now).toBe(10_500);
  });
});

describe('a run that makes no sense is refused at once:', () => {
  const node = { id: 'n1', role: 'rogue', options: {} };
  const start = (spec: Parameters<typeof specOf>[0]) => () =>
    runOf(specOf({ nodes: [node], ...spec }), { rogue: rogue({}) });

  it.each([
    [
      'a node of no role',
      { nodes: [{ ...node, role: 'server' }] },
      'node "n1": there is no role "server" (there are rogue)',
    ],
    ['two nodes of one name', { nodes: [node, node] }, 'there are two nodes called "n1"'],
    [
      'a joining node of no role',
      { faults: [{ kind: 'join', node: 'n2', role: 'server', at: 5 }] },
      'fault 0 (join): there is no role "server" (there are rogue)',
    ],
    [
      'a call of nobody',
      { calls: [{ at: 5, client: 'c1', op: { type: 'x' } }] },
      'a call of "c1": there is no such node, and none joins',
    ],
    [
      'a call before the beginning',
      { nodes: [node], calls: [{ at: -5, client: node.id, op: { type: 'x' } }] },
      'a call of "n1": at is -5: it must be a whole number of microseconds, 0 or more',
    ],
    [
      'a clock that stands still',
      { nodes: [{ ...node, clock: { offset: 0, ratePpm: -1_000_000 } }] },
      'a clock rate of -1000000 ppm',
    ],
    [
      'a fault that stops a clock',
      { faults: [{ kind: 'clock-rate', node: 'n1', ppm: -1_000_000, at: 5 }] },
      'a clock rate of -1000000 ppm',
    ],
    [
      'an override that names nothing',
      { overrides: [{ message: 'n1>n2/ping', drop: true }] },
      'override "n1>n2/ping": it names no message (as in n1>n2/AppendEntries#17)',
    ],
    [
      'a timer override that names nothing',
      { overrides: [{ timer: 'election#x', delay: 5 }] },
      'override "election#x": it names no timer (as in n3/election#4)',
    ],
    [
      'a workload without gaps',
      { workload: { operations: [{ type: 'x' }], clients: ['n1'], interval: 0, start: 0, end: 5 } },
      'workload.interval is 0: it must be at least 1 microsecond',
    ],
  ] as const)('%s', (_what, spec, sentence) => {
    expect(start(spec as never)).toThrow(sentence);
  });
});
