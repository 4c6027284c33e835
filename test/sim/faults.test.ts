import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sim/faults.ts';
import { type ActorState, actor, type Step, tell } from '../toys/kernel-actor.ts';
import { nodes, ofKind, type Run, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const run = (faults: readonly Fault[], boot: readonly Step[] = []): Run =>
  runOf(specOf({ nodes: nodes('actor', 3, { boot }), faults, limits: { until: 200_000 } }), { actor }, [], true);
const seen = ({ simulation }: Run, node = 'n1'): readonly string[] | undefined =>
  stateOf<ActorState>(simulation, node)?.seen;
const note = (text: string): Step => ({ do: 'note', text });
const say = (to: string, text: string): Step => ({ do: 'send', to, text });
const notes = ({ trace }: Run): string[] => ofKind(trace, 'note').map(({ at, node, text }) => `${at} ${node} ${text}`);
const happened = ({ trace }: Run, kind: 'crash' | 'boot' | 'pause' | 'resume'): string[] =>
  ofKind(trace, kind).map(({ at, node }) => `${at} ${node}`);

describe('a fault anchored at a time', () => {
  it('happens at that time', () => {
    const faulty = run([
      { kind: 'crash', node: 'n1', at: 5_000, for: 2_000 },
      { kind: 'pause', node: 'n2', at: 6_000, for: 3_000 },
    ]);
    expect(happened(faulty, 'crash')).toEqual(['5000 n1']);
    expect(happened(faulty, 'boot').slice(3)).toEqual(['7000 n1']);
    expect([happened(faulty, 'pause'), happened(faulty, 'resume')]).toEqual([['6000 n2'], ['9000 n2']]);
  });

  it('that can do nothing is skipped and says why', () => {
    const faulty = run([
      { kind: 'crash', node: 'n1', at: 1_000 },
      { kind: 'crash', node: 'n1', at: 2_000 },
      { kind: 'pause', node: 'n1', at: 2_000, for: 1 },
      { kind: 'restart', node: 'n2', at: 2_000 },
      { kind: 'crash', node: 'n9', at: 2_000 },
      { kind: 'crash', node: { noted: 'nothing' }, at: 2_000 },
    ]);
    const skipped = ofKind(faulty.trace, 'fault').filter(({ phase }) => phase === 'skipped');
    expect(skipped.map(({ why }) => why)).toEqual([
      'n1 is down',
      'n1 is down',
      'n2 is running',
      'there is no n9',
      'no node has noted "nothing" yet',
    ]);
    expect(faulty.simulation.statistics().faults).toEqual({
      crash: { fired: 1, skipped: 3 },
      pause: { fired: 0, skipped: 1 },
      restart: { fired: 0, skipped: 1 },
    });
  });

  it('with an effect lies in ambush for the first handler that is long enough', () => {
    const faulty = run([
      { kind: 'crash', node: 'n1', at: 1_000, effect: 2 },
      tell('n1', 2_000, note('a'), note('b')),
      tell('n1', 3_000, note('c'), note('d'), note('e'), note('f')),
    ]);
    expect(notes(faulty)).toEqual(['2000 n1 a', '2000 n1 b', '3000 n1 c', '3000 n1 d']);
    expect(ofKind(faulty.trace, 'crash')).toEqual([expect.objectContaining({ at: 3_000, lostEffects: 2 })]);
  });

  it('lies in ambush beside others, and each gets its turn', () => {
    const faulty = run([
      { kind: 'pause', node: 'n1', at: 1_000, effect: 1, for: 5_000 },
      { kind: 'crash', node: 'n1', at: 1_500, effect: 2, for: 1_000 },
      { kind: 'pause', node: 'n1', at: 1_600, effect: 0, for: 5_000 },
      tell('n1', 2_000, note('a'), note('b'), note('c')),
      tell('n1', 50_000, note('d'), note('e')),
    ]);
    expect(notes(faulty)).toEqual(['7000 n1 a', '12000 n1 b', '50000 n1 d', '50000 n1 e']);
    expect(happened(faulty, 'crash')).toEqual(['12000 n1']);
  });

  it('lies in ambush for a boot handler too', () => {
    const faulty = run(
      [
        { kind: 'crash', node: 'n1', at: 1_000, for: 1_000 },
        { kind: 'crash', node: 'n1', at: 1_500, effect: 1, for: 1_000 },
      ],
      [note('first'), note('second')],
    );
    expect(notes(faulty).filter((text) => text.includes('n1'))).toEqual([
      '0 n1 first',
      '0 n1 second',
      '2000 n1 first',
      '3000 n1 first',
      '3000 n1 second',
    ]);
  });
});

describe('a fault anchored at an event', () => {
  const talk = [tell('n2', 5_000, say('n1', 'x')), tell('n2', 10_000, say('n1', 'y'))];

  it('waits for the n-th message of a type, at one node or at any', () => {
    const third: Fault = { kind: 'crash', node: 'n1', when: { message: 'said', nth: 2 } };
    expect(happened(run([...talk, third]), 'crash')).toEqual(['11000 n1']);
    expect(happened(run([...talk, { ...third, when: { message: 'said', node: 'n3' } }]), 'crash')).toEqual([]);
    expect(happened(run([...talk, { ...third, when: { message: 'said', node: 'n1' } }]), 'crash')).toEqual(['6000 n1']);
  });

  it('waits for a timer', () => {
    const faulty = run([
      tell('n1', 5_000, { do: 'timer', delay: 1_000 }),
      { kind: 'crash', node: 'n2', when: { timer: 'alarm' } },
    ]);
    expect(happened(faulty, 'crash')).toEqual(['6000 n2']);
  });

  it('waits for a note, also one of a boot handler, and counts each', () => {
    const crash: Fault = { kind: 'crash', node: 'n3', when: { note: 'up', nth: 4 }, for: 1_000 };
    const faulty = run([crash, { kind: 'crash', node: 'n1', at: 5_000, for: 1_000 }], [note('up')]);
    expect(happened(faulty, 'crash')).toEqual(['5000 n1', '6000 n3']);
  });

  it('happens once, however often its event happens in one handler', () => {
    const step: Fault = { kind: 'clock-step', node: 'n2', by: 1_000, when: { note: 'now' } };
    const steps = ofKind(run([tell('n1', 5_000, note('now'), note('now'), note('now')), step]).trace, 'fault');
    expect(steps.filter(({ fault }) => fault.kind === 'clock-step').map(({ at }) => at)).toEqual([5_000]);
  });

  it('strikes when the handler of its event has done everything', () => {
    const faulty = run([
      tell('n1', 5_000, note('now'), say('n2', 'a'), { do: 'remember', text: 'all' }),
      { kind: 'crash', node: 'n1', when: { note: 'now' } },
    ]);
    expect(ofKind(faulty.trace, 'crash')).toEqual([expect.objectContaining({ node: 'n1', lostEffects: 0 })]);
    expect(seen(faulty, 'n2')).toEqual(['n1: a']);
    const crash = faulty.trace.findIndex(({ kind }) => kind === 'crash');
    expect(faulty.trace.slice(0, crash).some(({ kind, at }) => kind === 'view' && at === 5_000)).toBe(true);
  });

  it('strikes after the sync in the middle of its handler, if it waits for the end', () => {
    const faulty = run([
      tell('n1', 5_000, note('now'), { do: 'put', record: 'r', value: 1 }, { do: 'sync' }, say('n2', 'a')),
      { kind: 'isolate', node: 'n1', when: { note: 'now' } },
    ]);
    expect(ofKind(faulty.trace, 'fault').find(({ fault }) => fault.kind === 'isolate')?.at).toBe(5_500);
  });

  it('may hit another node than the one it waits for', () => {
    const faulty = run([
      tell('n1', 5_000, note('now'), note('and'), note('then')),
      tell('n2', 4_900, { do: 'put', record: 'r', value: 1 }),
      { kind: 'crash', node: 'n2', when: { note: 'now' }, effect: 1 },
    ]);
    expect(notes(faulty)).toEqual(['5000 n1 now', '5000 n1 and', '5000 n1 then']);
    expect(ofKind(faulty.trace, 'crash')).toEqual([
      expect.objectContaining({ node: 'n2', lostEffects: 0, lostWrites: 1, at: 5_000 }),
    ]);
  });

  it('hits whoever noted it last, and the writer of the very note it waits for', () => {
    const faulty = run([
      tell('n1', 1_000, note('leads')),
      tell('n2', 2_000, note('leads')),
      { kind: 'pause', node: { noted: 'leads' }, at: 3_000, for: 1_000 },
      tell('n3', 5_000, say('n1', 'before the note'), note('leads'), say('n1', 'after')),
      { kind: 'crash', node: { noted: 'leads' }, when: { note: 'leads', nth: 3 }, effect: 1 },
    ]);
    expect(happened(faulty, 'pause')).toEqual(['3000 n2']);
    expect(happened(faulty, 'crash')).toEqual(['5000 n3']);
    expect(seen(faulty)).toEqual(['n3: before the note']);
  });

  it('happens once', () => {
    const faulty = run([
      tell('n1', 1_000, note('now')),
      tell('n1', 5_000, note('now')),
      { kind: 'pause', node: 'n2', when: { note: 'now' }, for: 1_000 },
    ]);
    expect(happened(faulty, 'pause')).toEqual(['1000 n2']);
  });
});

describe('faults that wait for the end of a handler that never comes to it', () => {
  const others: Fault[] = [
    { kind: 'cut', from: ['n2'], to: ['n3'], when: { note: 'now' } },
    { kind: 'join', node: 'n4', role: 'actor', when: { note: 'now' } },
    { kind: 'restart', node: 'n1', when: { note: 'now' } },
  ];
  const fired = ({ trace }: Run): string[] =>
    ofKind(trace, 'fault')
      .filter(({ phase, fault }) => phase === 'start' && fault.kind !== 'admin')
      .map(({ fault, at }) => `${at} ${fault.kind}`);

  it('happen when another fault cuts it off', () => {
    const faulty = run([
      ...others,
      { kind: 'crash', node: 'n1', when: { note: 'now' }, effect: 1 },
      tell('n1', 5_000, note('now'), note('never')),
    ]);
    expect(fired(faulty)).toEqual(['5000 crash', '5000 cut', '5000 join', '5000 restart']);
    expect(notes(faulty)).toEqual(['5000 n1 now']);
    expect(seen(faulty)).toEqual([]);
  });

  it('happen when its node stops itself', () => {
    const faulty = run([...others, tell('n1', 5_000, note('now'), { do: 'halt' }, note('never'))]);
    expect(fired(faulty)).toEqual(['5000 cut', '5000 join', '5000 restart']);
    expect(happened(faulty, 'boot').slice(3)).toEqual(['5000 n4', '5000 n1']);
  });

  it('happen when a sync in its middle fails, before the role is told', () => {
    const faulty = run([
      ...others,
      { kind: 'sync-error', node: 'n1', at: 1_000 },
      tell('n1', 5_000, note('now'), { do: 'put', record: 'r', value: 1 }, { do: 'sync' }, note('never')),
    ]);
    expect(fired(faulty)).toEqual(['1000 sync-error', '5500 cut', '5500 join']);
    const place = (what: (event: (typeof faulty.trace)[number]) => boolean): number => faulty.trace.findIndex(what);
    expect(place((event) => event.kind === 'fault' && event.fault.kind === 'join')).toBeLessThan(
      place((event) => event.kind === 'note' && event.text === 'refuses'),
    );
    expect(notes(faulty)).toEqual(['5000 n1 now', '5500 n1 refuses']);
  });

  it('happen when its node is crashed while it waits for its disk', () => {
    const faulty = run([
      ...others,
      { kind: 'crash', node: 'n1', at: 5_200 },
      tell('n1', 5_000, note('now'), { do: 'put', record: 'r', value: 1 }, { do: 'sync' }, note('never')),
    ]);
    expect(fired(faulty)).toEqual(['5200 crash', '5200 cut', '5200 join', '5200 restart']);
  });
});

describe('a paused node', () => {
  it('stands still while its clock runs on; what arrives waits, in order', () => {
    const faulty = run([
      { kind: 'pause', node: 'n1', at: 5_000, for: 10_000 },
      tell('n1', 4_000, { do: 'timer', delay: 3_000 }),
      tell('n2', 5_000, say('n1', 'a')),
      tell('n2', 7_000, say('n1', 'b')),
    ]);
    expect(seen(faulty)).toEqual(['n2: a', 'alarm at 15000', 'n2: b']);
    expect(ofKind(faulty.trace, 'deliver').every(({ at }) => at === 15_000)).toBe(true);
  });

  it('goes on when the last of several pauses ends', () => {
    const faulty = run([
      { kind: 'pause', node: 'n1', at: 5_000, for: 10_000 },
      { kind: 'pause', node: 'n1', at: 6_000, for: 2_000 },
      { kind: 'pause', node: 'n1', at: 14_000, for: 6_000 },
      tell('n2', 5_000, say('n1', 'a')),
    ]);
    expect(happened(faulty, 'resume')).toEqual(['20000 n1']);
    expect(ofKind(faulty.trace, 'deliver')[0]?.at).toBe(20_000);
  });

  it('that crashes is not paused when it comes back', () => {
    const faulty = run([
      { kind: 'pause', node: 'n1', at: 5_000, for: 100_000 },
      { kind: 'crash', node: 'n1', at: 6_000, for: 1_000 },
      tell('n2', 7_000, say('n1', 'a')),
    ]);
    expect(seen(faulty)).toEqual(['n2: a']);
    expect(happened(faulty, 'resume')).toEqual([]);
  });

  it('cannot be told anything by an operator', () => {
    const faulty = run([{ kind: 'pause', node: 'n1', at: 5_000, for: 10_000 }, tell('n1', 6_000, note('x'))]);
    expect(ofKind(faulty.trace, 'fault').find(({ phase }) => phase === 'skipped')?.why).toBe('n1 is busy or paused');
  });
});

describe('a crashed node', () => {
  it('comes back with what was durable, and with nothing else', () => {
    const faulty = run([
      tell(
        'n1',
        1_000,
        { do: 'put', record: 'kept', value: 1 },
        { do: 'sync' },
        { do: 'put', record: 'lost', value: 1 },
      ),
      { kind: 'crash', node: 'n1', at: 5_000, for: 1_000 },
      tell('n1', 10_000, { do: 'look', record: 'kept' }, { do: 'look', record: 'lost' }),
    ]);
    expect(seen(faulty)).toEqual(['kept is 1', 'lost is null']);
  });

  it('restarted by hand is not restarted again when its time comes', () => {
    const faulty = run([
      { kind: 'crash', node: 'n1', at: 1_000, for: 10_000 },
      { kind: 'restart', node: 'n1', at: 5_000 },
    ]);
    expect(ofKind(faulty.trace, 'boot').slice(3)).toEqual([expect.objectContaining({ at: 5_000, incarnation: 2 })]);
  });

  it('that has not even booted cannot crash; it may be booted early, once', () => {
    const faulty = run(
      [
        { kind: 'crash', node: 'n3', when: { note: 'up', node: 'n1' } },
        { kind: 'restart', node: 'n3', when: { note: 'up', node: 'n1' } },
      ],
      [note('up')],
    );
    expect(happened(faulty, 'crash')).toEqual([]);
    expect(happened(faulty, 'boot')).toEqual(['0 n1', '0 n3', '0 n2']);
  });
});
