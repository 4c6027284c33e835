import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/fresh-build.ts'],
    setupFiles: ['test/support/fixed-seed.ts'],
    // Half the tests wait for programs they have started: on two cores, where vitest takes one worker, two finish in two thirds of the time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Snapshots and messages must not depend on the terminal that runs the tests.
    env: { FORCE_COLOR: '0', NO_COLOR: '1' },
    testTimeout: 30_000,
  },
});

export default config;
