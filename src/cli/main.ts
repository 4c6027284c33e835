#!/usr/bin/env node
/** The entry: runs a command, says in words what went wrong, sets the exit code. */
import { type Command, CommanderError } from 'commander';
import { printAside } from '../explore/worker-console.ts';
import { didYouMean } from '../sim/nearest.ts';
import { VERSION } from '../version.ts';
import { collectInOneThread } from './engine.ts';
import { exitCodes, UsageError, UserCodeError } from './exit.ts';
import { userFrames } from './frames.ts';
import { hintsByMeaning, hintsByMistake } from './hints.ts';
import { createProgram } from './program.ts';

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  collectInOneThread();
  // Output goes through writeSync, which reports a reader that has gone; commander's own help does not.
  process.stdout.on('error', ignoreGoneReader);
  process.stderr.on('error', ignoreGoneReader);
  printAside();
  const program = createProgram((code) => {
    process.exitCode = code;
  });
  try {
    refuseHelpForNothing(args, program);
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = explain(error, args, program);
  }
}

/** Commander would show its own help, as if nothing were wrong. */
function refuseHelpForNothing([first, second]: readonly string[], program: Command): void {
  const commands = ['help', ...program.commands.map((command) => command.name())];
  if (first !== 'help' || second === undefined || second.startsWith('-') || commands.includes(second)) return;
  throw new UsageError(
    `unknown command '${second}'`,
    didYouMean(second, commands) ?? 'worldline --help lists them all',
  );
}

function ignoreGoneReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function explain(error: unknown, args: readonly string[], program: Command): number {
  if (error instanceof CommanderError) return explainUsage(error, args, program);
  if (error instanceof UsageError) {
    complain(error.message, error.hint);
    return exitCodes.usage;
  }
  if (error instanceof UserCodeError) {
    complain(error.message, undefined);
    for (const frame of error.frames.slice(0, 10)) process.stderr.write(`    ${frame}\n`);
    return exitCodes.usage;
  }
  const frames = error instanceof Error ? userFrames(error.stack) : [];
  return frames.length > 0 ? explainUserCode(error as Error, frames) : explainBug(error, args);
}

/** A property, a view or a telling threw where nobody could make a verdict of it. */
function explainUserCode(error: Error, frames: readonly string[]): number {
  complain(`the protocol's own code threw: ${error.name}: ${error.message}`, undefined);
  for (const frame of frames.slice(0, 10)) process.stderr.write(`    ${frame}\n`);
  return exitCodes.broken;
}

/** Help and version end with 0; what commander complains about is a mistake on the command line. */
function explainUsage(error: CommanderError, args: readonly string[], program: Command): number {
  if (error.exitCode === 0) return exitCodes.expected;
  const word = args.find((one) => !one.startsWith('-'));
  const command = program.commands.find((one) => one.name() === word);
  // Its own suggestion comes in brackets on a line of its own.
  const [sentence = '', ...suggestion] = error.message.replace(/^error: /, '').split('\n');
  const unknown = /^unknown option '(.*)'/.exec(sentence)?.[1];
  const byMeaning = unknown === undefined ? [] : hintsByMeaning(unknown, command, program);
  const bySpelling = suggestion.map((line) => line.replaceAll(/[()]/g, '').toLowerCase());
  const isKnown = command !== undefined || word === 'help';
  const hints = [
    ...(byMeaning.length > 0 ? byMeaning : bySpelling.length > 0 ? bySpelling : hintsByMistake(sentence, args)),
    `worldline ${isKnown ? `${word} ` : ''}--help shows how`,
  ];
  complain(sentence, hints.join('\n'));
  return exitCodes.usage;
}

function complain(message: string, hint: string | undefined): void {
  process.stderr.write(`worldline: ${message}\n`);
  for (const line of hint?.split('\n') ?? []) process.stderr.write(`    ${line}\n`);
}

function explainBug(error: unknown, args: readonly string[]): number {
  const said = error instanceof Error ? error.message : String(error);
  process.stderr.write(`worldline: this is a bug of worldline ${VERSION}, not of your protocol: ${said}\n`);
  process.stderr.write(`    please report it, with this command: worldline ${args.join(' ')}\n`);
  if (process.env.WORLDLINE_DEBUG !== undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  else process.stderr.write('    WORLDLINE_DEBUG=1 shows where it happened\n');
  return exitCodes.internal;
}
