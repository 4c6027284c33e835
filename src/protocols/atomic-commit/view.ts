/** What a participant looks like. */
import { byText } from '../../sim/plain.ts';
import type { Panel } from '../../sim/protocol.ts';
import type { Resource } from './resource.ts';

export const participantPanels = ({ store, locals, locks }: Resource): readonly Panel[] => [
  {
    kind: 'table',
    title: 'transactions',
    columns: ['transaction', 'phase', 'writes'],
    rows: locals.map(({ age, phase, writes }) => [age.txn, phase, writes.map(({ key }) => key).join(' ')]),
  },
  {
    kind: 'table',
    title: 'locks',
    columns: ['key', 'held by', 'wanted by'],
    rows: locks.map(({ key, holders, queue }) => [
      key,
      holders.map(({ age, mode }) => `${mode} ${age.txn}`).join(', '),
      queue.map(({ age, mode }) => `${mode} ${age.txn}`).join(', '),
    ]),
  },
  {
    kind: 'table',
    title: 'store',
    columns: ['key', 'value', 'written by'],
    rows: Object.keys(store.values)
      .sort(byText)
      .map((key) => [key, JSON.stringify(store.values[key]), store.writers[key] ?? '']),
  },
];
