import { describe, expect, it } from 'vitest';
import type { RunSpec } from '../../src/sim/config.ts';
import type { PlacedObserver } from '../../src/sim/observer.ts';
import { type Component, defineRole, type Role } from '../../src/sim/protocol.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { ofKind, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

/** Three storeys of the same kind: each keeps, sends and times under the same names, and asks the one below. */
interface Storey {
  readonly state: { readonly seen: string[] };
  readonly message: { readonly type: 'word'; readonly text: string };
  readonly timer: 'tick';
  readonly op: { readonly type: 'do'; readonly text: string };
  readonly result: string;
  readonly admin: { readonly type: 'do'; readonly text: string };
  readonly components: 'below';
  readonly records: { readonly text: string };
  readonly logs: { readonly texts: string };
  readonly sync: 'kept';
  readonly options: { readonly name: string };
}

const storey = (below?: Role<Storey>): Role<Storey> =>
  defineRole<Storey>({
    components: {
      ...(below === undefined
        ? {}
        : {
            below: {
              as: 'storey',
              role: below,
              options: (host: object) => ({ name: `below ${(host as { name: string }).name}` }),
            },
          }),
    } as { readonly below: Component },
    boot(context) {
      const text = context.disk.read('text');
      const texts = context.disk.readLog('texts');
      const found = [text.ok && text.value, ...(texts.ok ? texts.value.entries : [])].filter(Boolean).join();
      return { seen: [`${context.options.name} boots, found ${found || 'nothing'}`] };
    },
    onAdmin: { do: (state, action, context) => work(state, action.text, context, below !== undefined) },
    onRequest: {
      do(state, request, context) {
        state.seen.push(`asked ${request.op.text}`);
        work(state, request.op.text, context, below !== undefined);
        context.reply(request, `did ${request.op.text}`);
        state.seen.push('answered');
      },
    },
    onReply: {
      below(state, answer) {
        state.seen.push(`below ${answer.outcome}: ${answer.result} (${answer.memo})`);
      },
    },
    onMessage: {
      word(state, from, message) {
        state.seen.push(`${from}: ${message.text}`);
      },
    },
    onTimer: {
      tick(state, key) {
        state.seen.push(`tick ${key}`);
      },
    },
    onDisk: {
      kept(state, outcome, data) {
        state.seen.push(`kept ${data} ${outcome.ok}`);
      },
    },
    view: (state) => ({ role: 'storey', label: `${state.seen.length}` }),
  });

type StoreyContext = Parameters<NonNullable<Role<Storey>['onAdmin']['do']>>[2];

function work(state: Storey['state'], text: string, context: StoreyContext, hasBelow: boolean): void {
  if (hasBelow) context.ask('below', { type: 'do', text: `${text}'` } as never, `memo of ${text}`);
  state.seen.push(`works on ${text}`);
  context.disk.put('text', text);
  context.disk.append('texts', text);
  context.disk.syncLater('kept', text);
  context.setTimer('tick', 5_000, text);
  for (const peer of context.directory.peers) context.send(peer, { type: 'word', text });
}

const house = storey(storey(storey()));
const paths = ['', 'below', 'below/below'];
const spec = (faults: RunSpec['faults'] = []): RunSpec =>
  specOf({
    nodes: ['n1', 'n2'].map((id) => ({ id, role: 'house', options: { name: id } })),
    faults: [{ kind: 'admin', node: 'n1', at: 10_000, action: { type: 'do', text: 'x' } }, ...faults],
    limits: { until: 100_000 },
  });
const run = (
  faults: RunSpec['faults'] = [],
  observers: readonly PlacedObserver[] = [],
  strict = true,
): ReturnType<typeof runOf> => runOf(spec(faults), { house }, observers, strict);
const seen = (simulation: Simulation, node: string, part: number): readonly string[] | undefined =>
  stateOf<Storey['state']>(simulation, node, part)?.seen;

describe('a component', () => {
  it('is asked and answers within the event, each handler running to its end, in the order of asking', () => {
    const { simulation } = run();
    expect(seen(simulation, 'n1', 0)?.slice(1, 3)).toEqual(['works on x', "below ok: did x' (memo of x)"]);
    expect(seen(simulation, 'n1', 1)?.slice(1, 5)).toEqual([
      "asked x'",
      "works on x'",
      'answered',
      "below ok: did x'' (memo of x')",
    ]);
    expect(seen(simulation, 'n1', 2)?.slice(1, 4)).toEqual(["asked x''", "works on x''", 'answered']);
  });

  it('talks to its like on other nodes, and to nobody else', () => {
    const { simulation, trace } = run();
    expect(paths.map((_, part) => seen(simulation, 'n2', part)?.slice(1))).toEqual([
      ['n1: x'],
      ["n1: x'"],
      ["n1: x''"],
    ]);
    expect(ofKind(trace, 'send').map(({ name, path }) => [path, name])).toEqual([
      [undefined, 'n1>n2/word#1'],
      ['below', 'n1>n2/below:word#1'],
      ['below/below', 'n1>n2/below/below:word#1'],
    ]);
    expect(Object.keys(simulation.statistics().messages)).toEqual(['word', 'below:word', 'below/below:word']);
  });

  it('has timers, syncs and a disk area of its own, under names that its host may use too', () => {
    const { simulation } = run([{ kind: 'crash', node: 'n1', at: 30_000, for: 1_000 }]);
    expect(paths.map((_, part) => seen(simulation, 'n1', part))).toEqual([
      ['n1 boots, found x,x'],
      ["below n1 boots, found x',x'"],
      ["below below n1 boots, found x'',x''"],
    ]);
    const before = run();
    expect(paths.map((_, part) => seen(before.simulation, 'n1', part)?.slice(-2))).toEqual([
      ['kept x true', 'tick x'],
      ["kept x' true", "tick x'"],
      ["kept x'' true", "tick x''"],
    ]);
  });

  it('has its options from its host', () => {
    expect(seen(run().simulation, 'n2', 2)).toEqual(['below below n2 boots, found nothing', "n1: x''"]);
  });

  it('loses its memory with its host', () => {
    const { simulation } = run([{ kind: 'crash', node: 'n1', at: 10_100, for: 1_000 }]);
    expect(paths.map((_, part) => seen(simulation, 'n1', part))).toEqual([
      ['n1 boots, found nothing'],
      ['below n1 boots, found nothing'],
      ['below below n1 boots, found nothing'],
    ]);
  });

  it('is struck with its host between any two effects: they are one list, in the order of recording', () => {
    const { trace } = run();
    const kinds = ['send', 'write', 'sync', 'set-timer'];
    const effects = (events: readonly TraceEvent[]): string[] =>
      events
        .filter((event) => kinds.includes(event.kind) && event.at <= 10_000)
        .map((event) => `${event.kind} ${'path' in event ? event.path : ''}`);
    const all = effects(trace);
    expect(all).toHaveLength(15);
    expect(all.map((text) => text.split(' ')[1])).toEqual(
      [...Array(5).fill('undefined'), ...Array(5).fill('below'), ...Array(5).fill('below/below')].map((path) =>
        path === 'undefined' ? '' : path,
      ),
    );
    for (let k = 0; k <= 15; k++) {
      const crashed = run([{ kind: 'crash', node: 'n1', at: 9_000, effect: k === 15 ? 14 : k }]);
      expect(effects(crashed.trace)).toEqual(all.slice(0, k === 15 ? 14 : k));
    }
  });

  it('is watched by the properties of its path', () => {
    const heard: string[] = [];
    const watcher = (path: string): PlacedObserver => ({
      path,
      observer: {
        name: `watcher of ${path}`,
        start: () => null,
        send(_memory, _from, _to, message, world) {
          heard.push(`${path} ${(message as { text: string }).text} ${world.roleOf(0)}`);
          return undefined;
        },
        step(_memory, node, state) {
          if (node === 0) heard.push(`${path} ${(state as Storey['state']).seen.length}`);
          return undefined;
        },
      },
    });
    run([], paths.map(watcher), false);
    expect(heard.filter((text) => text.includes('x'))).toEqual([
      ' x house',
      "below x' storey",
      "below/below x'' storey",
    ]);
    // Boot; the operator's action at all three; one end of a sync each; one timer each.
    expect(heard.filter((text) => text.startsWith('below ') && !text.includes('x'))).toEqual([
      'below 1',
      'below 5',
      'below 6',
      'below 7',
    ]);
  });

  it('is part of snapshots, its waiting requests too', () => {
    const whole = run([], [], false);
    const other = new Simulation({ spec: spec(), roles: { house } });
    for (let i = 0; i < 3; i++) other.step();
    const snapshot = other.snapshot();
    const third = new Simulation({ spec: spec(), roles: { house } });
    third.restore(snapshot);
    third.run();
    expect(third.digest()).toBe(whole.simulation.digest());
    expect(seen(third, 'n1', 2)).toEqual(seen(whole.simulation, 'n1', 2));
  });

  it('that asks and answers without end is stopped, with its name', () => {
    interface Endless {
      readonly state: { readonly nothing: null };
      readonly op: { readonly type: 'again' };
      readonly components: 'echo';
    }
    const echo: Role<Endless> = defineRole<Endless>({
      boot: () => ({ nothing: null }),
      onRequest: { again: (_state, request, context) => context.reply(request, null) },
      onReply: { echo: () => undefined },
      view: () => ({ role: 'echo', label: '' }),
    });
    const host: Role<Endless> = defineRole<Endless>({
      components: { echo: { as: 'echo', role: echo } },
      boot(context) {
        context.ask('echo', { type: 'again' } as never);
        return { nothing: null };
      },
      onRequest: { again: () => undefined },
      onReply: { echo: (_state, answer, context) => context.ask('echo', answer.op as never) },
      view: () => ({ role: 'host', label: '' }),
    });
    const { failure } = runOf(specOf({ nodes: [{ id: 'n1', role: 'host', options: {} }] }), { host }).simulation;
    expect(failure).toMatchObject({ kind: 'limit', node: 'n1', handler: 'onReply.echo' });
    expect(failure?.sentence).toContain('asked and answered each other more than 10000 times in one event');
  });
});
