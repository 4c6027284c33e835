/** Clients: how they find the leader, when they ask again, and what they conclude when nobody answers. */
import { describe, expect, it } from 'vitest';
import { ms, seconds } from '../../../src/sim/protocol.ts';
import { call, notes, open, type Run, read, run, type Scene, write } from './cluster.ts';

const answered = ({ simulation }: Run): readonly string[] => simulation.history().map(({ outcome }) => outcome);
const told = ({ trace }: Run, status: string): number =>
  trace.filter((event) => event.kind === 'deliver' && (event.message as { status?: string }).status === status).length;
const asked = ({ trace }: Run, type: string): number =>
  trace.filter((event) => event.kind === 'send' && (event.message as { type: string }).type === type).length;

const scene: Scene = { clients: 1, timeouts: { n1: ms(100) }, until: seconds(3) };

describe('a client', () => {
  it('opens one session and uses it for all its requests', () => {
    const done = run({ ...scene, calls: [100, 200, 300, 400].map((at) => call(ms(at + 100), 'c1', write('k1', at))) });
    expect(answered(done)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(done.trace.filter((event) => event.kind === 'write' && isRegistration(event.data))).toHaveLength(3);
    expect(notes(done, 'clientRetried')).toEqual([]);
  });

  it('follows the hint of a server that is not the leader, without waiting', () => {
    for (const seed of ['1', '2', '3', '4', '5', '6']) {
      const done = run({ ...scene, seed, calls: [call(ms(200), 'c1', read('k1'))], until: ms(400) });
      expect(answered(done)).toEqual(['ok']);
    }
  });

  it('does not run in circles between servers that hint at each other', () => {
    const circle: Scene = {
      ...scene,
      options: { clientTimeout: ms(500) },
      calls: [call(ms(200), 'c1', read('k1'))],
      until: ms(690),
    };
    const opened = open(circle);
    while (opened.simulation.now < ms(190)) opened.simulation.step();
    // Nobody leads any more, but n1 and n2 believe it of each other.
    for (const [node, leader] of [
      ['n1', 'n2'],
      ['n2', 'n1'],
      ['n3', 'n1'],
    ] as const) {
      const state = opened.world().stateOf(opened.world().nodes.indexOf(node)) as { role: string; leader: string };
      state.role = 'follower';
      state.leader = leader;
    }
    opened.simulation.run();
    expect(told(opened, 'not-leader')).toBeLessThanOrEqual(4);
  });

  it('asks another server when none answers in time, under the same serial number', () => {
    const done = run({
      ...scene,
      options: { clientTimeout: ms(200) },
      calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(300), 'c1', write('k1', 2))],
      overrides: [{ message: 'n1>c1/ClientReply#3', drop: true }],
    });
    expect(answered(done)).toEqual(['ok', 'ok']);
    expect(notes(done, 'clientRetried')).toHaveLength(1);
    expect(notes(done, 'repetition')).toHaveLength(1);
  });

  it('gives up after its last attempt: the outcome is unknown, and the next call comes under a new session', () => {
    const done = run({
      ...scene,
      options: { clientTimeout: ms(200), clientAttempts: 2 },
      calls: [
        call(ms(150), 'c1', write('k1', 1)),
        call(ms(400), 'c1', write('k1', 2)),
        call(ms(900), 'c1', read('k1')),
      ],
      faults: [{ kind: 'isolate', node: 'c1', at: ms(350), for: ms(500) }],
    });
    expect(answered(done)).toEqual(['ok', 'unknown', 'ok']);
    expect(new Set(done.simulation.history().map((operation) => operation.process)).size).toBe(2);
    expect(asked(done, 'RegisterClient')).toBeGreaterThanOrEqual(2);
  });

  it('knows that nothing happened when it never got a session', () => {
    const done = run({
      ...scene,
      options: { clientTimeout: ms(100), clientAttempts: 3 },
      calls: [call(ms(150), 'c1', write('k1', 1))],
      faults: [{ kind: 'isolate', node: 'c1', at: 0 }],
    });
    expect(answered(done)).toEqual(['fail']);
    expect(asked(done, 'RegisterClient')).toBe(3);
  });

  it('does not know what happened when its session has expired', () => {
    const others = Array.from({ length: 4 }, (_, i) => call(ms(400 + 50 * i), `c${i + 2}`, write('k2', i)));
    const done = run({
      ...scene,
      clients: 5,
      options: { sessionsMax: 3 },
      calls: [
        call(ms(150), 'c1', write('k1', 1)),
        ...others,
        call(ms(900), 'c1', write('k1', 2)),
        call(seconds(2), 'c1', read('k1')),
      ],
    });
    expect(done.simulation.violation).toBeUndefined();
    const ofFirst = done.simulation.history().filter(({ process }) => process.startsWith('c1'));
    expect(ofFirst.map(({ outcome }) => outcome)).toEqual(['ok', 'unknown', 'ok']);
    expect(ofFirst[2]?.output).toEqual({ value: 1 });
  });

  it('loses its session only when it was idle longer than all others', () => {
    const calls = [
      [150, 'c1'],
      [300, 'c2'],
      [450, 'c1'],
      [600, 'c3'],
      [750, 'c4'],
      [900, 'c1'],
      [1_050, 'c2'],
    ] as const;
    const done = run({
      ...scene,
      clients: 4,
      options: { sessionsMax: 3 },
      calls: calls.map(([at, client]) => call(ms(at), client, write('k1', at))),
    });
    expect(done.simulation.violation).toBeUndefined();
    const unknown = done.simulation.history().filter(({ outcome }) => outcome === 'unknown');
    expect(unknown.map(({ input }) => input)).toEqual([write('k1', 1_050)]);
  });

  it('has all its attempts for the request itself, however many the session took', () => {
    const done = run({
      ...scene,
      options: { clientTimeout: ms(200), clientAttempts: 2 },
      calls: [call(ms(150), 'c1', write('k1', 1))],
      overrides: [
        { message: 'n1>c1/ClientReply#1', drop: true },
        { message: 'n1>c1/ClientReply#3', drop: true },
      ],
    });
    expect(answered(done)).toEqual(['ok']);
    expect(notes(done, 'clientRetried')).toHaveLength(2);
  });

  it('is not confused by the answer to an older request', () => {
    const done = run({
      ...scene,
      options: { clientTimeout: ms(200) },
      calls: [
        call(ms(150), 'c1', write('k1', 1)),
        call(ms(300), 'c1', read('k1')),
        call(ms(600), 'c1', write('k1', 2)),
      ],
      // The first answer to the read comes after the client has asked again and gone on to its write.
      overrides: [{ message: 'n1>c1/ClientReply#3', latency: ms(300) }],
    });
    expect(answered(done)).toEqual(['ok', 'ok', 'ok']);
    expect(done.simulation.violation).toBeUndefined();
  });
});

const isRegistration = (entry: unknown): boolean =>
  (entry as { command?: { type: string } } | undefined)?.command?.type === 'register';
