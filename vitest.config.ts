import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/fresh-build.ts'],
    // Snapshots and messages must not depend on the terminal that runs the tests.
    env: { FORCE_COLOR: '0', NO_COLOR: '1' },
    testTimeout: 30_000,
  },
});

export default config;
