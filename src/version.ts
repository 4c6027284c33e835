/** The version of this build: what `worldline --version` says, and what traces and capsules hold. A test compares it with package.json. */
export const VERSION = '0.1.0';
