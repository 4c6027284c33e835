/** The examples that help begins with. test/cli/examples.test.ts runs every one of them. */

export interface Example {
  readonly command: string;
  readonly says: string;
}

export const examples: { readonly [command: string]: readonly Example[] } = {
  worldline: [
    { command: 'worldline fuzz raft', says: 'thousands of runs of Raft in bad worlds, about 20 s' },
    { command: 'worldline fuzz raft --bug R05', says: 'the same with a planted bug: found, shrunk, told' },
    { command: 'worldline run raft-partition --plain', says: 'one run, row by row' },
    { command: 'worldline list', says: 'what there is to run' },
  ],
  list: [
    { command: 'worldline list', says: 'all scenarios and protocols' },
    { command: 'worldline list raft', says: 'options, properties and planted bugs of Raft' },
    { command: 'worldline list R05', says: 'what a planted bug is, what it breaks, and how' },
  ],
  run: [
    { command: 'worldline run raft', says: 'one quiet run' },
    { command: 'worldline run raft-partition --plain', says: 'told row by row' },
    { command: 'worldline run raft --profile heavy --seed 7', says: 'the run that seed 7 names in a heavy campaign' },
    { command: 'worldline run raft --option heartbeatInterval=20ms', says: "one of the protocol's options changed" },
  ],
  fuzz: [
    { command: 'worldline fuzz raft --seed 1 --runs 100', says: 'the same 100 runs every time' },
    { command: 'worldline fuzz raft --for 2s --jobs 2', says: 'as many as two threads manage in two seconds' },
    { command: 'worldline fuzz raft --bug R05 --runs 1000', says: 'switch on a planted bug and see it found' },
    { command: 'worldline fuzz ./my-protocol.js', says: 'a protocol of your own' },
  ],
  matrix: [
    { command: 'worldline matrix 2pc', says: 'one transaction, and a crash of every process at every moment' },
    {
      command: 'worldline matrix 3pc',
      says: 'the same without blocking; --pairs adds every second crash after every first',
    },
    { command: 'worldline matrix 2pc --wide', says: 'with three participants, not two' },
  ],
  compare: [
    {
      command: 'worldline compare 2pc e3pc --runs 1',
      says: 'what each costs, and how long it leaves whom in doubt',
    },
  ],
  show: [
    { command: 'worldline show raft-partition', says: 'step through it; ? lists the keys' },
    {
      command: 'worldline show .worldline/failures/raft-R06a-UP-2.json',
      says: 'a failure that fuzz has kept, opened where it fails',
    },
    { command: 'worldline show raft-partition --plain', says: 'the rows alone, also into a file' },
  ],
  zoo: [
    { command: 'worldline zoo raft --bug R06a R36 --seeds 40', says: 'two planted bugs: how often are they found?' },
    { command: 'worldline zoo raft --bug R36 --seeds 40 --rates --save zoo.json', says: 'a table to compare with' },
    {
      command: 'worldline zoo raft --bug R36 --seeds 40 --rates --compare zoo.json',
      says: 'better or worse than that?',
    },
  ],
  learn: [
    { command: 'worldline learn', says: 'the lessons, and how far you are' },
    { command: 'worldline learn raft-figure-8', says: 'a lesson: watch, predict, see why' },
    { command: 'worldline learn raft-vote --plain', says: 'a lesson as text, answers included' },
  ],
  check: [{ command: 'worldline lesson check', says: 'do all lessons keep what they promise?' }],
  init: [{ command: 'worldline init demo', says: 'a project to begin with, in the new directory demo' }],
  replay: [
    {
      command: 'worldline replay .worldline/failures/raft-R06a-UP-2.json',
      says: 'a failure that fuzz has kept, bit for bit',
    },
    { command: 'worldline replay .worldline/failures/raft-R06a-UP-2.json --plain', says: 'told row by row' },
    { command: 'worldline replay raft --seed 7', says: 'one seed of a campaign' },
  ],
};

/** `Examples` with the comments in a column of their own. */
export function exampleText(command: string): string {
  const lines = examples[command] ?? [];
  if (lines.length === 0) return '';
  const width = Math.max(...lines.map((line) => line.command.length)) + 2;
  return ['Examples', ...lines.map((line) => `  ${line.command.padEnd(width)}${line.says}`), ''].join('\n');
}
