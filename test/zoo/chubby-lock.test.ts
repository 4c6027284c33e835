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

const kills = [
  { id: 'L15', story: 'no server hears that c1 is alive', scene: holderUnheard, foundBy: ['JEOP', 'HON', 'EXCL'] },
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
