import { defineConfig } from 'vitest/config';

/** The unit tests of what is mutated, each file in a process of its own: a mutant may leave one in any state. */
export default defineConfig({
  test: {
    include: ['libs/{method,runs}/src/**/*.spec.ts', 'apps/orchestration/src/{stages,run}/**/*.spec.ts'],
    setupFiles: ['test/support/property-seed.ts'],
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 20_000,
  },
});
