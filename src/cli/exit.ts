/** How commands end. docs and help quote this table; tests hold it. */
export const exitCodes = {
  /** All as expected; also a violation that the scenario expects. */
  expected: 0,
  /** A violation, a protocol whose code fails or is not deterministic, a capsule that reproduces. */
  broken: 1,
  /** A mistake on the command line or in a file. */
  usage: 2,
  /** Nothing broke, but nothing was proved. */
  inconclusive: 3,
  /** Nothing ran, or there was nothing to check. */
  nothing: 4,
  /** A bug of Worldline itself. */
  internal: 70,
  /** Stopped by Ctrl-C, after a summary. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A mistake of whoever typed the command or wrote the file: message and hint, no stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The user's own code threw while it was loaded: message, and the frames that are theirs. */
export class UserCodeError extends Error {
  override readonly name = 'UserCodeError';
  readonly hint: string | undefined;
  readonly frames: readonly string[];

  constructor(message: string, hint: string | undefined, frames: readonly string[]) {
    super(message);
    this.hint = hint;
    this.frames = frames;
  }
}
