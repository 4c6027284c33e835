/** The lock by Chubby's sessions: jeopardy and grace, epochs, and its planted bugs, each killed by a schedule written by hand. */
import { describe, expect, it } from 'vitest';
import { chubbyLock } from '../../src/protocols/lease-lock/chubby/chubby-lock.ts';
import { ms } from '../../src/sim/protocol.ts';
import { bug, type Run, run, type Scene } from '../protocols/atomic-commit/cluster.ts';
import { work } from './lease-lock-kills.ts';
import { holderUnheard } from './recipe-kills.ts';

const options = { stepInterval: ms(120), ttl: ms(300), electionTimeoutMax: ms(250) };
const calls = [work(ms(400), 'c1', 4), work(ms(420), 'c2', 2)];

/** c1 works and c2 waits; the next leader comes after the session of c1 is over, as far as c1 can know. */
const masterDies: Scene = {
  options,
  calls,
  faults: [{ kind: 'crash', node: { noted: 'leads' }, at: ms(560), for: ms(2_000) }],
  until: ms(4_000),
};

const cutOff = (forMs: number): Scene => ({
  options: { ...options, gracePeriod: ms(300) },
  calls,
  faults: [{ kind: 'cut', from: ['c1'], to: ['n1', 'n2', 'n3'], at: ms(560), for: ms(forMs) }],
  until: ms(4_000),
});

/** The last write of c1 before its session expires, at 757 ms, takes `latency`, and so does its copy. Nobody compares tokens. */
const lateWrite = (latency: number, lockDelay: number): Scene => ({
  ...holderUnheard,
  options: { ...holderUnheard.options, electionTimeoutMax: ms(250), guard: 'lock-delay', lockDelay },
  overrides: [
    ...(holderUnheard.overrides ?? []),
    { message: 'c1>n4/Write#2', latency },
    { message: 'c1>n4/Write#3', latency },
  ],
  until: ms(5_000),
});

const kills = [
  { id: 'L15', story: 'no server hears that c1 is alive', scene: holderUnheard, foundBy: ['JEOP', 'HON', 'EXCL'] },
  {
    id: 'L22',
    story: 'the session of c1 expires while a write of it is under way; c2 writes; the write arrives',
    scene: lateWrite(ms(500), ms(1_000)),
    foundBy: ['DELAY', 'ORDER'],
  },
  {
    id: 'L23',
    story: 'the same, and the master dies before the lock-delay is over',
    scene: {
      ...lateWrite(ms(1_000), ms(1_500)),
      faults: [{ kind: 'crash', node: { noted: 'leads' }, at: ms(850), for: ms(2_000) }],
    } as Scene,
    foundBy: ['DELAY', 'ORDER'],
  },
  {
    id: 'L25',
    story:
      'c1, which is heard and hears nobody, closes its session while a write of it is under way; c2 writes; the write arrives',
    scene: {
      options: {
        ...options,
        ttl: ms(400),
        renewInterval: ms(60),
        gracePeriod: ms(300),
        guard: 'lock-delay',
        lockDelay: ms(1_200),
      },
      calls,
      faults: [{ kind: 'isolate', node: 'c1', direction: 'inbound', at: ms(530), for: ms(3_000) }],
      overrides: Array.from({ length: 12 }, (_, i) => ({ message: `c1>n4/Write#${i + 2}`, latency: ms(700) })),
      until: ms(5_000),
    } as Scene,
    foundBy: ['DELAY', 'ORDER'],
  },
  {
    id: 'L18',
    story: 'a follower that is cut off ends the session of c1 by its own clock',
    scene: { options, calls, faults: [{ kind: 'isolate', node: 'n2', at: ms(450), for: ms(500) }] } as Scene,
    foundBy: ['AGREE'],
  },
  {
    id: 'L19',
    story: 'the master dies while c1 holds the lock; c3 asks the next one',
    scene: { ...masterDies, options: { ...options, ttl: ms(800) }, calls: [...calls, work(ms(780), 'c3', 1)] },
    foundBy: ['EXCL'],
  },
];

describe.each(kills)('$id: $story', ({ id, scene, foundBy }) => {
  it.each(foundBy)('is found by %s', (property) => {
    const { simulation } = run(scene, bug(chubbyLock, id), [property]);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation?.property).toBe(property);
  });

  it.each([false, true])('the correct lock survives; volatile leases: %s', (volatileLeases) => {
    const { simulation } = run({ ...scene, options: { ...scene.options, volatileLeases } }, chubbyLock);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
  });
});

const notes = ({ trace }: Run, node: string): readonly string[] =>
  trace.flatMap((event) => (event.kind === 'note' && event.node === node ? [event.text] : []));

const answers = ({ world }: Run): readonly unknown[] =>
  world()
    .history()
    .map(({ output }) => output);

describe('a session', () => {
  it('in jeopardy is saved by a new master within the grace period: the work goes on under the same token', () => {
    const played = run(masterDies, chubbyLock);
    const told = notes(played, 'c1').filter((text) => text !== 'renewed' && text !== 'guardedStep');
    expect(told).toEqual(['believes', 'jeopardy', 'safe', 'released']);
    expect(answers(played)).toEqual([
      { written: 4, lost: false },
      { written: 2, lost: false },
    ]);
  });

  it('is lost after the grace period: the holder stops and says so', () => {
    const played = run(cutOff(3_000), chubbyLock);
    expect(notes(played, 'c1').slice(-3)).toEqual(['jeopardy', 'graceOver', 'lost']);
    expect(answers(played)[0]).toMatchObject({ lost: true });
  });

  it('that the master has ended is lost as soon as it is heard of', () => {
    const scene = cutOff(500);
    const played = run({ ...scene, options: { ...scene.options, gracePeriod: ms(2_000) } }, chubbyLock);
    expect(notes(played, 'c1').slice(-2)).toEqual(['jeopardy', 'lost']);
  });
});

describe('the lock-delay', () => {
  const grantsOf = (played: Run): readonly { readonly at: number; readonly token: number }[] =>
    played.trace.flatMap((event) =>
      event.kind === 'note' && event.text === 'granted'
        ? [{ at: event.at, token: (event.data as { readonly token: number }).token }]
        : [],
    );
  const writesOf = ({ trace }: Run): readonly number[] =>
    trace.flatMap((event) =>
      event.kind === 'note' && event.text === 'wrote' ? [(event.data as { readonly token: number }).token] : [],
    );

  it('keeps a lock that was lost from the next client; its late write comes before any other', () => {
    const played = run(lateWrite(ms(500), ms(1_000)), chubbyLock);
    const [first, second] = grantsOf(played);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(ms(1_000) + ms(300));
    const tokens = writesOf(played);
    expect(tokens.length).toBeGreaterThan(4);
    expect(tokens).toEqual([...tokens].sort((one, other) => one - other));
  });

  it('is over when a message takes longer: the write is done, out of order, and nothing was promised', () => {
    const played = run(lateWrite(ms(1_700), ms(1_000)), chubbyLock);
    const tokens = writesOf(played);
    expect(tokens).not.toEqual([...tokens].sort((one, other) => one - other));
    expect(played.simulation.violation).toBeUndefined();
  });

  it('does not follow on a lock that was given back', () => {
    const scene: Scene = { options: { ...options, guard: 'lock-delay' }, calls, until: ms(4_000) };
    const played = run(scene, chubbyLock);
    expect(played.simulation.violation).toBeUndefined();
    expect(played.trace.some((event) => event.kind === 'note' && event.text === 'delays')).toBe(false);
    const released = played.trace.find((event) => event.kind === 'note' && event.text === 'released');
    expect((grantsOf(played)[1]?.at ?? 0) - (released?.at ?? 0)).toBeLessThan(ms(50));
  });

  it('does not do again what a holder has repeated that has given the lock back since', () => {
    const scene: Scene = {
      options: { ...options, guard: 'lock-delay', retryInterval: ms(60) },
      calls,
      // The answer to the last write is slow, so that the write is repeated; the copy arrives after the writes of c2.
      overrides: [
        { message: 'n4>c1/Written#4', latency: ms(70) },
        { message: 'c1>n4/Write#5', latency: ms(500) },
      ],
      until: ms(4_000),
    };
    const played = run(scene, chubbyLock);
    expect(played.simulation.violation).toBeUndefined();
    const sent = played.trace.filter((event) => event.kind === 'send' && event.name.startsWith('c1>n4/Write#'));
    expect(sent).toHaveLength(5);
    const tokens = writesOf(played);
    expect(tokens).toHaveLength(6);
    expect(tokens).toEqual([...tokens].sort((one, other) => one - other));
  });
});

describe('a new master', () => {
  it('tells everybody its epoch, and does nothing else before all sessions were heard of', () => {
    // c3 has a session, and dies with the master: it is not heard of again.
    const scene: Scene = {
      ...masterDies,
      calls: [work(ms(350), 'c3', 1), ...calls],
      faults: [...(masterDies.faults ?? []), { kind: 'crash', node: 'c3', at: ms(560) }],
    };
    const { trace } = run(scene, chubbyLock);
    const sent = trace.flatMap((event) => (event.kind === 'send' && 'message' in event ? [event] : []));
    const ofType = (type: string): typeof sent =>
      sent.filter((event) => (event.message as { readonly type: string }).type === type);
    expect(ofType('NewEpoch').length).toBeGreaterThan(2);
    expect(ofType('NotYet').length).toBeGreaterThan(0);
    const [, takesOver] = trace.flatMap((event) => (event.kind === 'note' && event.text === 'leads' ? [event.at] : []));
    const lastRefused = Math.max(...ofType('NotYet').map(({ at }) => at));
    // Until the session of c3 is over.
    expect(lastRefused - (takesOver as number)).toBeGreaterThan(ms(200));
    const served = ofType('Created')
      .concat(ofType('Listed'), ofType('Deleted'))
      .map(({ at }) => at);
    expect(served.filter((at) => at > (takesOver as number) && at < lastRefused)).toEqual([]);
  });
});

describe('the zoo', () => {
  it('has a schedule for every bug that is planted', () => {
    expect(kills.map(({ id }) => id)).toEqual((chubbyLock.bugs ?? []).map(({ id }) => id));
  });
});
