/** CHOSEN and PROMISE, read off acceptors' disks. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Property } from '../../../src/check/property.ts';
import { chosen } from '../../../src/protocols/paxos-commit/properties/chosen.ts';
import { promisesKept } from '../../../src/protocols/paxos-commit/properties/promises.ts';
import type { World } from '../../../src/sim/observer.ts';

const group = { participants: ['n4', 'n5'], acceptors: ['n1', 'n2', 'n3'] };
const disks: object[][] = [[], [], []];
const world = {
  event: 1,
  nodes: ['n1', 'n2', 'n3', 'n4', 'n5'],
  roleOf: (node: number) => (node < 3 ? 'acceptor' : 'participant'),
  diskOf: (node: number) => ({ durableLog: () => ({ first: 1, entries: disks[node] }) }),
} as unknown as World;
let memory: unknown;

beforeEach(() => {
  for (const disk of disks) disk.length = 0;
});

/** An acceptor writes that it has accepted, for each participant, "prepared" of those named and "aborted" of the others. */
function accepts(property: Property, node: number, ballot: number, prepared: readonly string[] | null): unknown {
  const type = prepared === null ? 'promised' : 'accepted';
  const accepted = prepared === null ? null : { ballot, prepared };
  const entry = { type, txn: 't', group, ballot, accepted };
  const disk = disks[node] as object[];
  property.log?.(memory, node, 'wal', { kind: 'append', index: disk.length + 1, entry }, world);
  disk.push(entry);
  return property.durable?.(memory, node, world);
}

const sends = (property: Property, from: number, message: object): unknown =>
  property.send?.(memory, from, 3, message as never, world);

describe('CHOSEN', () => {
  const decides = (commit: boolean): unknown => sends(chosen, 0, { type: 'Decision', txn: 't', commit });
  beforeEach(() => {
    memory = chosen.start(world);
  });

  it('lets a commit be decided once a majority has accepted each "prepared", and not before', () => {
    const wrong = { sentence: 'n1 decides to commit t, and no majority has accepted what that takes' };
    expect(accepts(chosen, 0, 0, ['n4', 'n5'])).toBeUndefined();
    expect(accepts(chosen, 0, 0, ['n4', 'n5'])).toBeUndefined();
    expect(decides(true)).toMatchObject(wrong);
    expect(accepts(chosen, 1, 0, ['n4'])).toBeUndefined();
    expect(decides(true)).toMatchObject(wrong);
    expect(accepts(chosen, 1, 0, ['n4', 'n5'])).toBeUndefined();
    expect(decides(true)).toBeUndefined();
  });

  it('lets an abort be decided where one was chosen, or a participant refused', () => {
    expect(decides(false)).toMatchObject({ sentence: expect.stringContaining('decides to abort t') });
    accepts(chosen, 1, 65, ['n4']);
    accepts(chosen, 2, 65, ['n4']);
    expect(decides(false)).toBeUndefined();
    memory = chosen.start(world);
    sends(chosen, 3, { type: 'Vote', txn: 't', vote: 'no' });
    expect(decides(false)).toBeUndefined();
  });

  it('finds a second value chosen, in another ballot', () => {
    accepts(chosen, 0, 0, ['n4', 'n5']);
    accepts(chosen, 1, 0, ['n4', 'n5']);
    expect(accepts(chosen, 1, 66, ['n4'])).toBeUndefined();
    expect(accepts(chosen, 2, 66, ['n4'])).toMatchObject({
      sentence: 'for n5 in t "prepared" was chosen in ballot 0, and "aborted" in ballot 66',
    });
  });

  it('does not count one ballot with another, nor two values', () => {
    accepts(chosen, 0, 65, ['n4']);
    expect(accepts(chosen, 1, 66, ['n4', 'n5'])).toBeUndefined();
    expect(accepts(chosen, 2, 65, ['n4', 'n5'])).toBeUndefined();
    expect(decides(true)).toMatchObject({ sentence: expect.stringContaining('no majority') });
  });
});

describe('PROMISE', () => {
  const says = (from: number, type: string, ballot: number): unknown =>
    sends(promisesKept, from, { type, txn: 't', ballot });
  beforeEach(() => {
    memory = promisesKept.start(world);
  });

  it('finds what is said and not on the own disk', () => {
    accepts(promisesKept, 0, 65, null);
    expect(says(0, 'Phase1b', 65)).toBeUndefined();
    expect(says(0, 'Phase1b', 66)).toMatchObject({ sentence: expect.stringContaining('promises ballot 66 of t') });
    expect(says(1, 'Phase1b', 65)).toMatchObject({ sentence: expect.stringContaining('n2 says') });
    expect(says(0, 'Phase2b', 65)).toMatchObject({ sentence: expect.stringContaining('accepted in ballot 65') });
    accepts(promisesKept, 0, 65, []);
    expect(says(0, 'Phase2b', 65)).toBeUndefined();
  });

  it('finds a lower ballot written after a higher', () => {
    accepts(promisesKept, 0, 66, null);
    expect(accepts(promisesKept, 1, 65, [])).toBeUndefined();
    expect(accepts(promisesKept, 0, 65, [])).toBe('n1 has accepted ballot 65 of t, after it had promised ballot 66');
  });

  it('finds an acceptance that is no promise', () => {
    const entry = { type: 'accepted', txn: 't', group, ballot: 65, accepted: { ballot: 66, prepared: [] } };
    promisesKept.log?.(memory, 0, 'wal', { kind: 'append', index: 1, entry }, world);
    disks[0]?.push(entry);
    expect(promisesKept.durable?.(memory, 0, world)).toBe(
      'n1 has accepted ballot 66 of t, and promises no more than ballot 65',
    );
  });
});
