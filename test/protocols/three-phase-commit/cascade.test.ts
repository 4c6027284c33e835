/** The same troubles, one after the other: a majority that is together at last decides by attempts (KD), and stays blocked by quorums (Skeen 1982). */
import { describe, expect, it } from 'vitest';
import { loadSubject, type Subject } from '../../../src/cli/subject.ts';
import { execute } from '../../../src/explore/execute.ts';
import { planSource } from '../../../src/explore/generate.ts';
import type { Plan } from '../../../src/scenario/plan.ts';
import type { Fault } from '../../../src/sim/faults.ts';
import { ms } from '../../../src/sim/protocol.ts';
import type { TraceEvent } from '../../../src/sim/trace.ts';

const subject = (name: string): Promise<Subject> => loadSubject(name, {}, 'none');
const planOf = ({ protocol, scenario }: Subject): Plan => planSource(protocol, scenario).plan('1');

function notesOf({ protocol }: Subject, plan: Plan): readonly string[] {
  const notes: string[] = [];
  const sink = (event: TraceEvent): void => {
    if (event.kind === 'note') notes.push(`${event.node} ${event.text} ${JSON.stringify(event.data ?? null)}`);
  };
  expect(execute(protocol, plan, { sink }).verdict).toBe('passed');
  return notes;
}

const committed = (notes: readonly string[]): readonly string[] =>
  notes.filter((note) => / committed /.test(note)).map((note) => note.slice(0, 2));

describe('a cascade of failures', async () => {
  const enhanced = await subject('enhanced-three-phase-commit-cascade');
  const quorums = await subject('quorum-three-phase-commit-cascade');

  it('is the same for both', () => {
    const { protocol: _one, nodes: ofOne, ...one } = planOf(enhanced);
    const { protocol: _other, nodes: ofOther, ...other } = planOf(quorums);
    expect(one).toEqual(other);
    expect(ofOne).toEqual(ofOther);
  });

  it('ends in a decision of the majority by attempts', () => {
    const notes = notesOf(enhanced, planOf(enhanced));
    expect(committed(notes)).toEqual(['n3', 'n2']);
  });

  it('leaves the same majority blocked by quorums, with two pre-committed and one pre-aborted', () => {
    const notes = notesOf(quorums, planOf(quorums));
    expect(notes.some((note) => note.includes('decided'))).toBe(false);
    const blocked = notes.filter((note) => note.includes('blocked'));
    expect(blocked.at(-1)).toContain('n1 p, n2 p, n3 pa');
    expect(blocked.filter((note) => note.includes('n1 p, n2 p, n3 pa')).length).toBeGreaterThan(2);
  });

  it('by quorums ends when the last one is back', () => {
    const plan = planOf(quorums);
    const back = (fault: Fault): Fault => (fault.kind === 'crash' ? { ...fault, for: ms(2_000) } : fault);
    const notes = notesOf(quorums, {
      ...plan,
      faults: plan.faults.map(back),
      limits: { ...plan.limits, until: ms(6_000) },
    });
    expect([...committed(notes)].sort()).toEqual(['n2', 'n3', 'n4']);
  });
});
