/** The command table. What a command needs is loaded when it is called: help must not wait for a simulator. */
import { Command } from 'commander';
import { whyNotGuardable } from '../sim/guard.ts';
import { VERSION } from '../version.ts';
import { checkCommand } from './check.ts';
import { exampleText } from './examples.ts';
import { type ExitCode, UsageError } from './exit.ts';

/** `finish` gets the exit code of the command that ran. */
export function createProgram(finish: (code: ExitCode) => void): Command {
  const program = new Command('worldline')
    .description(
      'A deterministic testbed for distributed systems: fuzz a protocol, shrink what breaks it, replay it, watch it.',
    )
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('before', exampleText('worldline'))
    .addHelpText('after', exitCodeText)
    .hook('preAction', mustBeAbleToGuard);
  prepare(program);
  addList(program, finish);
  addRun(program, finish);
  addFuzz(program, finish);
  addMatrix(program, finish);
  addCompare(program, finish);
  addReplay(program, finish);
  addShow(program, finish);
  addMerge(program, finish);
  addZoo(program, finish);
  addLearn(program, finish);
  addLesson(program, finish);
  addInit(program, finish);
  checkCommand(program, finish);
  return program;
}

const exitCodeText = `
Exit codes
  0  as expected    1  a violation, or code that fails    2  a mistake in a command or file
  3  inconclusive   4  nothing ran                        130  interrupted    70  a bug of worldline`;

/** Help is given everywhere; whatever a command does ends in a simulation. */
function mustBeAbleToGuard(): void {
  const why = whyNotGuardable();
  if (why !== undefined) throw new UsageError(why, 'start Node without it; it may stand in NODE_OPTIONS');
}

/** Errors are thrown, not printed and exited with: main.ts decides. */
function prepare(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ helpWidth: 110 });
}

function addCommand(program: Command, usage: string, summary: string): Command {
  const command = program.command(usage).description(summary).helpOption('-h, --help', 'show this help');
  return prepare(command)
    .addHelpText('before', exampleText(command.name()))
    .option('--json', 'results as JSON on stdout, everything else on stderr')
    .option('--no-color', 'no colours (so do NO_COLOR and TERM=dumb; FORCE_COLOR forces them)');
}

function addList(program: Command, finish: (code: ExitCode) => void): void {
  addCommand(program, 'list', 'what there is to run: scenarios, protocols, planted bugs')
    .argument('[name]', 'all about one protocol; or what a planted bug, an invariant or a goal is')
    .action(async (name: string | undefined, options) => finish(await (await import('./list.ts')).list(name, options)));
}

const scenarioArgument = [
  '<scenario>',
  'name of a scenario or protocol, a file (my.yaml), or a module (./my-protocol.js)',
] as const;

/** What both a single run and a campaign understand. */
const withSubject = (command: Command): Command =>
  command
    .option('--bug <id>', 'switch on a planted bug')
    .option('--option <name=value>', "override one of the protocol's options; may be repeated", collect)
    .option(
      '--set <path=value>',
      'override anything a scenario may say, e.g. network.loss=5%; may be repeated',
      collect,
    )
    .option('--profile <name>', 'how rough the world is: none, light, default, heavy or uniform')
    .option(
      '--over-budget',
      'add faults that the protocol does not claim to survive; what they break is told, not failed',
    )
    .option('--no-liveness', 'do not end runs in a calm in which progress is judged')
    .option('--hang-after <duration>', 'time after which a handler counts as one that never comes back (default: 10s)');

const withOneRun = (command: Command): Command =>
  command
    .option('--plain', 'tell the run row by row')
    .option(
      '--trace <file>',
      'write the event log as NDJSON (docs/trace-format.md); - is stdout, and the rest goes to stderr',
    )
    .option('--until <predicate>', 'stop at the first event of a kind, e.g. leader:n3 or "note:committed node:n2"')
    .option('--check-determinism', 'run twice in step and stop at the first event that differs');

const collect = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];

function addRun(program: Command, finish: (code: ExitCode) => void): void {
  const command = addCommand(program, 'run', 'run one seed of a scenario').argument(...scenarioArgument);
  withOneRun(withSubject(command))
    .option('--seed <seed>', 'which run: a number or a word (default: 1)')
    .action(async (name: string, options) => {
      refuseBoth(options);
      finish(await (await import('./run.ts')).run(name, options));
    });
}

function addFuzz(program: Command, finish: (code: ExitCode) => void): void {
  const command = addCommand(program, 'fuzz', 'run many seeds, until the budget is used or something breaks').argument(
    ...scenarioArgument,
  );
  withSubject(command)
    .option('--seed <seed>', 'the first seed: a number or a word (default: a fresh one, printed first)')
    .option('--runs <number>', 'how many seeds (default: about 20 s of them)')
    .option('--for <duration>', 'begin no run after this time, e.g. 60s')
    .option('--jobs <number>', 'worker threads; results do not depend on them (default: one per processor)')
    .option('--keep-going', 'go on after a violation, and group what is found')
    .option(
      '--check-determinism',
      'run every seed again, alone, beside another run and strictly, and compare every event',
    )
    .option('--no-shrink', 'do not make what is found smaller')
    .option(
      '--resume <file>',
      'keep the state of the campaign in this file, and go on from there when it is there; --runs and --for count the whole campaign',
    )
    .option('--shard <i/n>', 'run the i-th of n parts; worldline merge makes one report of theirs')
    .option('--save', 'keep what is found in the corpus, which is run before any new seed')
    .option('--corpus <folder>', 'where the corpus is (default: worldline-corpus)')
    .option('--trace <file>', 'write the event log of what is found as NDJSON')
    .option('--junit <file>', 'write a JUnit report')
    .action(async (name: string, options) => finish(await (await import('./fuzz.ts')).fuzz(name, options)));
}

function addMatrix(program: Command, finish: (code: ExitCode) => void): void {
  addCommand(program, 'matrix', 'crash every process at every moment of one small task')
    .argument('<protocol>', 'a protocol that decides, e.g. 2pc, 3pc, q3pc, e3pc, paxos-commit')
    .option('--bug <id>', 'switch on a planted bug')
    .option('--pairs', 'also every second crash after every first')
    .option('--wide', 'the task with one process more')
    .action(async (name: string, options) => finish(await (await import('./matrix.ts')).matrix(name, options)));
}

function addCompare(program: Command, finish: (code: ExitCode) => void): void {
  addCommand(program, 'compare', 'protocols that decide, side by side in the same troubles')
    .argument('<protocol...>', 'protocols that decide, e.g. 2pc 3pc q3pc e3pc paxos-commit')
    .option('--runs <number>', 'seeds for each of the troubles (default: 20)')
    .action(async (names: string[], options) => finish(await (await import('./compare.ts')).compare(names, options)));
}

function addReplay(program: Command, finish: (code: ExitCode) => void): void {
  const command = addCommand(program, 'replay', 'run a failure again, bit for bit').argument(
    '<capsule>',
    'a capsule (.json; fuzz keeps what it finds in .worldline/failures), or a scenario together with --seed',
  );
  withOneRun(withSubject(command))
    .option('--seed <seed>', 'with a scenario: the seed that a campaign reported')
    .option('--save', 'keep the capsule in the corpus, which fuzz runs before any new seed')
    .option('--corpus <folder>', 'where the corpus is (default: worldline-corpus)')
    .action(async (name: string, options) => {
      refuseBoth(options);
      finish(await (await import('./replay.ts')).replay(name, options));
    });
}

function addShow(program: Command, finish: (code: ExitCode) => void): void {
  const command = addCommand(program, 'show', 'watch a run as a timeline: step, search, ask why').argument(
    '<scenario|capsule>',
    'a scenario or protocol, as for run, or a capsule (.json; fuzz keeps what it finds in .worldline/failures)',
  );
  withSubject(command)
    .option('--seed <seed>', 'which run: a number or a word (default: 1)')
    .option('--until <predicate>', 'open at the first event of a kind, e.g. leader:n3; plain rows end there')
    .option('--plain', 'print the rows, as where stdout is no terminal')
    .option('--width <columns>', 'width of plain rows (default: that of the terminal, or 100)')
    .option('--ascii', 'draw with ASCII only (the default where the locale is not UTF-8)')
    .action(async (name: string, options) => finish(await (await import('./show.ts')).show(name, options)));
}

function addMerge(program: Command, finish: (code: ExitCode) => void): void {
  addCommand(program, 'merge', 'the reports of the shards of a campaign, as one')
    .argument('<report...>', 'what fuzz --shard i/n --json printed')
    .option('--junit <file>', 'write a JUnit report')
    .action(async (paths: string[], options) => finish(await (await import('./merge.ts')).merge(paths, options)));
}

function addZoo(program: Command, finish: (code: ExitCode) => void): void {
  addCommand(program, 'zoo', 'every planted bug against the fuzzer: how often is it found, how small does it become?')
    .argument(...scenarioArgument)
    .option('--bug <id...>', 'only these bugs (default: all)')
    .option('--seed <seed>', 'the first seed: a number or a word (default: 1, so that tables can be compared)')
    .option('--seeds <number>', 'most seeds for a row (default: 5000)')
    .option('--hits <number>', 'a row ends after so many hits (default: 20)')
    .option('--cpu <seconds>', 'processor time after which a row ends (default: 60)')
    .option('--jobs <number>', 'worker threads (default: 1)')
    .option('--profile <name>', 'how rough the world is: none, light, default, heavy or uniform')
    .option('--rates', 'hit rates alone: no shrinking, no client-only oracles')
    .option('--save <file>', 'write the table, to compare with later')
    .option('--compare <file>', 'say which rows are better or worse than in that table; worse ones end with 1')
    .action(async (name: string, options) => finish(await (await import('./zoo.ts')).zoo(name, options)));
}

function addLearn(program: Command, finish: (code: ExitCode) => void): void {
  addCommand(program, 'learn', 'walkthroughs with questions, played on real runs')
    .argument('[lesson]', 'name of a lesson, or a file; without one, the list')
    .option('--plain', 'print the lesson as text, as where stdout is no terminal')
    .option('--ascii', 'draw with ASCII only (the default where the locale is not UTF-8)')
    .option('--restart', 'from the beginning, whatever was seen before')
    .action(async (name: string | undefined, options) =>
      finish(await (await import('./learn.ts')).learn(name, options)),
    );
}

function addLesson(program: Command, finish: (code: ExitCode) => void): void {
  const group = program
    .command('lesson')
    .description('for authors of lessons')
    .helpOption('-h, --help', 'show this help');
  addCommand(prepare(group), 'check', 'run every variant of a lesson: claims, beats, questions')
    .argument('[lesson...]', 'names or files (default: all that come with worldline)')
    .action(async (files: readonly string[], options) =>
      finish(await (await import('./lesson.ts')).checkLessons(files, options)),
    );
}

function addInit(program: Command, finish: (code: ExitCode) => void): void {
  addCommand(program, 'init', 'write a small project with a protocol, a planted bug and its test')
    .argument('<directory>', 'where: a new or empty directory, or .')
    .action(async (directory: string, options) => finish(await (await import('./init.ts')).init(directory, options)));
}

function refuseBoth({ json, plain, trace }: { json?: boolean; plain?: boolean; trace?: string }): void {
  const toStdout = [json && '--json', plain && '--plain', trace === '-' && '--trace -'].filter(Boolean);
  if (toStdout.length < 2) return;
  throw new UsageError(
    `${toStdout.join(' and ')} would both write to stdout`,
    'choose one, or write the trace to a file',
  );
}
