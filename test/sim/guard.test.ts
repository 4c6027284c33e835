import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { GuardError, guarded, releaseGuard } from '../../src/sim/guard.ts';
import { runRogue } from '../toys/kernel-rogue.ts';

const reaches: readonly (readonly [string, () => unknown, string])[] = [
  ['Date.now', () => Date.now(), 'use context.now or context.wallClock'],
  ['new Date', () => new Date(), 'use context.now or context.wallClock'],
  ['Date()', () => Date(), 'use context.now or context.wallClock'],
  ['performance.now', () => performance.now(), 'use context.now'],
  ['process.hrtime', () => process.hrtime(), 'use context.now'],
  ['process.hrtime', () => process.hrtime.bigint(), 'use context.now'],
  ['process.nextTick', () => process.nextTick(() => undefined), 'handlers are synchronous'],
  ['Math.random', () => Math.random(), 'use context.random'],
  ['crypto.getRandomValues', () => crypto.getRandomValues(new Uint8Array(1)), 'use context.random'],
  ['crypto.randomUUID', () => crypto.randomUUID(), 'use context.random'],
  ['setTimeout', () => setTimeout(() => undefined, 1), 'use context.setTimer'],
  ['setInterval', () => setInterval(() => undefined, 1), 'use context.setTimer'],
  ['setImmediate', () => setImmediate(() => undefined), 'use context.setTimer'],
  ['queueMicrotask', () => queueMicrotask(() => undefined), 'handlers are synchronous'],
  ['fetch', () => fetch('http://localhost'), 'use context.send'],
];

/** Whether the ambient world works as ever. */
function isBack(): boolean {
  const timer = setTimeout(() => undefined, 1);
  clearTimeout(timer);
  const now = Date.now();
  return (
    now > 1_600_000_000_000 &&
    new Date().getFullYear() > 2_000 &&
    typeof Date() === 'string' &&
    performance.now() > 0 &&
    process.hrtime.bigint() > 0n &&
    Math.random() < 1 &&
    crypto.randomUUID().length === 36 &&
    typeof fetch === 'function'
  );
}

describe('inside a simulation', () => {
  it.each(reaches)('%s throws and says what to use instead: %s', (name, reach, hint) => {
    const { simulation } = runRogue({ poke: () => void reach() });
    expect(simulation.failure).toMatchObject({ kind: 'guard', node: 'n1', handler: 'onAdmin.poke', at: 1_000 });
    expect(simulation.failure?.sentence).toBe(
      `onAdmin.poke at n1: ${name} is not available inside a simulation: ${hint}`,
    );
    expect(isBack()).toBe(true);
  });

  it('boot, views and properties are watched too', () => {
    expect(runRogue({ boot: () => ({ any: Date.now() }) }).simulation.failure).toMatchObject({ kind: 'guard' });
    expect(runRogue({ view: () => ({ role: 'x', label: `${Math.random()}` }) }).simulation.failure).toMatchObject({
      kind: 'guard',
      sentence: expect.stringContaining('view at n1: Math.random is not available'),
    });
  });

  it('a date that is given its time may be made', () => {
    const { simulation, trace } = runRogue({
      poke: (_state, context) => {
        const date = new Date(context.wallClock);
        context.note(
          date.toISOString(),
          date instanceof Date && Date.UTC(1970, 0, 1) === 0 && Date.parse(date.toISOString()),
        );
      },
    });
    expect(simulation.failure).toBeUndefined();
    expect(trace.find(({ kind }) => kind === 'note')).toMatchObject({ text: '1970-01-01T00:00:01.000Z', data: 1_000 });
  });

  it('nothing is left of it after steps, snapshots, a handler that throws, or a sink that throws', () => {
    const { simulation } = runRogue({
      poke: () => {
        throw new Error('x');
      },
    });
    simulation.step();
    expect(isBack()).toBe(true);
    expect(() =>
      guarded(() => {
        throw new Error('from inside');
      }),
    ).toThrow('from inside');
    expect(isBack()).toBe(true);
  });

  it('may be entered twice, and is left when the outer run ends', () => {
    guarded(() => {
      guarded(() => expect(() => Math.random()).toThrow(GuardError));
      expect(() => Math.random()).toThrow(GuardError);
    });
    expect(isBack()).toBe(true);
  });

  it('can be lifted from outside when a run was cut off', () => {
    guarded(() => {
      releaseGuard();
      expect(isBack()).toBe(true);
    });
    expect(isBack()).toBe(true);
    guarded(() => expect(() => Math.random()).toThrow(GuardError));
    expect(isBack()).toBe(true);
  });

  it('leaves every property as it found it', () => {
    const holders: readonly (readonly [object, string])[] = [
      [globalThis, 'Date'],
      [globalThis, 'fetch'],
      [globalThis, 'setTimeout'],
      [globalThis, 'queueMicrotask'],
      [Math, 'random'],
      [performance, 'now'],
      [crypto, 'getRandomValues'],
      [process, 'hrtime'],
    ];
    const describeAll = (): unknown => holders.map(([holder, key]) => Object.getOwnPropertyDescriptor(holder, key));
    const before = describeAll();
    guarded(() => undefined);
    expect(describeAll()).toEqual(before);
  });

  it('does not disturb a server that answers between two steps', async () => {
    const { simulation } = runRogue({});
    const server = createServer((_request, response) => response.end('here'));
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as { port: number };
    simulation.step();
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here');
    await new Promise((resolve) => server.close(resolve));
  });
});
