/** AC4: what all have agreed to is not aborted. AC2: nobody who has committed says no. */
import { beforeEach, describe, expect, it } from 'vitest';
import { nonTriviality, stability } from '../../../src/protocols/atomic-commit/properties/decisions.ts';
import type { World } from '../../../src/sim/observer.ts';

const roles = ['coordinator', 'participant', 'participant'];
const world = { event: 1, nodes: ['n1', 'n2', 'n3'], roleOf: (node: number) => roles[node] } as unknown as World;
const participants = ['n2', 'n3'];
let memory: unknown;

beforeEach(() => {
  memory = nonTriviality.start(world);
  nonTriviality.send?.(memory, 0, 1, { type: 'Prepare', txn: 'n1.1.1', participants } as never, world);
});

const votes = (from: number, vote: string): unknown =>
  nonTriviality.deliver?.(memory, from, 0, { type: 'Vote', txn: 'n1.1.1', vote } as never, world);
const decides = (commit: boolean): unknown =>
  nonTriviality.send?.(memory, 0, 1, { type: 'Decision', txn: 'n1.1.1', commit } as never, world);
const broken = { sentence: 'n1 aborts transaction n1.1.1, to which all participants had agreed' };

describe('AC4', () => {
  it('finds an abort after all votes, a reader among them', () => {
    votes(1, 'yes');
    votes(2, 'read');
    expect(decides(false)).toMatchObject(broken);
  });

  it('lets what was agreed be committed, and asks no more once it is decided', () => {
    votes(1, 'yes');
    votes(2, 'yes');
    expect(decides(true)).toBeUndefined();
    expect(decides(false)).toBeUndefined();
  });

  it('counts a vote that comes twice once, and no refusal', () => {
    votes(1, 'yes');
    votes(1, 'yes');
    expect(decides(false)).toBeUndefined();
    memory = nonTriviality.start(world);
    nonTriviality.send?.(memory, 0, 1, { type: 'Prepare', txn: 'n1.1.1', participants } as never, world);
    votes(1, 'yes');
    votes(2, 'no');
    expect(decides(false)).toBeUndefined();
  });

  it('forgives a coordinator that has restarted', () => {
    votes(1, 'yes');
    votes(2, 'yes');
    nonTriviality.boot?.(memory, 0, world);
    expect(decides(false)).toBeUndefined();
  });
});

describe('AC2', () => {
  const said = (records: readonly object[], vote: string): unknown => {
    const disk = { first: 1, entries: records };
    const seen = { ...world, diskOf: () => ({ durableLog: () => disk }) } as unknown as World;
    const memory = stability.start(seen);
    records.forEach((entry, place) => {
      stability.log?.(memory, 1, 'wal', { kind: 'append', index: place + 1, entry }, seen);
    });
    stability.durable?.(memory, 1, seen);
    return stability.send?.(memory, 1, 0, { type: 'Vote', txn: 'n1.1.1', vote } as never, seen);
  };

  it('finds a no of a participant that has committed, and of no other', () => {
    const commit = { type: 'commit', txn: 'n1.1.1' };
    expect(said([commit], 'no')).toMatchObject({
      sentence: 'n2 commits transaction n1.1.1, and then aborts it',
    });
    expect(said([commit], 'yes')).toBeUndefined();
    expect(said([{ type: 'abort', txn: 'n1.1.1' }], 'no')).toBeUndefined();
  });
});
