/** After a total failure (Skeen 1983; BHG 7.5): the last to fail decide when they are back, whoever else is still down. */
import { describe, expect, it } from 'vitest';
import { threePhaseCommit } from '../../../src/protocols/three-phase-commit/three-phase-commit.ts';
import type { Fault } from '../../../src/sim/faults.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { call, type Run, run, transfer } from '../atomic-commit/cluster.ts';

/** The coordinator dies for good when PRE-COMMIT has left for n2 and not for n4. */
const forEver: Fault = { kind: 'crash', node: 'n1', when: { message: 'Vote', node: 'n1', nth: 2 }, effect: 6 };
/** n2 has led, n4 has acknowledged, and both fail before anybody has decided. */
const fail = (node: string, back: number | undefined): Fault => ({
  kind: 'crash',
  node,
  when: { message: 'Ack', node: 'n2' },
  effect: 0,
  ...(back === undefined ? {} : { for: ms(back) }),
});

const total = (...faults: readonly Fault[]): Run =>
  run(
    { calls: [call(0, 'c1', transfer('k1', 'k2'))], until: ms(6_000), faults: [forEver, ...faults] },
    threePhaseCommit,
  );

const outcomes = ({ trace }: Run): readonly string[] =>
  trace.flatMap((event) =>
    event.kind === 'note' && (event.text === 'committed' || event.text === 'aborted')
      ? [`${event.node} ${event.text}`]
      : [],
  );

describe('after n2 and n4 went on without n1, and failed', () => {
  it('both commit when both are back: n1 failed before them, and is not waited for', () => {
    const result = total(fail('n2', 1_000), fail('n4', 2_000));
    expect(result.simulation.violation).toBeUndefined();
    expect([...outcomes(result)].sort()).toEqual(['n2 committed', 'n4 committed']);
  });

  it.each([
    ['n2', fail('n2', 1_000), fail('n4', undefined)],
    ['n4', fail('n2', undefined), fail('n4', 1_000)],
  ])('%s alone does not know whether the other has decided, and waits', (node, one, other) => {
    const result = total(one, other);
    expect(outcomes(result)).toEqual([]);
    expect(result.trace.some((event) => event.kind === 'note' && event.node === node && event.text === 'asking')).toBe(
      true,
    );
  });
});

it('n4, which failed first and is back with n1, waits for n2, which may have decided', () => {
  const before: Fault = { kind: 'crash', node: 'n4', at: ms(33), for: ms(500) };
  const coordinator: Fault = { kind: 'crash', node: 'n1', at: ms(60), for: ms(500) };
  const last: Fault = { kind: 'crash', node: 'n2', at: ms(300) };
  const result = run(
    { calls: [call(0, 'c1', transfer('k1', 'k2'))], until: ms(6_000), faults: [before, coordinator, last] },
    threePhaseCommit,
  );
  expect(outcomes(result)).toEqual([]);
});
