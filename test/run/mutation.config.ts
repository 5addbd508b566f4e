import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const libs = join(import.meta.dirname, '../../libs');

/** The unit tests of what is mutated, each file in a process of its own: a mutant may leave one in any state. */
export default defineConfig({
  // What is mutated, from the mutated copy: the links in its node_modules lead to the tree that is not.
  resolve: {
    alias: [
      { find: /^@sipf\/(method|runs)$/, replacement: join(libs, '$1/src/index.ts') },
      { find: '@sipf/runs/testing', replacement: join(libs, 'runs/src/testing/index.ts') },
    ],
  },
  test: {
    include: ['libs/{method,runs}/src/**/*.spec.ts', 'apps/orchestration/src/{stages,run}/**/*.spec.ts'],
    setupFiles: ['test/support/property-seed.ts'],
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 20_000,
  },
});
