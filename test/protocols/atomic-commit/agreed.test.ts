/** AC4: what all have agreed to is not aborted. */
import { beforeEach, describe, expect, it } from 'vitest';
import { nonTriviality } from '../../../src/protocols/atomic-commit/properties/decisions.ts';
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
