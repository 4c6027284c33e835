/** What three-phase commit costs: the table of the folder's README, read off runs. */
import { describe, expect, it } from 'vitest';
import {
  enhancedThreePhaseCommit,
  quorumThreePhaseCommit,
  threePhaseCommit,
} from '../../../src/protocols/three-phase-commit/three-phase-commit.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { call, type Run, run, type Scene, transfer } from '../atomic-commit/cluster.ts';

const PROTOCOL = ['Prepare', 'Vote', 'Pre', 'Ack', 'Decision', 'StateRequest', 'StateReport', 'Ask'];
/** By then all have started. */
const SINCE = ms(10);

const forced = ({ trace }: Run, node: string): number =>
  trace.filter((event) => event.kind === 'sync' && event.node === node && event.at > SINCE).length;

const messages = ({ trace }: Run, node: string): number =>
  trace.filter(
    (event) =>
      event.kind === 'send' &&
      (event.node === node || event.to === node) &&
      PROTOCOL.includes((event.message as { readonly type: string }).type),
  ).length;

/** n4 has a1 and n2 has a2. */
const commit: Scene = { calls: [call(0, 'c1', transfer('k1', 'k2'))], until: ms(1_000) };
/** Both promise, and one of the promises comes too late. */
const abort: Scene = { ...commit, overrides: [{ message: 'n4>n1/Vote#1', latency: ms(250) }] };

describe.each([threePhaseCommit, quorumThreePhaseCommit, enhancedThreePhaseCommit])('$name', (protocol) => {
  it.each([
    ['commit', commit, [2, 3, 5]],
    ['abort', abort, [1, 2, 3]],
  ] as const)(
    '%s: forced writes of the coordinator, of each participant, and messages for each',
    (_name, scene, expected) => {
      const done = run(scene, protocol);
      expect(done.simulation.violation).toBeUndefined();
      for (const node of ['n2', 'n4'])
        expect([forced(done, 'n1'), forced(done, node), messages(done, node)]).toEqual(expected);
    },
  );
});
