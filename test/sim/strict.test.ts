import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sim/faults.ts';
import type { Failure } from '../../src/sim/result.ts';
import { pokes, type Rogue, runRogue, startRogue } from '../toys/kernel-rogue.ts';

/** What strict mode says; without it the same run must pass, or there would be nothing to find. */
function found(rogue: Rogue, options: object = {}, faults?: readonly Fault[]): Failure {
  expect(runRogue(rogue, false, options, faults).simulation.failure).toBeUndefined();
  const { failure } = runRogue(rogue, true, options, faults).simulation;
  expect(failure).toBeDefined();
  return failure as Failure;
}

const FROZEN =
  'in strict mode what was sent, written, received or given as an option is frozen: handlers must not change it';
const TWICE =
  'run twice on the same state and input, it did something else: hidden state (a module variable), or an input that was changed?';

describe('strict mode finds', () => {
  it('a message that is changed after it was sent, in the same handler', () => {
    const failure = found({
      poke: (_state, context) => {
        const message = { type: 'hello' as const, value: { n: 1 }, list: [1] };
        context.send('n2', message);
        message.value.n = 2;
      },
    });
    expect(failure).toMatchObject({ kind: 'strict', handler: 'onAdmin.poke', node: 'n1', at: 1_000 });
    expect(failure.sentence).toContain("Cannot assign to read only property 'n'");
    expect(failure.sentence).toContain(FROZEN);
  });

  it('a message that is changed after it was sent, in a later handler', () => {
    const failure = found({
      poke: (state, context, { round }) => {
        if (round === 1) {
          state.any = [1];
          context.send('n2', { type: 'hello', value: { n: 1 }, list: state.any });
        } else state.any?.push(2);
      },
    });
    expect(failure).toMatchObject({ kind: 'strict', at: 2_000 });
    expect(failure.sentence).toContain('object is not extensible');
  });

  it('a message that is changed by its receiver', () => {
    const failure = found({
      poke: (_state, context) => context.send('n2', { type: 'hello', value: { n: 1 }, list: [] }),
      hello: (_state, message) => {
        (message.list as number[]).push(1);
      },
    });
    expect(failure).toMatchObject({ kind: 'strict', handler: 'onMessage.hello', node: 'n2' });
  });

  it('a record or a log entry that is changed after it was written', () => {
    for (const write of ['put', 'append', 'replace'] as const) {
      const failure = found({
        poke: (state, context, { round }) => {
          if (round === 1) {
            state.any = { n: 1 };
            if (write === 'put') context.disk.put('record', state.any);
            else if (write === 'append') context.disk.append('log', state.any);
            else context.disk.replace('log', 1, [state.any]);
          } else if (state.any !== null) state.any.n = 2;
        },
      });
      expect(failure).toMatchObject({ kind: 'strict', at: 2_000 });
    }
  });

  it('a log entry that is changed after it was read', () => {
    const failure = found({
      poke: (_state, context) => {
        const read = context.disk.readLog('log');
        const entry = read.ok ? (read.value.entries[0] as { n: number } | undefined) : undefined;
        if (entry !== undefined) entry.n = 2;
        else context.disk.append('log', { n: 1 });
      },
    });
    expect(failure).toMatchObject({ kind: 'strict', at: 2_000 });
  });

  it('options that are changed', () => {
    const failure = found(
      { poke: (_state, context) => (context.options.list as number[]).push(1) && undefined },
      { list: [] },
    );
    expect(failure.sentence).toContain(FROZEN);
  });

  it('the directory when it is changed, in every mode', () => {
    const { failure } = runRogue({
      poke: (_state, context) => (context.directory.peers as string[]).push('n9') && undefined,
    }).simulation;
    expect(failure).toMatchObject({ kind: 'threw' });
  });

  it('a counter outside of the state', () => {
    let calls = 0;
    const failure = found({
      poke: (state) => {
        state.any = ++calls;
      },
    });
    expect(failure).toMatchObject({ kind: 'strict', sentence: `onAdmin.poke at n1: ${TWICE} The two states differ` });
  });

  it('a counter that only shows in what is sent', () => {
    let calls = 0;
    const failure = found({
      poke: (_state, context) => context.send('n2', { type: 'hello', value: { n: ++calls }, list: [] }),
    });
    expect(failure.sentence).toMatch(
      /Effect 1 was send "n2" \{"list":\[\],"type":"hello","value":\{"n":\d\}\}, then send "n2" /,
    );
  });

  it('a memory that makes the second run do more, or less', () => {
    let calls = 0;
    const failure = found({
      poke: (_state, context) => {
        if (calls++ % 2 === 0) context.note('only sometimes');
      },
    });
    expect(failure.sentence).toMatch(/It recorded (1 effects, then 0|0 effects, then 1)/);
  });

  it('a memory that makes the second run throw', () => {
    const seen = new Set<number>();
    const runs = { strict: false };
    const rogue: Rogue = {
      poke: (_state, _context, { round }) => {
        if (runs.strict && seen.has(round)) throw new Error('seen before');
        seen.add(round);
      },
    };
    expect(runRogue(rogue).simulation.failure).toBeUndefined();
    seen.clear();
    runs.strict = true;
    const { failure } = runRogue(rogue, true).simulation;
    expect(failure).toMatchObject({ kind: 'strict' });
    expect(failure?.sentence).toContain('it throws when run a second time on the same state and input');
  });

  it('two names for one object in the state, when one is used to change the other', () => {
    const failure = found({
      boot: () => {
        const shared = { n: 0 };
        return { any: { one: shared, other: shared } };
      },
      poke: (state) => {
        state.any.one.n++;
      },
    });
    expect(failure.sentence).toContain('The two states differ');
  });

  it('two names for one object that a later handler gives it, whenever that is', () => {
    for (const last of [1, 2, 9, 30, 31, 32, 33, 34, 40]) {
      const rogue: Rogue = {
        boot: () => ({ any: { one: { n: 0 }, other: { n: 0 } } }),
        poke: (state, _context, { round }) => {
          if (round === last) state.any.other = state.any.one;
          else if (round > last) state.any.one.n++;
        },
      };
      const failure = found(rogue, {}, pokes(50));
      expect(failure).toMatchObject({ handler: 'onAdmin.poke', at: (last + 1) * 1_000 });
      expect(failure.sentence).toContain('The two states differ');
    }
  });

  it('what a list keeps under a name, which no copy of it has, when states are compared at length', () => {
    const rogue: Rogue = {
      boot: () => ({ any: [] }),
      poke: (state) => {
        state.any.count = (state.any.count ?? 0) + 1;
      },
    };
    expect(found(rogue, {}, pokes(80)).sentence).toContain('The two states differ');
  });

  it('a counter outside of the state, at the first handler that shows it', () => {
    for (const first of [1, 2, 9, 30, 31, 32, 33, 34, 40]) {
      let calls = 0;
      const rogue: Rogue = {
        poke: (state, _context, { round }) => {
          if (round >= first) state.any = ++calls;
        },
      };
      expect(found(rogue, {}, pokes(50))).toMatchObject({ handler: 'onAdmin.poke', at: first * 1_000 });
    }
  });

  it('what is changed between two handlers of a node: an object that another node holds too', () => {
    const shared = { n: 0 };
    const rogue: Rogue = {
      poke: (state, context, { round }) => {
        state.any ??= shared;
        context.send('n2', { type: 'hello', value: { n: round }, list: [] });
      },
      hello: (state, { value }) => {
        state.any = shared;
        shared.n = value.n;
      },
    };
    expect(found(rogue, {}, pokes(50)).sentence).toContain('The two states differ');
  });

  it('a boot that hands the same state to every node', () => {
    const state = { any: null };
    const failure = found({ boot: () => state });
    expect(failure).toMatchObject({ kind: 'strict', handler: 'boot', at: 0 });
    expect(failure.sentence).toBe(
      'boot at n1: boot returned the very same object twice (a module variable?): each call must make a new state',
    );
  });

  it('a boot that counts', () => {
    let boots = 0;
    expect(found({ boot: () => ({ any: ++boots }) }).sentence).toContain('boot at n1: run twice');
  });

  it.each([
    ['a Map', new Map(), 'an instance of Map'],
    ['a class', new (class Term {})(), 'an instance of Term'],
    ['undefined', { leader: undefined }, 'state.any.leader: undefined'],
    ['NaN', [Number.NaN], 'state.any[0]: NaN'],
    ['a function', () => 1, 'a function'],
    ['integer-like keys', { '7': 1 }, 'the key "7" looks like an integer'],
  ])('a state that holds %s', (_what, any, why) => {
    const failure = found({
      poke: (state) => {
        state.any = any;
      },
    });
    expect(failure).toMatchObject({ kind: 'strict', at: 1_000 });
    expect(failure.sentence).toContain('the state is not plain data: state.any');
    expect(failure.sentence).toContain(why);
  });

  it('messages, records, notes and results that are not plain', () => {
    const calls: readonly Rogue['poke'][] = [
      (_state, context) => context.send('n2', { type: 'hello', value: new Map() as never, list: [] }),
      (_state, context) => context.disk.put('record', { n: Number.NaN }),
      (_state, context) => context.disk.append('log', { n: undefined as never }),
      (_state, context) => context.note('x', { at: new Set() } as never),
      (_state, context) => context.disk.syncLater('later', (() => 1) as never),
    ];
    for (const poke of calls) {
      const failure = found({ ...(poke === undefined ? {} : { poke }) });
      expect(failure).toMatchObject({ kind: 'contract', handler: 'onAdmin.poke' });
      expect(failure.sentence).toContain('what is handed over must be plain data: ');
    }
  });
});

describe('strict mode passes', () => {
  it('a state that stays the same object while it is frozen: there is nothing to share', () => {
    const nothing = Object.freeze({ any: null });
    expect(runRogue({ boot: () => nothing }, true).simulation.failure).toBeUndefined();
  });

  it('a run that goes back to a snapshot and on', () => {
    const rogue: Rogue = {
      poke: (state) => {
        state.any = { n: (state.any?.n ?? 0) + 1 };
      },
    };
    const { simulation } = runRogue(rogue, true, {}, pokes(40));
    const whole = simulation.digest();
    const fresh = startRogue(rogue, true, {}, pokes(40));
    while (fresh.now < 10_000) fresh.step();
    const snapshot = fresh.snapshot();
    for (let times = 0; times < 2; times++) {
      fresh.run();
      expect(fresh.failure).toBeUndefined();
      expect(fresh.digest()).toBe(whole);
      fresh.restore(snapshot);
    }
  });

  it('a handler that draws, twice with the same luck', () => {
    const rogue: Rogue = {
      poke: (state, context) => {
        state.any = context.random.below(1_000_000);
        context.note(`${context.random.below(1_000_000)}`);
      },
    };
    const plain = runRogue(rogue);
    const strict = runRogue(rogue, true);
    expect(strict.simulation.failure).toBeUndefined();
    expect(strict.simulation.digest()).toBe(plain.simulation.digest());
    expect(strict.trace).toEqual(plain.trace);
  });

  it('a log of which each append counts the one before, in one handler', () => {
    const rogue: Rogue = {
      poke: (state, context) => {
        for (let n = 1; n <= 3; n++) context.disk.append('log', { n });
        context.disk.truncateFrom('log', 2);
        context.disk.append('log', { n: 4 });
        const log = context.disk.readLog('log');
        state.any = log.ok ? log.value.entries.length : -1;
      },
    };
    const plain = runRogue(rogue);
    const strict = runRogue(rogue, true);
    expect(strict.simulation.failure).toBeUndefined();
    expect(strict.simulation.digest()).toBe(plain.simulation.digest());
  });
});
