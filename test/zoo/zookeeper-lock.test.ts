/** The lock by ZooKeeper's recipe and its planted bugs, each killed by a schedule written by hand, on which the correct lock lives. */
import { describe, expect, it } from 'vitest';
import { zooKeeperLock } from '../../src/protocols/lease-lock/zookeeper/zookeeper-lock.ts';
import { ms } from '../../src/sim/protocol.ts';
import { bug, type Run, run, type Scene } from '../protocols/atomic-commit/cluster.ts';
import { work } from './lease-lock-kills.ts';
import { holderUnheard, queue, wakeUps } from './recipe-kills.ts';

/** c1 does not hear of its node. */
const answerLost: Scene = {
  calls: [work(ms(400), 'c1', 1), work(ms(900), 'c1', 1)],
  overrides: ['n1', 'n2', 'n3'].map((server) => ({ message: `${server}>c1/Created#1`, drop: true })),
};

const kills = [
  { id: 'L15', story: 'no server hears that c1 is alive', scene: holderUnheard, foundBy: ['EXCL', 'HON'] },
  { id: 'L16', story: 'c1 does not hear of its node', scene: answerLost, foundBy: ['GHOST'] },
];

const outcomes = ({ world }: Run): readonly string[] =>
  world()
    .history()
    .map(({ outcome }) => outcome);

describe.each(kills)('$id: $story', ({ id, scene, foundBy }) => {
  it.each(foundBy)('is found by %s', (property) => {
    const { simulation } = run(scene, bug(zooKeeperLock, id), [property]);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation?.property).toBe(property);
  });

  it.each([false, true])('the correct lock survives; volatile leases: %s', (volatileLeases) => {
    const { simulation } = run({ ...scene, options: { ...scene.options, volatileLeases } }, zooKeeperLock);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
  });
});

describe('the recipe', () => {
  it('wakes one waiter by each release', () => {
    const played = run(queue, zooKeeperLock);
    expect(outcomes(played)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(wakeUps(played)).toEqual([1, 1, 1]);
  });

  it('finds a node again whose creation was not answered, by its name', () => {
    const played = run(answerLost, zooKeeperLock);
    expect(outcomes(played)).toEqual(['ok', 'ok']);
    const queued = played.trace.filter((event) => event.kind === 'note' && event.text === 'queued');
    expect(queued).toHaveLength(2);
  });

  it('with L16 waits behind itself, and everybody behind it, until it gives up', () => {
    const played = run(answerLost, bug(zooKeeperLock, 'L16'), []);
    expect(outcomes(played)).toEqual(['unknown']);
  });

  it('does not take an answer about its last node for one about this one, which would stay', () => {
    // The answer to the first deletion comes when the second one has been sent, and is lost.
    const scene: Scene = {
      calls: [work(ms(400), 'c1', 1), work(ms(700), 'c1', 1), work(ms(1_000), 'c1', 1), work(ms(1_100), 'c2', 1)],
      overrides: [
        { message: 'n3>c1/Deleted#1', latency: ms(246) },
        { message: 'c1>n3/Delete#3', drop: true },
      ],
    };
    const played = run(scene, zooKeeperLock);
    const late = played.trace.find((event) => event.kind === 'send' && event.name === 'c1>n3/Delete#3');
    expect(late?.at).toBe(ms(743));
    expect(played.simulation.violation).toBeUndefined();
    expect(outcomes(played)).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('keeps one session over many calls', () => {
    const { trace } = run(answerLost, zooKeeperLock);
    const opened = trace.filter((event) => event.kind === 'send' && event.name.includes('OpenSession'));
    expect(
      new Set(opened.map((event) => ('message' in event ? (event.message as { readonly session: number }).session : 0)))
        .size,
    ).toBe(1);
  });
});

describe('the zoo', () => {
  it('has a schedule for every bug that is planted', () => {
    expect(kills.map(({ id }) => id)).toEqual((zooKeeperLock.bugs ?? []).map(({ id }) => id));
  });
});
