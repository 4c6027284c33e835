/** The same as in bench/commit.ts, and the defaults of the protocol's options. */
export const SECONDS = 10;
export const PARTICIPANTS: readonly number[] = [1, 2, 3];
export const COORDINATOR = 0;
export const FIRST_CLIENT = 4;
export const NODES = 14;
export const ACCOUNTS = 1_000;
export const OPENING_BALANCE = 100;
export const WORK_TIMEOUT = 400_000;
export const VOTE_TIMEOUT = 80_000;
export const RESEND_INTERVAL = 120_000;
export const INQUIRY_INTERVAL = 100_000;
export const RETRY_TIMEOUT = 600_000;
export const RESTART_DELAY = 10_000;
export const SYNC = 500;
