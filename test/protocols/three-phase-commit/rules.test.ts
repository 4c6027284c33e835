/** What three-phase commit's own invariants say of processes that break the published rules. */
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../../src/check/protocol.ts';
import type {
  Ack,
  MemberState,
  ParticipantState,
  Pre,
  StateReport,
} from '../../../src/protocols/three-phase-commit/shape.ts';
import {
  enhancedThreePhaseCommit,
  quorumThreePhaseCommit,
  threePhaseCommit,
} from '../../../src/protocols/three-phase-commit/three-phase-commit.ts';
import { type AnyRole, ms } from '../../../src/sim/protocol.ts';
import { quorumKills } from '../../zoo/three-phase-commit-kills.ts';
import { bug, run, type Scene } from '../atomic-commit/cluster.ts';

// biome-ignore lint/suspicious/noExplicitAny: handlers of all kinds.
type Handler = (...inputs: any[]) => void;

/** Processes of these roles do something more, or something else, with a message. */
function withHandler(protocol: Protocol, message: string, wrap: (original: Handler) => Handler): Protocol {
  const changed: { [role: string]: AnyRole } = { ...protocol.roles };
  for (const name of ['coordinator', 'participant']) {
    const role = protocol.roles[name] as unknown as { readonly onMessage: { readonly [message: string]: Handler } };
    const onMessage = { ...role.onMessage, [message]: wrap(role.onMessage[message] as Handler) };
    changed[name] = { ...role, onMessage } as unknown as AnyRole;
  }
  return { ...protocol, roles: changed };
}

/** n1 coordinates a transfer between n2 and n4; it crashes when all have voted, with one PRE-COMMIT on its way, and the others terminate. */
const orphaned: Scene = {
  calls: [{ at: ms(10), client: 'c1', op: { type: 'transfer', from: 'k1', to: 'k2', amount: 10 } }],
  faults: [{ kind: 'crash', node: 'n1', when: { note: 'preCommitting' }, effect: 1 }],
  until: ms(3_000),
};

function told(scene: Scene, protocol: Protocol, property: string): string {
  const { simulation } = run(scene, protocol, [property]);
  expect(simulation.failure).toBeUndefined();
  expect(simulation.violation?.property).toBe(property);
  return simulation.violation?.finding.sentence ?? '';
}

describe.each([
  ['three-phase commit', threePhaseCommit],
  ['by quorums', quorumThreePhaseCommit],
  ['enhanced', enhancedThreePhaseCommit],
])('%s', (_name, protocol) => {
  it('keeps them all', () => {
    expect(run(orphaned, protocol).simulation.violation).toBeUndefined();
  });

  it('REPORT: a process that reports what its disk does not say', () => {
    const forgetful = withHandler(protocol, 'StateRequest', (original) => (state: ParticipantState, ...rest) => {
      for (const member of state.members) member.attempt = 77;
      original(state, ...rest);
    });
    expect(told(orphaned, forgetful, 'REPORT')).toMatch(
      /^n\d reports (w|p) of attempt 77 for n1\.1\.1, and its log says (w of attempt 0|p of attempt 1)$/,
    );
  });

  it('TR: a leader that believes what nobody has reported', () => {
    const hopeful = withHandler(
      protocol,
      'StateReport',
      (original) =>
        (state, from, message: StateReport, context): void => {
          const report = { ...message.report, state: 'p', attempt: 1 };
          original(state, from, { ...message, report }, context);
        },
    );
    const lost: Scene = { ...orphaned, faults: [{ kind: 'crash', node: 'n1', when: { note: 'voting' }, effect: 3 }] };
    expect(told(lost, hopeful, 'TR')).toMatch(
      /^n\d proposes precommit of n1\.1\.1 in election \d\.\d, and has collected n\d w of attempt 0/,
    );
  });
});

it('REPORT: an acknowledgement of what is not on disk', () => {
  const eager = withHandler(enhancedThreePhaseCommit, 'Pre', () => (_state, from, { txn, election }: Pre, context) => {
    const ack: Ack = { type: 'Ack', txn, election };
    context.send(from, ack);
  });
  const scene: Scene = { calls: orphaned.calls, until: ms(1_000) };
  expect(told(scene, eager, 'REPORT')).toMatch(
    /^n\d acknowledges attempt 1 for n1\.1\.1, and its log says w of attempt 0$/,
  );
});

describe('SETTLED', () => {
  it('a commit of two of four', () => {
    const [kill] = quorumKills;
    expect(told(kill?.scene as Scene, bug(quorumThreePhaseCommit, 'P07'), 'SETTLED')).toMatch(
      /^n\d (commits|aborts) n1\.1\.1, for which only \d of \d are pre-(committed|aborted) in one attempt; it takes \d$/,
    );
  });

  it('a process that is counted for both quorums', () => {
    const fickle = withHandler(
      quorumThreePhaseCommit,
      'Pre',
      (original) => (state: MemberState, from, pre: Pre, context) => {
        original(state, from, pre, context);
        for (const member of state.members) member.state = 'w';
        original(state, from, { ...pre, commit: !pre.commit }, context);
      },
    );
    const scene: Scene = { calls: orphaned.calls, until: ms(1_000) };
    expect(told(scene, fickle, 'SETTLED')).toMatch(/^n\d is counted for both: it writes preabort of n1\.1\.1, and has/);
  });
});
