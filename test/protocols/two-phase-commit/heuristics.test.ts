/** What operators decide for participants in doubt: known as what it is, told where it is wrong, forgotten by nobody before. */
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../../src/check/protocol.ts';
import { twoPhaseCommit } from '../../../src/protocols/two-phase-commit/two-phase-commit.ts';
import type { Fault } from '../../../src/sim/faults.ts';
import type { Operation } from '../../../src/sim/history.ts';
import { ms } from '../../../src/sim/protocol.ts';
import type { TraceEvent } from '../../../src/sim/trace.ts';
import { audit, bug, call, type Run, run, type Scene, transfer } from '../atomic-commit/cluster.ts';

/** n4 does not hear what became of it, and asks; before it is answered its operator decides. */
const decideByHand = (commit: boolean): Fault => ({
  kind: 'admin',
  node: { noted: 'inquiring' },
  when: { note: 'inquiring' },
  action: { type: 'heuristic', commit },
});
const oneTransfer = [call(0, 'c1', transfer('k1', 'k2'))];
const lostDecision = [{ message: 'n1>n4/Decision#1', drop: true }] as const;
/** n2 has no more to give: it votes no, and n4, which has voted yes, does not hear of it. */
const aborted = [call(0, 'c1', transfer('k2', 'k1', 60)), call(ms(150), 'c1', transfer('k2', 'k1', 60))];
const lostAbort = [{ message: 'n1>n4/Decision#2', drop: true }] as const;

const notes = ({ trace }: Run, text: string): number =>
  trace.filter((event) => event.kind === 'note' && event.text === text).length;

const records = ({ world }: Run, node: number, type: string): readonly unknown[] =>
  world()
    .diskOf(node)
    .durableLog('wal')
    .entries.filter((entry) => (entry as { readonly type: string }).type === type);

const isAckOf = (node: string, event: TraceEvent): boolean =>
  event.kind === 'send' && event.node === node && (event.message as { readonly type: string }).type === 'Ack';

function lives(scene: Scene): Run {
  const one = run({ until: ms(3_000), ...scene }, twoPhaseCommit);
  expect(one.simulation.failure).toBeUndefined();
  expect(one.simulation.violation).toBeUndefined();
  expect(notes(one, 'heuristicDecision')).toBe(1);
  return one;
}

/** The coordinator is node 0, n4 node 3. */
function isTold(one: Run): void {
  expect(notes(one, 'heuristicWrong')).toBeGreaterThan(0);
  expect(records(one, 0, 'damage')).toEqual([{ type: 'damage', txn: expect.any(String), participant: 'n4' }]);
  expect(notes(one, 'heuristicDamage')).toBe(1);
  expect(notes(one, 'toldOfDamage')).toBe(1);
}

describe.each(['nothing', 'abort', 'commit'])('presumed %s: an operator', (presumption) => {
  it('who commits what was committed has done no harm', () => {
    const one = lives({
      options: { presumption, inquiryInterval: ms(40) },
      calls: oneTransfer,
      overrides: lostDecision,
      faults: [decideByHand(true)],
    });
    expect(notes(one, 'heuristicRight')).toBe(1);
    expect(notes(one, 'heuristicDamage')).toBe(0);
    expect(records(one, 0, 'damage')).toEqual([]);
  });

  it('who aborts what was committed is known to have done so, and the client is told', () => {
    isTold(
      lives({
        options: { presumption, inquiryInterval: ms(40) },
        calls: oneTransfer,
        overrides: lostDecision,
        faults: [decideByHand(false)],
      }),
    );
  });

  it('who commits what was aborted too, also where nobody acknowledges an abort', () => {
    isTold(
      lives({
        options: { presumption, inquiryInterval: ms(40) },
        calls: aborted,
        overrides: lostAbort,
        faults: [decideByHand(true)],
      }),
    );
  });
});

describe('what an operator has decided', () => {
  const scene: Scene = {
    options: { presumption: 'commit', inquiryInterval: ms(40) },
    calls: oneTransfer,
    overrides: lostDecision,
  };

  it('is not forgotten in a crash: the participant asks until it knows', () => {
    const crash: Fault = { kind: 'crash', node: 'n4', at: ms(75), for: ms(300) };
    isTold(lives({ ...scene, faults: [decideByHand(false), crash] }));
  });

  it('is told again where the coordinator forgets that it was told', () => {
    const lost = [...lostDecision, { message: 'n4>n1/Ack#1', drop: true }] as const;
    isTold(lives({ ...scene, overrides: lost, faults: [decideByHand(false)] }));
    const crash: Fault = { kind: 'crash', node: 'n1', when: { message: 'Ack' }, effect: 1, for: ms(300) };
    const one = lives({ ...scene, faults: [decideByHand(false), crash] });
    expect(records(one, 0, 'damage')).toHaveLength(1);
  });

  it('is settled once it is noted: nobody asks any more', () => {
    const one = lives({ ...scene, faults: [decideByHand(false)] });
    const asked = notes(one, 'inquiring');
    expect(asked).toBe(1);
    isTold(one);
    const inquiries = one.trace.filter((event) => event.kind === 'timer' && event.timer === 'inquiry');
    expect(inquiries).toHaveLength(1);
  });
});

describe('what an operator has decided and a crash has taken', () => {
  it.each(['nothing', 'commit'])(
    'was never decided: the outcome is acknowledged as any other (presumed %s)',
    (presumption) => {
      const crash: Fault = { kind: 'crash', node: 'n4', when: { note: 'heuristicDecision' }, effect: 2, for: ms(100) };
      const one = lives({
        options: { presumption, inquiryInterval: ms(40) },
        calls: aborted,
        overrides: lostAbort,
        faults: [decideByHand(true), crash],
      });
      expect(records(one, 3, 'commit')).toEqual([{ type: 'commit', txn: expect.any(String) }]);
      expect(notes(one, 'heuristicDamage')).toBe(0);
      expect(one.trace.filter((event) => isAckOf('n4', event))).toHaveLength(presumption === 'nothing' ? 2 : 1);
    },
  );
});

describe('what others make of it', () => {
  const quick = { inquiryInterval: ms(40) };

  it('a coordinator that has the damage on record says so, and presumes nothing', () => {
    const overrides = [...lostDecision, { message: 'n1>n4/Noted#1', drop: true }] as const;
    const one = lives({ options: quick, calls: oneTransfer, overrides, faults: [decideByHand(false)] });
    isTold(one);
    expect(notes(one, 'heuristicRight')).toBe(0);
    expect(records(one, 3, 'settled')).toEqual([{ type: 'settled', txn: expect.any(String), commit: true }]);
  });

  it('a request to prepare that comes again does not make a no of the yes: the operator was right and is told so', () => {
    const faults: readonly Fault[] = [decideByHand(false), { kind: 'pause', node: 'n2', at: ms(28), for: ms(85) }];
    const one = lives({
      options: { presumption: 'commit', inquiryInterval: ms(50), voteTimeout: ms(88) },
      calls: oneTransfer,
      network: { duplicationPpm: 1_000_000 },
      overrides: [{ message: 'n1>n4/Prepare#1', latency: ms(80) }],
      faults,
    });
    expect(notes(one, 'decidedAbort')).toBe(1);
    expect(notes(one, 'heuristicWrong')).toBe(0);
    expect(notes(one, 'heuristicRight')).toBe(1);
    expect(records(one, 0, 'damage')).toEqual([]);
  });

  it('an answer by presumption that comes late is not acknowledged', () => {
    const overrides = [...lostDecision, { message: 'n4>n1/Inquiry#1', latency: ms(150) }] as const;
    const one = lives({
      options: { ...quick, presumption: 'nothing' },
      calls: oneTransfer,
      overrides,
      faults: [decideByHand(true)],
    });
    expect(notes(one, 'presumed')).toBeGreaterThan(0);
    const heard = one.trace.findIndex((event) => event.kind === 'note' && event.text === 'presumed');
    const acks = one.trace.flatMap((event, place) => (isAckOf('n4', event) ? [place] : []));
    expect(acks.length).toBeGreaterThan(0);
    expect(Math.max(...acks)).toBeLessThan(heard);
  });

  it('a request of which an operator has committed an attempt that came to nothing is carried out once all the same', () => {
    const crash: Fault = { kind: 'crash', node: 'n1', at: ms(33), for: ms(100) };
    const one = lives({ options: quick, calls: oneTransfer, faults: [crash, decideByHand(true)] });
    // n2 asks first.
    const committed = records(one, 1, 'commit') as readonly { readonly heuristic?: true }[];
    expect(committed.map(({ heuristic }) => heuristic)).toEqual([true, undefined]);
  });

  it('what an operator has committed and a crash has lost was not committed: whoever reads the same version then is right', () => {
    const crash: Fault = { kind: 'crash', node: 'n1', at: ms(33), for: ms(100) };
    const lost: Fault = {
      kind: 'crash',
      node: 'n2',
      when: { note: 'heuristicDecision' },
      for: ms(20),
      unsynced: 'none',
    };
    const one = lives({ options: quick, calls: oneTransfer, faults: [crash, decideByHand(true), lost] });
    const committed = records(one, 1, 'commit') as readonly { readonly heuristic?: true }[];
    expect(committed.map(({ heuristic }) => heuristic)).toEqual([undefined]);
  });

  it('what an operator has broken is not held against the protocol: an audit that misses money', () => {
    const calls = [...oneTransfer, call(ms(500), 'c2', audit)];
    const one = lives({ options: quick, calls, overrides: lostDecision, faults: [decideByHand(false)] });
    const [, audited] = one.world().history();
    const { values } = (audited as Operation).output as unknown as { readonly values: readonly number[] };
    expect(values.reduce((sum, value) => sum + value, 0)).not.toBe(400);
  });

  it('but what is broken where no operator was wrong is', () => {
    const calls = [...oneTransfer, call(ms(500), 'c2', audit)];
    // The decision comes twice to n2, which carries it out twice.
    const overrides = [...lostDecision, { message: 'n2>n1/Ack#1', drop: true }] as const;
    const scene = { options: quick, calls, overrides, faults: [decideByHand(true)] };
    lives(scene);
    expect(run(scene, bug(twoPhaseCommit, 'T13'), ['CONS']).simulation.violation?.property).toBe('CONS');
  });
});

describe('HEUR sees', () => {
  type AnyRole = { readonly [handler: string]: unknown };
  type Boot = (context: object) => { resource: { hazards: unknown[] }; damages: unknown[] };
  type Handler = (state: object, from: string, message: object, context: { readonly disk: object }) => void;

  const withRole = (name: 'coordinator' | 'participant', change: (role: AnyRole) => AnyRole): Protocol => ({
    ...twoPhaseCommit,
    roles: { ...twoPhaseCommit.roles, [name]: change(twoPhaseCommit.roles[name] as never) as never },
  });
  const sentence = (scene: Scene, protocol: Protocol): string | undefined => {
    lives(scene);
    const { violation } = run({ until: ms(3_000), ...scene }, protocol, ['HEUR']).simulation;
    return violation?.finding.sentence;
  };
  const scene: Scene = { options: { inquiryInterval: ms(40) }, calls: oneTransfer, overrides: lostDecision };

  it('a participant that has restarted and asks no more', () => {
    const forgetful = withRole('participant', (role) => ({
      ...role,
      boot: (context: object) => {
        const state = (role.boot as Boot)(context);
        state.resource.hazards = [];
        return state;
      },
    }));
    // The coordinator goes on telling n4, which does not acknowledge what it thinks is settled.
    const faults = [decideByHand(false), { kind: 'crash', node: 'n4', at: ms(82), for: ms(300) }] as const;
    expect(sentence({ ...scene, faults }, forgetful)).toMatch(/^n4 does not ask any more .* and has not been told$/);
  });

  it('a coordinator that has restarted and asks again what it has on record', () => {
    const forgetful = withRole('coordinator', (role) => ({
      ...role,
      boot: (context: object) => {
        const state = (role.boot as Boot)(context);
        state.damages = [];
        return state;
      },
    }));
    const overrides = [...lostDecision, { message: 'n1>n4/Noted#1', drop: true }] as const;
    const crash: Fault = { kind: 'crash', node: 'n1', when: { note: 'heuristicDamage' }, for: ms(300) };
    const faults = [decideByHand(false), crash];
    expect(sentence({ ...scene, overrides, faults }, forgetful)).toMatch(
      /^n1 has damage .* on record and does not know/,
    );
  });

  it('an outcome that is acknowledged before it is on disk that the participant knows it', () => {
    const hasty = withRole('participant', (role) => ({
      ...role,
      onMessage: {
        ...(role.onMessage as object),
        Decision: (state: object, from: string, message: object, context: { readonly disk: { sync?: () => void } }) => {
          const { disk } = context;
          disk.sync = () => {};
          (role.onMessage as { readonly Decision: Handler }).Decision(state, from, message, context);
          // That of all others is there again.
          delete disk.sync;
        },
      },
    }));
    expect(sentence({ ...scene, faults: [decideByHand(true)] }, hasty)).toMatch(/^n4 acknowledges .* ask again/);
  });
});
