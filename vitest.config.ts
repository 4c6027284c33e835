import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Snapshots and messages must not depend on the terminal that runs the tests.
    env: { FORCE_COLOR: '0', NO_COLOR: '1' },
    testTimeout: 30_000,
  },
});
