/** Each property: a planted violation that it finds and tells in words, and correct runs that it lets pass. */
import { describe, expect, it } from 'vitest';
import type { Property } from '../../../src/check/property.ts';
import type { Protocol } from '../../../src/check/protocol.ts';
import { readCapsule } from '../../../src/explore/capsule-file.ts';
import { execute } from '../../../src/explore/execute.ts';
import { keyValueMachine } from '../../../src/protocols/raft/machines/key-value.ts';
import { createRaft, raft } from '../../../src/protocols/raft/raft.ts';
import type { ServerContext, ServerState } from '../../../src/protocols/raft/shape.ts';
import type { StateMachine } from '../../../src/protocols/raft/state-machine.ts';
import type { World } from '../../../src/sim/observer.ts';
import { type AnyRole, ms } from '../../../src/sim/protocol.ts';
import { bug, call, read, run, type Scene, write } from './cluster.ts';
import { type Handler, killOf, told, violationOf, withHandler, withRules } from './planted.ts';

/** A leader, a client, two writes. */
const quiet: Scene = {
  clients: 1,
  timeouts: { n1: ms(100) },
  calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(300), 'c1', write('k1', 2))],
  until: ms(600),
};

describe('a violation is told in a sentence', () => {
  it('ES: two leaders of a term', () => {
    expect(told(killOf('R01a'), 'ES', bug('R01a'))).toBe('n1 and n3 were both elected leader of term 1');
  });

  it('ES: a leader without a majority', () => {
    expect(told(killOf('R10'), 'ES', bug('R10'))).toBe(
      'n1 was elected leader of term 1 with the votes of only 2 of 4 servers (n1, n2)',
    );
  });

  it('ES: a vote that was not given, and one that was given once', () => {
    expect(told(killOf('R05'), 'ES', bug('R05'))).toBe('n1 counts a vote of n2, which gave it none in term 2');
    const twice = withRules({ countVote: (votes, voter) => void votes.push(voter, voter) });
    expect(told(quiet, 'ES', twice)).toMatch(/^n1 counts the vote of n\d twice in term 1$/);
  });

  it('V1: two votes in a term', () => {
    const generous = withRules({ isVoteFree: () => true });
    expect(told(killOf('R01a'), 'V1', generous)).toBe('n3 voted for n3 and for n1 in term 1');
  });

  it('V1: a vote that is forgotten, by a restart or within the term', () => {
    const forgotten = / voted for n\d in term \d and has forgotten it: its disk says nobody$/;
    expect(told(killOf('R01a'), 'V1', bug('R01a'))).toMatch(forgotten);
    const refusing = { ...killOf('R08'), faults: (killOf('R08').faults ?? []).slice(1) };
    expect(told(refusing, 'V1', bug('R08'))).toMatch(forgotten);
  });

  it('UP: a vote and a PreVote for a log that ends before', () => {
    expect(told(killOf('R06a'), 'UP', bug('R06a'))).toBe(
      "n2 granted n3 a vote in term 3 although its own log is more up to date: it ends at index 3 of term 1, the other's at index 1 of term 1",
    );
    const blind = withRules({ isUpToDate: () => true });
    expect(told(killOf('R16'), 'UP', blind)).toMatch(/^n3 granted n2 a PreVote in term 4 although /);
  });

  it('RA: a request that is not answered', () => {
    expect(told(killOf('R16'), 'RA', bug('R16'))).toBe('n2 did not answer the PreVote of term 2 that n3 has sent it');
  });

  it('LK: a lease that is trusted in for too long, whoever leads', () => {
    const trusted = /^n1 trusts its lease of term 1, although only 1 of 3 servers, itself among them, are bound /;
    for (const id of ['R23', 'R25']) {
      const { calls, ...scene } = killOf(id);
      expect(calls).toHaveLength(3);
      expect(told(scene, 'LK', bug(id)), id).toMatch(trusted);
    }
  });

  it('RI: an answer that nobody has confirmed, and one of a leader that knows too little', () => {
    expect(told(killOf('R20'), 'RI', bug('R20'))).toMatch(
      /^n1, leader of term 1, answered a query since which only 0 of /,
    );
    expect(told(killOf('R21'), 'RI', bug('R21'))).toBe(
      'n2, leader of term 2, answered a query as of index 3 of term 1: it does not know yet what is committed',
    );
  });

  it('TM: a term that is forgotten', () => {
    expect(told(killOf('R01b'), 'TM', bug('R01b'))).toBe('n2 restarts in term 0 although it has spoken in term 1');
  });

  it('LAO: a leader that cuts its own log', () => {
    const cutting = withHandler(
      'onTimer',
      'heartbeat',
      (original) => (state: ServerState, key, context: ServerContext) => {
        if (state.log.length > 2) {
          state.log.length = 2;
          context.disk.truncateFrom('log', 3);
        }
        original(state, key, context);
      },
    );
    expect(told(quiet, 'LAO', cutting)).toBe('n1, leader of term 1, removed entries of its log from index 3 on');
  });

  it('LM: an entry behind two different pasts', () => {
    const keeping = withRules({ truncationPoint: () => 0 });
    const busy = [450, 480, 510, 540].map((at) => call(ms(at), 'c2', write('k2', at)));
    const scene = { ...killOf('R34'), calls: [...(killOf('R34').calls ?? []), ...busy] };
    expect(told(scene, 'LM', keeping)).toMatch(
      /^the logs of n\d and n1 have an entry of term 2 at index \d but differ up to there$/,
    );
  });

  it('LC: a leader without a committed entry', () => {
    expect(told(killOf('R06a'), 'LC', bug('R06a'))).toBe(
      'n3 was elected leader of term 3 without the entry of term 1 at index 2, which the leader of term 1 had committed: its log ends before',
    );
  });

  it('SMS: two entries applied at one index', () => {
    expect(told(killOf('R47b'), 'SMS', bug('R47b'))).toBe('n1 and n2 applied different entries at index 4');
  });

  it('SMS: the same entries, but another state', () => {
    let calls = 0;
    const moody: StateMachine = {
      ...keyValueMachine,
      apply: (state, op) => keyValueMachine.apply(state as never, { ...op, value: calls++ } as never),
    };
    // Strict runs would find the hidden variable first.
    const protocol = createRaft({ stateMachine: moody });
    const { simulation } = run(quiet, { protocol, properties: ['SMS'], strict: false });
    expect(simulation.violation?.finding.sentence).toMatch(
      /^n\d and n\d have applied the same entries up to index \d, but are in different states$/,
    );
  });

  it('QD: a commit by counting an entry of an earlier term', () => {
    expect(told(killOf('R30'), 'QD', bug('R30'))).toMatch(
      /^n1, leader of term 2, committed index \d although its entry is of term 1$/,
    );
  });

  it('QD: a commit that too few disks have', () => {
    const { sentence, facts } = violationOf(killOf('R39'), 'QD', bug('R39')).finding;
    expect(sentence).toBe('n1 committed index 3 of term 1, which is on the disks of only 1 of 3 servers (n1)');
    expect(facts?.map(({ node, text }) => `${node} ${text}`)).toEqual([
      'n1 has term 1 at index 3 on disk',
      'n2 has no index 3 on disk',
      'n3 has no index 3 on disk',
    ]);
  });

  it('CI: a commitIndex that falls', () => {
    expect(told(killOf('R36'), 'CI', bug('R36'))).toBe('the commitIndex of n2 fell from 4 to 3');
  });

  it('CI: something applied that is not committed', () => {
    expect(told(killOf('R47b'), 'CI', bug('R47b'))).toBe(
      'n1 has applied entries up to 1, but only those up to 0 are committed',
    );
  });

  it('MM: a matchIndex that falls', () => {
    expect(told(killOf('R37'), 'MM', bug('R37'))).toBe('matchIndex of n2 at leader n1 fell from 4 to 3');
  });

  it('MM: a matchIndex that nobody acknowledged', () => {
    expect(told(killOf('R39'), 'MM', bug('R39'))).toMatch(
      /believes that n\d holds index \d, but n\d has acknowledged only \d/,
    );
  });

  it('MM: a nextIndex that is behind', () => {
    expect(told(killOf('R43'), 'MM', bug('R43'))).toBe(
      'leader n1 would send n2 index 7 next, although it knows it to hold 7',
    );
  });

  it('PA: a vote that is not on disk', () => {
    expect(told(killOf('R01a'), 'PA', bug('R01a'))).toBe(
      'n1 voted for n1 in term 1 before that was on its disk: its disk says nobody in term 1',
    );
  });

  it('PA: a term that is not on disk', () => {
    expect(told(killOf('R01b'), 'PA', bug('R01b'))).toBe(
      'n1 sent a RequestVote of term 1 before that was on its disk: the term on its disk is 0',
    );
  });

  it('PA: entries that are not on disk', () => {
    const hasty = withRules({
      sendAfterSync(to, message, context) {
        if (message.type !== 'AppendEntriesReply') context.disk.sync();
        context.send(to, message);
        context.disk.sync();
      },
    });
    expect(told(quiet, 'PA', hasty)).toBe(
      'n2 acknowledged entries up to index 1 before that was on its disk: on its disk index 1 is missing',
    );
  });

  it('PA: a leader that counts itself too early', () => {
    const greedy = withRules({ ownMatch: (_durableIndex, last) => last });
    expect(told(quiet, 'PA', greedy)).toBe('n1, leader of term 1, counts itself for index 1, which is not on its disk');
  });

  it('LT: a follower whose timer does not wait for an election timeout of silence', () => {
    const hasty = withHandler(
      'onMessage',
      'AppendEntries',
      (original) => (state: ServerState, from, message, context: ServerContext) => {
        original(state, from, message, context);
        if (context.self === 'n3') context.setTimer('election', ms(20));
      },
    );
    expect(told(quiet, 'LT', hasty)).toMatch(
      /^n3 asks for votes by a RequestVote of term 2 \d+ us after it has heard from its leader; its election/,
    );
  });

  it('XO: a request that is executed twice', () => {
    const { sentence } = violationOf(killOf('R51'), 'XO', bug('R51')).finding;
    expect(sentence).toMatch(/^n\d executed a request twice: index 6 repeats index 3, .*"value":1.* \(session 2 #1\)$/);
  });

  it('XO: a request that is answered in two ways', () => {
    const chatty = withHandler(
      'onMessage',
      'ClientRequest',
      (original) => (state, from, message, context: ServerContext) => {
        const { session, sequence } = message;
        context.send(from, { type: 'ClientReply', session, sequence, status: 'ok', result: 7, leader: null });
        original(state, from, message, context);
      },
    );
    expect(told(quiet, 'XO', chatty)).toBe('request #1 of session 2 was answered 7 and {"ok":true}');
  });
});

describe('a violation names the facts that contradict each other', () => {
  it('by event: the first of them earlier than the last', () => {
    const { finding, event } = violationOf(killOf('R01a'), 'ES', bug('R01a'));
    expect(finding.facts?.map(({ node, text }) => `${node} ${text}`)).toEqual([
      'n1 becomes leader of term 1',
      'n3 becomes leader of term 1, with votes of n3, n2',
    ]);
    const [first, last] = (finding.facts ?? []).map((fact) => fact.event);
    expect(first).toBeLessThan(last as number);
    expect(last).toBe(event);
  });
});

describe('correct Raft', () => {
  const rough: Scene = {
    servers: 5,
    clients: 3,
    network: { latency: { kind: 'uniform', min: ms(1), max: ms(40) }, lossPpm: 50_000, duplicationPpm: 50_000 },
    options: { maxEntriesPerAppend: 2, clientTimeout: ms(150) },
    calls: Array.from({ length: 90 }, (_, i) =>
      call(ms(200 + 25 * i), `c${1 + (i % 3)}`, i % 4 === 0 ? read('k1') : write(`k${1 + (i % 2)}`, i)),
    ),
    faults: [
      { kind: 'isolate', node: { noted: 'becameLeader' }, at: ms(500), for: ms(500) },
      { kind: 'crash', node: { noted: 'becameLeader' }, at: ms(1_400), unsynced: 'prefix', for: ms(300) },
      {
        kind: 'partition',
        groups: [
          ['n1', 'n2', 'c1'],
          ['n3', 'n4', 'n5', 'c2', 'c3'],
        ],
        at: ms(2_000),
        for: ms(500),
      },
      { kind: 'pause', node: { noted: 'becameLeader' }, at: ms(2_700), for: ms(400) },
      { kind: 'crash', node: 'n3', when: { note: 'truncated' }, effect: 1, unsynced: 'none', for: ms(100) },
    ],
    until: ms(4_000),
  };

  it.each(['1', '2', '3', '4', '5', '6', '7', '8'])('holds every property in a rough world, seed %s', (seed) => {
    const { simulation } = run({ ...rough, seed });
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
    expect(simulation.statistics().operations.ok).toBeGreaterThan(20);
  });
});

describe('a schedule that was once told as a violation, and is none', () => {
  it('RF: a deposed leader answers a request that stands in its log a second time, uncommitted', async () => {
    const { plan } = await readCapsule('test/protocols/raft/capsules/deposed-leader-answers.json');
    const { verdict, statistics } = execute(raft, plan);
    expect(verdict).toBe('passed');
    expect(statistics.notes).toMatchObject({ becameLeader: 2, repetition: 2 });
  });

  it.each([
    ['PV: a crash takes a server back to a term for which it had PreVotes', 'pre-votes-before-a-crash'],
    ['CQ: a leader is too slow for what it is asked, and its timer waits behind that', 'slow-leader'],
  ])('%s', async (_what, name) => {
    const { plan } = await readCapsule(`test/protocols/raft/capsules/${name}.json`);
    expect(execute(raft, plan).violation).toBeUndefined();
  });
});

it('RF counts the first place of a request that was applied twice', () => {
  const world = {
    now: 0,
    event: 1,
    nodes: ['n1'],
    optionsOf: () => ({ reads: 'read-index' }),
  } as unknown as World;
  const rf = raft.properties.find(({ name }) => name === 'RF') as Property;
  const memory = rf.start(world);
  const command = { type: 'operation', session: 1, sequence: 1, op: null };
  rf.step?.(memory, 0, { lastApplied: 2, log: [1, 2].map(() => ({ term: 1, command })) } as never, world);
  rf.send?.(memory, 0, 1, { type: 'ClientReply', status: 'ok', session: 1, sequence: 1 } as never, world);
  rf.deliver?.(memory, 1, 0, { type: 'ClientQuery', nonce: 7 } as never, world);
  const answer = (index: number): unknown =>
    rf.send?.(memory, 0, 1, { type: 'ClientQueryReply', status: 'ok', nonce: 7, index } as never, world);
  expect(answer(1)).toBeUndefined();
  expect(answer(0)).toMatchObject({ sentence: expect.stringContaining('although index 1 had been shown') });
});

describe('what a server does not say is seen all the same', () => {
  /** The server writes no notes about its role and its commits. */
  function silent(protocol: Protocol): Protocol {
    const server = protocol.roles.server as unknown as {
      readonly [table: string]: { readonly [name: string]: Handler };
    };
    const hush = (handlers: { readonly [name: string]: Handler } | undefined): { readonly [name: string]: Handler } =>
      Object.fromEntries(
        Object.entries(handlers ?? {}).map(([name, handler]) => [
          name,
          (...inputs: unknown[]) => handler(...inputs.slice(0, -1), hushed(inputs.at(-1) as ServerContext)),
        ]),
      );
    const { onMessage, onTimer, onDisk } = server;
    const changed = { ...server, onMessage: hush(onMessage), onTimer: hush(onTimer), onDisk: hush(onDisk) };
    return { ...protocol, roles: { ...protocol.roles, server: changed as unknown as AnyRole } };
  }

  function hushed(context: ServerContext): ServerContext {
    const unsaid = ['becameLeader', 'steppedDown', 'committed'];
    const note: ServerContext['note'] = (text, data) => {
      if (!unsaid.includes(text)) context.note(text, data);
    };
    return new Proxy(context, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'note') return note;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  it('ES: two leaders of a term that told nobody', () => {
    expect(told(killOf('R01a'), 'ES', silent(bug('R01a')))).toBe('n1 and n3 were both elected leader of term 1');
    expect(told(killOf('R10'), 'ES', silent(bug('R10')))).toMatch(
      /^n1 was elected leader of term 1 with the votes of only 2/,
    );
  });

  it('LC: a leader without a committed entry', () => {
    expect(told(killOf('R06a'), 'LC', silent(bug('R06a')))).toMatch(
      /^n3 was elected leader of term 3 without the entry of term 1 at index 2, which the leader of term 1 had committed/,
    );
  });

  it('QD: a commit by counting an entry of an earlier term', () => {
    expect(told(killOf('R30'), 'QD', silent(bug('R30')))).toMatch(
      /^n1, leader of term 2, committed index \d although its entry is of term 1$/,
    );
  });

  it('QD: a commit that too few disks have', () => {
    expect(told(killOf('R39'), 'QD', silent(bug('R39')))).toBe(
      'n1 committed index 3 of term 1, which is on the disks of only 1 of 3 servers (n1)',
    );
  });

  it('LAO: a leader that cuts its own log, on disk or in memory alone', () => {
    for (const onDisk of [true, false]) {
      const cutting = withHandler('onTimer', 'heartbeat', (original) => (state: ServerState, key, context) => {
        if (state.log.length > 2) {
          state.log.length = 2;
          if (onDisk) context.disk.truncateFrom('log', 3);
        }
        original(state, key, context);
      });
      expect(told(quiet, 'LAO', silent(cutting))).toBe(
        'n1, leader of term 1, removed entries of its log from index 3 on',
      );
    }
  });

  it('a correct server may be silent', () => {
    for (const property of ['ES', 'LC', 'LAO', 'QD']) {
      const { simulation } = run(killOf('R06b'), { protocol: silent(raft), properties: [property] });
      expect(simulation.failure).toBeUndefined();
      expect(simulation.violation).toBeUndefined();
    }
  });
});
