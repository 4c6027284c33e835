/** Protocols by the names and paths that people give; what is wrong is said in words. */
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import type { Protocol } from '../check/protocol.ts';
import { builtInProtocols, isModulePath, RegistryError, resolveProtocol } from '../registry.ts';
import { didYouMean } from '../sim/nearest.ts';
import { UsageError, UserCodeError } from './exit.ts';
import { userFrames } from './frames.ts';

/** The registry's protocol; what is wrong becomes the user's mistake, or their own code's. */
export async function registered(name: string, bug?: string): Promise<Protocol> {
  try {
    return await resolveProtocol(name, bug);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const frames = error.cause instanceof Error ? userFrames(error.cause.stack) : [];
    if (frames.length > 0) throw new UserCodeError(error.message, error.hint, frames);
    const hint = error.cause instanceof SyntaxError ? whereItBreaks(name) : undefined;
    throw new UsageError(error.message, hint ?? (await betterHint(error, name, bug)));
  }
}

/** `my-protocol.js:45 does not parse.`: an import says what is wrong and not where; only node itself, asked to check the file, says that. */
function whereItBreaks(path: string): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' });
  const line = /^(?:file:)?\S.*:(\d+)$/m.exec(stderr)?.[1];
  return line === undefined ? undefined : `${basename(path)}:${line} does not parse.`;
}

/** The nearest name before the list of all. */
async function betterHint(error: RegistryError, name: string, bug: string | undefined): Promise<string> {
  const known = isModulePath(name) ? [] : builtInProtocols.flatMap((one) => [one.name, ...one.aliases]);
  const similarProtocol = known.includes(name) ? undefined : didYouMean(name, known);
  if (similarProtocol !== undefined) return `${similarProtocol} ${error.hint}`;
  if (bug === undefined || (!known.includes(name) && !isModulePath(name))) return error.hint;
  const protocol = await resolveProtocol(name).catch(() => undefined);
  const similarBug = didYouMean(
    bug,
    (protocol?.bugs ?? []).map(({ id }) => id),
  );
  return similarBug === undefined ? error.hint : `${similarBug} ${error.hint}`;
}

/** Bugs are found whatever the case of their letters; reports spell them as the protocol does. */
export const bugNamed = (protocol: Protocol, id: string): string =>
  protocol.bugs?.find((bug) => bug.id.toLowerCase() === id.toLowerCase())?.id ?? id;
