/** What somebody may have meant by an option that a command does not have: by its meaning, where spelling says nothing. */
import type { Command } from 'commander';

const lengths = ['time', 'duration', 'timeout', 'fuzztime', 'max-time', 'seconds', 'minutes', 'budget'];
const counts = ['count', 'number', 'num', 'n', 'iterations', 'times', 'tries', 'repeat', 'cases', 'max-runs', 'run'];

/** What other tools call it, and what it is called here, with how it is written. */
const meanings: readonly (readonly [words: readonly string[], option: string, written: string])[] = [
  [lengths, '--for', '--for 20s'],
  [[...lengths, 'for'], '--cpu', '--cpu 20'],
  [[...counts, 'seeds'], '--runs', '--runs 1000'],
  [[...counts, 'runs'], '--seeds', '--seeds 1000'],
  [['workers', 'threads', 'concurrency', 'parallel', 'parallelism', 'processes', 'cpus', 'j'], '--jobs', '--jobs 4'],
  [['bugs', 'mutant', 'mutation', 'plant', 'planted', 'planted-bug', 'b'], '--bug', '--bug ID'],
  [['keep', 'all', 'no-fail-fast', 'continue-on-error'], '--keep-going', '--keep-going'],
  [['continue', 'state', 'checkpoint'], '--resume', '--resume state.json'],
  [['output', 'out', 'log', 'o'], '--trace', '--trace out.ndjson'],
  [['verbose', 'v', 'details', 'text'], '--plain', '--plain'],
  [['nodes', 'servers', 'size', 'n-nodes'], '--set', '--set nodes.ROLE=3'],
  [['clients'], '--set', '--set nodes.client=2'],
  [['faults', 'fault', 'nemesis'], '--set', '--set "chaos.faults=[crash, pause]"'],
  [['config', 'param', 'params', 'parameter', 'options', 'opt'], '--option', '--option name=value'],
  [['chaos', 'intensity', 'level'], '--profile', '--profile heavy'],
  [['properties', 'property', 'invariant', 'check'], '--set', '--set "properties=[NAME]"'],
];

/**
 * What helps, in one line; empty where nothing is known of such an option.
 * @param given as it was written, e.g. `--time` or `--time=20s`
 */
export function hintsByMeaning(given: string, command: Command | undefined, program: Command): readonly string[] {
  const name = /^--?([^=]+)/.exec(given)?.[1];
  if (name === undefined || command === undefined) return [];
  const meant = meanings.find(([words, option]) => words.includes(name) && has(command, option));
  if (meant !== undefined) return [`here it is ${meant[1]}: ${meant[2]}`];
  const others = program.commands.filter((one) => has(one, `--${name}`)).map((one) => one.name());
  return others.length === 0 ? [] : [`--${name} belongs to worldline ${others.join(', ')}`];
}

/** What else helps where commander has no suggestion, of the mistakes that newcomers make. */
export function hintsByMistake(
  sentence: string,
  [first = '', second = '', third = '']: readonly string[],
): readonly string[] {
  if (sentence.startsWith('unknown command') && !first.startsWith('-'))
    return [`if it is a scenario, a protocol or a file: worldline run ${first}, worldline fuzz ${first}`];
  if (sentence.startsWith('too many arguments') && /^[A-Za-z]+-?\d/.test(third))
    return [`a planted bug is switched on so: worldline ${first} ${second} --bug ${third}`];
  return [];
}

const has = (command: Command, option: string): boolean => command.options.some(({ long }) => long === option);
