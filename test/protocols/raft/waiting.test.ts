/** HINT, NL, WAIT, UNSENT and XO's judgement of expired sessions: what servers and clients say of others, and what they leave standing. */
import { describe, expect, it } from 'vitest';
import type { Property } from '../../../src/check/property.ts';
import { hintsTrue } from '../../../src/protocols/raft/properties/hints.ts';
import { nothingDone } from '../../../src/protocols/raft/properties/not-leader.ts';
import { refusedUnsent } from '../../../src/protocols/raft/properties/refused.ts';
import { nothingStale } from '../../../src/protocols/raft/properties/waiting.ts';
import { raft } from '../../../src/protocols/raft/raft.ts';
import type { ClientReply, ClientRequest, ServerContext, ServerState } from '../../../src/protocols/raft/shape.ts';
import type { World } from '../../../src/sim/observer.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { call, type Scene, write } from './cluster.ts';
import { told, withHandler } from './planted.ts';

/** A leader, a client, two writes. */
const quiet: Scene = {
  clients: 1,
  timeouts: { n1: ms(100) },
  calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(300), 'c1', write('k1', 2))],
  until: ms(600),
};

const world = { event: 7, nodes: ['n1', 'n2', 'c1'] } as unknown as World;
const sentence = (finding: unknown): string | undefined =>
  (finding as { readonly sentence: string } | undefined)?.sentence;
const seen = (property: Property, state: object): string | undefined =>
  sentence(property.step?.(property.start(world), 0, state as never, world));

it('Raft has them all', () => {
  const names = raft.properties.map(({ name }) => name);
  for (const { name } of [hintsTrue, nothingDone, refusedUnsent, nothingStale]) expect(names).toContain(name);
});

describe('HINT', () => {
  it('finds a follower that names who does not lead', () => {
    const lost = withHandler('onMessage', 'AppendEntries', (original) => (state: ServerState, ...rest) => {
      original(state, ...rest);
      state.leader = 'n3';
    });
    expect(told(quiet, 'HINT', lost)).toMatch(/^n[23], follower of term 1, names n3 as its leader$/);
  });

  it('finds a follower that names itself', () => {
    const vain = withHandler(
      'onMessage',
      'AppendEntries',
      (original) => (state: ServerState, from, message, context: ServerContext) => {
        original(state, from, message, context);
        state.leader = context.self;
      },
    );
    expect(told(quiet, 'HINT', vain)).toMatch(/^(n[23]), follower of term 1, names \1 as its leader$/);
  });
});

describe('NL', () => {
  it('finds a leader that says of what it has taken that nothing was done', () => {
    const forgetful = withHandler(
      'onMessage',
      'AppendEntriesReply',
      (original) => (state: ServerState, from, message, context: ServerContext) => {
        for (const { client, session, sequence } of state.pending as readonly {
          client: string;
          session: number;
          sequence: number;
        }[])
          context.send(client, {
            type: 'ClientReply',
            session,
            sequence,
            status: 'not-leader',
            result: null,
            leader: null,
          });
        original(state, from, message, context);
      },
    );
    expect(told(quiet, 'NL', forgetful)).toBe('n1 tells c1 that nothing was done of what it had taken before');
  });
});

describe('WAIT', () => {
  const server = {
    role: 'leader',
    currentTerm: 2,
    commitIndex: 1,
    lastApplied: 1,
    log: [{ term: 2 }],
    reads: [],
    queries: [],
    pending: [],
    host: null,
  };

  it('says nothing of a server that has nothing to do', () => {
    expect(seen(nothingStale, server)).toBeUndefined();
  });

  it('finds proposals and reads at who does not lead', () => {
    expect(seen(nothingStale, { ...server, role: 'follower', pending: [{ index: 1 }] })).toBe(
      'n1 does not lead, and keeps 0 reads and 1 proposals',
    );
    expect(seen(nothingStale, { ...server, role: 'candidate', reads: [{ index: 1 }] })).toBe(
      'n1 does not lead, and keeps 1 reads and 0 proposals',
    );
  });

  it('finds a read that nobody takes up, and lets those wait that must', () => {
    const waiting = { ...server, reads: [{ client: 'c1', index: -1 }] };
    expect(seen(nothingStale, waiting)).toBe('n1 knows what is committed, and does not go on with the query of c1');
    expect(seen(nothingStale, { ...waiting, log: [{ term: 1 }] })).toBeUndefined();
  });

  it('finds several queries of one client', () => {
    const twice = [{ client: 'c1' }, { client: 'c1' }];
    expect(seen(nothingStale, { ...server, role: 'follower', queries: twice })).toBe(
      'n1 keeps several queries of one client',
    );
  });

  it('finds a host that is not told', () => {
    const host = (after: number, leading: number): object => ({ ...server, host: { op: { after, leading } } });
    expect(seen(nothingStale, host(1, 2))).toBeUndefined();
    expect(seen(nothingStale, host(0, 2))).toBe('n1 does not tell its host what is new');
    expect(seen(nothingStale, { ...host(1, 2), role: 'follower' })).toBe('n1 does not tell its host what is new');
  });
});

describe('UNSENT', () => {
  const ended = (sends: number, outcome: string): string | undefined => {
    const memory = refusedUnsent.start(world);
    for (let i = 0; i < sends; i++) refusedUnsent.send?.(memory, 2, 0, { type: 'ClientRequest' } as never, world);
    return sentence(refusedUnsent.returned?.(memory, { process: 'c1/2', outcome } as never, world));
  };

  it('finds a client that refuses what it has asked for', () => {
    expect(ended(1, 'fail')).toBe('c1 says that its call was not carried out, which it had asked for');
  });

  it('says nothing of who has asked nobody, was answered, or has given up', () => {
    expect(ended(0, 'fail')).toBeUndefined();
    expect(ended(1, 'ok')).toBeUndefined();
    expect(ended(1, 'unknown')).toBeUndefined();
  });
});

describe('XO', () => {
  it('finds a server that says of a session that lives that it has expired', () => {
    const rude = withHandler(
      'onMessage',
      'ClientRequest',
      () =>
        (_state: ServerState, from, { session, sequence }: ClientRequest, context: ServerContext) => {
          const reply: ClientReply = {
            type: 'ClientReply',
            session,
            sequence,
            status: 'session-expired',
            result: null,
            leader: null,
          };
          context.send(from, reply);
        },
    );
    expect(told(quiet, 'XO', rude)).toMatch(/^n1 says that session \d+ has expired, and it has not$/);
  });
});
