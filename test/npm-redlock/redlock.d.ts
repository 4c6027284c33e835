/** What the tests use of `redlock` (its own declarations are not exported, and need ioredis). */
declare module 'redlock' {
  export interface Settings {
    readonly driftFactor?: number;
    readonly retryCount?: number;
    readonly retryDelay?: number;
    readonly retryJitter?: number;
    readonly automaticExtensionThreshold?: number;
  }

  export class Lock {
    readonly value: string;
    /** On the caller's wall clock, in milliseconds. */
    expiration: number;
    release(): Promise<unknown>;
    extend(durationMillis: number): Promise<Lock>;
  }

  // biome-ignore lint/style/noDefaultExport: it is the package's.
  export default class Redlock {
    constructor(clients: Iterable<object>, settings?: Settings);
    acquire(resources: string[], durationMillis: number, settings?: Settings): Promise<Lock>;
    using<T>(
      resources: string[],
      durationMillis: number,
      settings: Settings,
      routine: (signal: AbortSignal) => Promise<T>,
    ): Promise<T>;
  }
}
