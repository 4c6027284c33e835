/** The store of the recipes, command by command. */
import { expect, it } from 'vitest';
import { correctRules } from '../../../src/protocols/lease-lock/rules.ts';
import { storeMachine } from '../../../src/protocols/lease-lock/store/machine.ts';
import type { ToStore } from '../../../src/protocols/lease-lock/store/shape.ts';

it('takes all nodes of a session at once: the lock goes to another session, not from node to node', () => {
  const machine = storeMachine(correctRules);
  const state = machine.start({});
  const notes: string[] = [];
  const effects = {
    note: (text: string, data: unknown) => notes.push(`${text} a${(data as { id: number }).id}`),
    tell: () => undefined,
  };
  let index = 0;
  const ask = (client: string, message: ToStore): void =>
    machine.apply(state, { type: 'asked', client, message } as never, ++index, effects as never);
  for (const [session, client] of ['c1', 'c2'].entries())
    ask(client, { type: 'OpenSession', session: session + 1, attempt: 1 });
  ask('c1', { type: 'Create', session: 1, number: 1, id: 11, once: false });
  ask('c1', { type: 'Create', session: 1, number: 2, id: 12, once: false });
  ask('c2', { type: 'Create', session: 2, number: 1, id: 21, once: false });
  notes.length = 0;
  ask('c1', { type: 'CloseSession', session: 1 });
  expect(notes.filter((note) => note.startsWith('granted'))).toEqual(['granted a21']);
  expect(state.nodes.map(({ id }) => id)).toEqual([21]);
});

it('says that a session is gone when it is, and nothing of one that is still to be opened', () => {
  const machine = storeMachine(correctRules);
  const state = machine.start({});
  let index = 0;
  const toldOf = (message: ToStore): readonly string[] => {
    const told: string[] = [];
    const effects = {
      note: () => undefined,
      tell: (to: string, { type }: { type: string }) => told.push(`${to} ${type}`),
    };
    machine.apply(state, { type: 'asked', client: 'c1', message } as never, ++index, effects as never);
    return told;
  };
  expect(toldOf({ type: 'KeepAlive', session: 3, attempt: 2 })).toEqual([]);
  expect(toldOf({ type: 'OpenSession', session: 3, attempt: 1 })).toEqual(['c1 KeptAlive']);
  expect(toldOf({ type: 'KeepAlive', session: 3, attempt: 3 })).toEqual(['c1 KeptAlive']);
  expect(toldOf({ type: 'CloseSession', session: 3 })).toEqual(['c1 SessionGone']);
  expect(toldOf({ type: 'KeepAlive', session: 3, attempt: 4 })).toEqual(['c1 SessionGone']);
  expect(toldOf({ type: 'OpenSession', session: 3, attempt: 1 })).toEqual(['c1 SessionGone']);
});
