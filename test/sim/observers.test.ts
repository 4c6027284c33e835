import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sim/faults.ts';
import type { Observer, PlacedObserver, World } from '../../src/sim/observer.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { actor, type Step, tell } from '../toys/kernel-actor.ts';
import { aRun, effort } from '../toys/kernel-arbitraries.ts';
import { chatter } from '../toys/kernel-chatter.ts';
import { nodes, ofKind, runOf, specOf } from '../toys/kernel-spec.ts';

const placed = (path: string, hooks: Partial<Observer<never>>, name = 'observer'): PlacedObserver => ({
  path,
  observer: { name, start: () => null as never, ...hooks },
});

/** Writes down every hook as text. */
function scribe(path: string): { readonly heard: string[]; readonly observer: PlacedObserver } {
  const heard: string[] = [];
  const hear = (text: string): undefined => void heard.push(text);
  const name = (world: World, node: number): string => world.nodes[node] as string;
  const observer = placed(path, {
    boot: (_memory, node, world) => hear(`boot ${name(world, node)} @${world.event}`),
    crash: (_memory, node, unsynced, world) => hear(`crash ${name(world, node)} ${unsynced} @${world.event}`),
    send: (_memory, from, to, message, world) =>
      hear(`send ${name(world, from)} ${name(world, to)} ${JSON.stringify(message)} @${world.event}`),
    deliver: (_memory, from, to, message, world) =>
      hear(`deliver ${name(world, from)} ${name(world, to)} ${JSON.stringify(message)} @${world.event}`),
    note: (_memory, node, text, data, world) =>
      hear(`note ${name(world, node)} ${text} ${JSON.stringify(data)} @${world.event}`),
    log: (_memory, node, log, change, world) => hear(`log ${name(world, node)} ${log} ${change.kind} @${world.event}`),
    returned: (_memory, operation, world) => hear(`returned ${operation.process} ${operation.outcome} @${world.event}`),
  });
  return { heard, observer };
}

/** The same texts, from the trace. */
function fromTrace(trace: readonly TraceEvent[], path: string): string[] {
  return trace.flatMap((event) => {
    const at = `@${event.event}`;
    const isHere = ('path' in event ? event.path : undefined) === (path === '' ? undefined : path);
    if (event.kind === 'boot') return [`boot ${event.node} ${at}`];
    if (event.kind === 'return') return path === '' ? [`returned ${event.process} ${event.outcome} ${at}`] : [];
    if (!isHere) return [];
    if (event.kind === 'send') return [`send ${event.node} ${event.to} ${JSON.stringify(event.message)} ${at}`];
    if (event.kind === 'deliver') return [`deliver ${event.from} ${event.node} ${JSON.stringify(event.message)} ${at}`];
    if (event.kind === 'note') return [`note ${event.node} ${event.text} ${JSON.stringify(event.data)} ${at}`];
    if (event.kind === 'write' && event.write !== 'put')
      return [`log ${event.node} ${event.target} ${event.write} ${at}`];
    return [];
  });
}

describe('the hooks of a property', () => {
  it('see the state of whoever is about to handle a message, also after a fault at the end of its last handler', () => {
    const hidden: string[] = [];
    const seeing = placed('', {
      deliver: (_memory, _from, to, _message, world) => {
        if (world.stateOf(to) === undefined) hidden.push(`${world.nodes[to]} at event ${world.event}`);
        return undefined;
      },
    });
    const jump = (node: string, nth: number): Fault => ({
      kind: 'clock-step',
      node,
      by: 5,
      when: { message: 'gossip', node, nth },
    });
    fc.assert(
      fc.property(aRun, (spec) => {
        const faults = spec.nodes.flatMap(({ id }) => [jump(id, 1), jump(id, 2)]);
        runOf({ ...spec, faults: [...spec.faults, ...faults] }, chatter, [seeing]);
        expect(hidden).toEqual([]);
      }),
      effort(60),
    );
  });

  it('are called for each thing that happens at its path, once, when it happens', () => {
    fc.assert(
      fc.property(aRun, (spec) => {
        for (const path of ['', 'tally/counter']) {
          const { heard, observer } = scribe(path);
          const { trace } = runOf(spec, chatter, [observer]);
          const withoutCrashes = heard.filter((text) => !text.startsWith('crash'));
          const clients = path === '' ? [] : ['c1', 'c2'];
          const expected = fromTrace(trace, path).filter(
            (text) => !(text.startsWith('boot') && clients.includes(text.split(' ')[1] as string)),
          );
          expect(withoutCrashes).toEqual(expected);
          const crashes = heard.filter((text) => text.startsWith('crash')).map((text) => text.split(' ')[1]);
          const downs = trace.flatMap((event) => (event.kind === 'crash' || event.kind === 'halt' ? [event.node] : []));
          expect(crashes).toEqual(downs.filter((node) => !clients.includes(node)));
        }
      }),
      effort(25),
    );
  });

  const steps: readonly Step[] = [
    { do: 'put', record: 'r', value: 1 },
    { do: 'append', log: 'l', entry: 'e' },
    { do: 'sync' },
    { do: 'note', text: 'n', data: [1] },
    { do: 'send', to: 'n2', text: 'x' },
  ];
  const spec = specOf({
    nodes: nodes('actor', 2),
    faults: [tell('n1', 10_000, ...steps), { kind: 'crash', node: 'n1', at: 20_000, unsynced: 'all', for: 1_000 }],
  });

  it('come in the order of what they tell', () => {
    const heard: string[] = [];
    const hear =
      (text: string) =>
      (_memory: never, node: number): undefined =>
        void (node === 0 && heard.push(text));
    const observer = placed('', {
      boot: hear('boot'),
      step: hear('step'),
      log: hear('log'),
      durable: hear('durable'),
      note: hear('note'),
      send: hear('send'),
      crash: hear('crash'),
      end: () => void heard.push('end'),
    });
    runOf(spec, { actor }, [observer]);
    const whole = ['boot', 'step', 'log', 'durable', 'note', 'send', 'step', 'crash', 'boot', 'step', 'end'];
    expect(heard).toEqual(whole);
  });

  it('see the world: names, roles, options, who is up, the history', () => {
    const seen: unknown[] = [];
    const observer = placed('', {
      crash(_memory, node, unsynced, world) {
        seen.push(
          node,
          unsynced,
          world.isUp(0),
          world.isUp(1),
          world.stateOf(0),
          world.nodes,
          world.roleOf(1),
          world.optionsOf(1),
        );
        seen.push(world.now, world.history());
        return undefined;
      },
    });
    runOf(spec, { actor }, [observer]);
    expect(seen).toEqual([0, 'all', false, true, undefined, ['n1', 'n2'], 'actor', {}, 20_000, []]);
  });

  it('may look only at one role, or at messages of some types', () => {
    const heard: string[] = [];
    const hear = (_memory: never, _from: number, to: number, message: unknown): undefined =>
      void heard.push(`${(message as { type: string }).type} to ${to}`);
    const observers = [
      placed('', { deliver: hear, role: 'server', messages: ['ask'] }),
      placed('', { deliver: hear, role: 'client' }),
    ];
    const [world] = fc.sample(aRun, { numRuns: 1, seed: 4 }) as [Parameters<typeof runOf>[0]];
    runOf({ ...world, faults: [] }, chatter, observers);
    expect(new Set(heard.map((text) => text.split(' ')[0]))).toEqual(new Set(['ask', 'answer']));
    expect(heard.every((text) => (text.startsWith('ask') ? /to [012]$/ : /to [34]$/).test(text))).toBe(true);
  });

  it('that find something end the run, and nothing more happens', () => {
    const finding = { sentence: 'that is wrong', facts: [{ event: 1, text: 'a fact' }] };
    const observer = placed('', { note: () => finding }, 'N');
    const { simulation, trace } = runOf(spec, { actor }, [observer]);
    const [note] = ofKind(trace, 'note');
    expect(simulation.violation).toEqual({
      property: 'N',
      path: '',
      finding,
      event: note?.event,
      at: 10_500,
      node: 'n1',
    });
    expect(trace.filter(({ kind }) => kind === 'send' || kind === 'crash')).toEqual([]);
    expect(simulation.step()).toBe(false);
    expect(simulation.failure).toBeUndefined();
  });

  it('may answer with a sentence; the first finding counts', () => {
    const observers = [placed('', { end: () => 'too late' }, 'END'), placed('', { durable: () => 'early' }, 'D')];
    const { simulation } = runOf(spec, { actor }, observers);
    expect(simulation.violation).toMatchObject({ property: 'D', finding: { sentence: 'early' }, at: 10_500 });
    const atEnd = runOf(spec, { actor }, [placed('', { end: () => 'too late' }, 'END')]).simulation;
    expect(atEnd.violation).toMatchObject({ property: 'END', finding: { sentence: 'too late' } });
    expect(atEnd.violation).not.toHaveProperty('node');
  });

  it('that have reached their goal are asked no more', () => {
    let asked = 0;
    const observer = placed('', {
      step: () => {
        asked++;
        return asked === 3;
      },
    });
    const { simulation } = runOf(spec, { actor }, [observer]);
    expect(asked).toBe(3);
    expect(simulation.watches[0]?.reachedAt).toBeGreaterThan(0);
  });

  it('that throw end the run as a failure of the property, whichever hook it is', () => {
    const boom = (): never => {
      throw new TypeError('boom');
    };
    const hooks = ['start', 'boot', 'step', 'send', 'deliver', 'note', 'log', 'durable', 'crash', 'end'] as const;
    for (const hook of hooks) {
      const { simulation } = runOf(spec, { actor }, [placed('', { [hook]: boom }, 'P')]);
      expect(simulation.failure, hook).toMatchObject({
        kind: 'threw',
        handler: 'property P',
        sentence: `property P, ${hook}: TypeError: boom`,
        error: { name: 'TypeError', message: 'boom' },
      });
      expect(simulation.violation).toBeUndefined();
    }
    const call = { at: 1_000, client: 'c1', op: { type: 'count', key: 'k' } };
    const clients = specOf({
      nodes: [...nodes('server', 1, { pace: 9_000 }), { id: 'c1', role: 'client', options: { pace: 9_000 } }],
      calls: [call],
    });
    expect(runOf(clients, chatter, [placed('', { returned: boom }, 'P')]).simulation.failure?.sentence).toBe(
      'property P, returned: TypeError: boom',
    );
  });

  it('reach for the ambient world in vain', () => {
    const { simulation } = runOf(spec, { actor }, [placed('', { step: () => Math.random() > 2 }, 'P')]);
    expect(simulation.failure).toMatchObject({ kind: 'guard', handler: 'property P' });
  });
});

describe('what a property remembers', () => {
  it('belongs to one run, and goes with its snapshots', () => {
    const observer: PlacedObserver = {
      path: '',
      observer: {
        name: 'counter',
        start: () => ({
          count: 0,
          byNode: new Map<number, number[]>(),
          list: new Int32Array(8),
          set: new Set<string>(),
        }),
        step(memory, node, _state, world) {
          memory.count++;
          memory.byNode.set(node, [...(memory.byNode.get(node) ?? []), world.event]);
          memory.list[node]++;
          memory.set.add(`${world.event}`);
          return memory.count === 40 ? true : undefined;
        },
      },
    };
    const [spec] = fc.sample(aRun, { numRuns: 1, seed: 9 }) as [Parameters<typeof runOf>[0]];
    const start = (): Simulation => new Simulation({ spec, roles: chatter, observers: [observer] });
    const one = start();
    const other = start();
    for (let i = 0; i < 4; i++) one.step();
    const snapshot = one.snapshot();
    const before = structuredClone(one.watches[0]?.memory);
    one.run();
    expect(one.watches[0]).toMatchObject({ memory: { count: 40 }, reachedAt: expect.any(Number) });
    expect(other.watches[0]).toMatchObject({ memory: { count: 5 }, reachedAt: -1 });
    other.restore(snapshot);
    expect(other.watches[0]?.memory).toEqual(before);
    expect(other.watches[0]?.reachedAt).toBe(-1);
    other.run();
    expect(other.watches[0]).toMatchObject({ memory: one.watches[0]?.memory, reachedAt: one.watches[0]?.reachedAt });
    one.restore(snapshot);
    expect(one.watches[0]?.memory).toEqual(before);
  });
});
