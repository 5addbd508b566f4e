import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        // One process for many files: most of their time was loading the same modules again.
        test: {
          name: 'unit',
          isolate: false,
          include: ['{apps,libs}/*/src/**/*.spec.ts', 'deploy/**/*.spec.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'suites',
          include: ['test/{workspace,parity,integration,end-to-end,chaos,fuzz}/**/*.spec.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
