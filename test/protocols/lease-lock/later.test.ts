/** GONE, and what DONE, REL, AGREE and DUR say of what comes late: a copy, a renewal that was overtaken, news of an end. */
import { describe, expect, it } from 'vitest';
import type { Property } from '../../../src/check/property.ts';
import { chubbyLock } from '../../../src/protocols/lease-lock/chubby/chubby-lock.ts';
import { etcdLock } from '../../../src/protocols/lease-lock/etcd/etcd-lock.ts';
import { leaseLock } from '../../../src/protocols/lease-lock/lease-lock.ts';
import { stable } from '../../../src/protocols/lease-lock/properties/granting.ts';
import { workDone } from '../../../src/protocols/lease-lock/properties/work.ts';
import { redlock } from '../../../src/protocols/lease-lock/redlock/redlock.ts';
import { agreement } from '../../../src/protocols/lease-lock/replicated/properties.ts';
import { goneKnown } from '../../../src/protocols/lease-lock/store/gone.ts';
import { zooKeeperLock } from '../../../src/protocols/lease-lock/zookeeper/zookeeper-lock.ts';
import type { World } from '../../../src/sim/observer.ts';
import { ms } from '../../../src/sim/protocol.ts';

const worldAt = (event: number, more: object = {}): World =>
  ({ event, now: ms(event), nodes: ['n1', 'c1'], optionsOf: () => ({}), ...more }) as unknown as World;
const world = worldAt(1);
const sentence = (finding: unknown): string | undefined =>
  typeof finding === 'string' ? finding : (finding as { readonly sentence: string } | undefined)?.sentence;

describe('GONE', () => {
  const sends = (...sessions: readonly number[]): string | undefined => {
    const memory = goneKnown.start(world);
    goneKnown.deliver?.(memory, 0, 1, { type: 'SessionGone', session: 3 } as never, world);
    const found = sessions.map((session) =>
      goneKnown.send?.(memory, 1, 0, { type: 'KeepAlive', session } as never, world),
    );
    return sentence(found.find((one) => one !== undefined));
  };

  it.each([etcdLock, zooKeeperLock, chubbyLock].map((protocol) => [protocol.name, protocol] as const))(
    'is a property of %s',
    (_name, { properties }) => expect(properties.map(({ name }) => name)).toContain('GONE'),
  );

  it('finds a client that goes on in a session that is over, and lets it begin another', () => {
    expect(sends(4, 3)).toBe('c1 sends n1 a KeepAlive in session 3, which it has been told is over');
    expect(sends(4)).toBeUndefined();
  });
});

describe('DONE', () => {
  const wrote = (token: number | undefined, ...steps: readonly number[]): string | undefined => {
    const memory = workDone.start(world);
    const data = (step: number) => ({ id: 7, step, ...(token === undefined ? {} : { token }) });
    const found = steps.map((step) => workDone.note?.(memory, 0, 'wrote', data(step), world));
    return sentence(found.find((one) => one !== undefined));
  };

  it('finds a write that is done again', () => {
    expect(wrote(1, 1, 2, 1)).toBe('n1 does write 1 of a7, and has done write 2 before');
    expect(wrote(1, 1, 1)).toBe('n1 does write 1 of a7, and has done write 1 before');
  });

  it('says nothing of writes in turn, nor of a resource that remembers nothing', () => {
    expect(wrote(1, 1, 2, 3)).toBeUndefined();
    expect(wrote(undefined, 1, 1)).toBeUndefined();
  });
});

describe('REL of Redlock', () => {
  const property = redlock.properties.find(({ name }) => name === 'REL') as Property;
  const options = { ttl: ms(100), clockRatePpmMax: 0 };
  const extendedAfter = (wait: number): string | undefined => {
    const memory = property.start(world);
    const handle = (event: number, text: string): unknown => {
      const now = worldAt(event, { optionsOf: () => options });
      property.deliver?.(memory, 1, 0, { type: 'Extend' } as never, now);
      return property.note?.(memory, 0, text, {}, now);
    };
    handle(10, 'set');
    return sentence(handle(10 + wait, 'extended'));
  };

  it('finds a key that is extended when it had run out', () => {
    expect(extendedAfter(90)).toBeUndefined();
    expect(extendedAfter(150)).toBe(
      'n1 extends a key 150000 us after it was set or extended last, of a ttl of 100000 us',
    );
  });
});

describe('AGREE', () => {
  const executes = (...machines: readonly object[]): string | undefined => {
    const property = agreement({ digest: () => 0 });
    const memory = property.start(world);
    property.boot?.(memory, 0, world);
    const found = machines.map((machine, i) => property.step?.(memory, 0, { applied: i + 1, machine } as never, world));
    return sentence(found.find((one) => one !== undefined));
  };
  const owner = (attempt: number) => ({ owner: { id: 5, attempt } });
  const sessions = (attempt: number) => ({ sessions: [{ id: 5, attempt }] });

  it('finds a renewal that is undone by an older one', () => {
    expect(executes(owner(1), owner(4), owner(3))).toBe(
      'n1 takes renewal 3 of lease 5 for the last, and has executed 4 before',
    );
    expect(executes(sessions(4), sessions(3))).toBe(
      'n1 takes renewal 3 of lease 5 for the last, and has executed 4 before',
    );
  });

  it('says nothing of renewals in turn, of other leases, and where there is none', () => {
    expect(executes(owner(1), owner(1), owner(2), { owner: { id: 6, attempt: 1 } }, { owner: null })).toBeUndefined();
  });
});

describe('DUR', () => {
  it('finds a server that tells of an end that a restart would undo', () => {
    const on = (id: number | null): World =>
      worldAt(1, { diskOf: () => ({ durableRecord: () => ({ holder: id === null ? null : { id }, over: {} }) }) });
    const lost = (disk: World): string | undefined =>
      sentence(stable.send?.(null, 0, 1, { type: 'Lost', id: 9 } as never, disk));
    expect(lost(on(9))).toBe(
      'n1 tells c1 that it has lost the lock (a9), and would find it the holder after a restart',
    );
    expect(lost(on(10))).toBeUndefined();
    expect(lost(on(null))).toBeUndefined();
    expect(leaseLock.properties).toContain(stable);
  });
});
