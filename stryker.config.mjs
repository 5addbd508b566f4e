// Mutation tests of the method, the runs and the stages: `npx stryker run`, or for one room `npx stryker run --mutate
// 'libs/method/src/**'`.
/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: [
    'libs/{method,runs}/src/**/*.ts',
    'apps/orchestration/src/stages/**/*.ts',
    '!**/*.spec.ts',
    '!**/testing/**',
    '!**/index.ts',
  ],
  testRunner: 'vitest',
  vitest: { configFile: 'test/run/mutation.config.ts', related: true },
  plugins: ['@stryker-mutator/vitest-runner'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  incremental: true,
  incrementalFile: '.nx/mutation-incremental.json',
  tempDirName: '.nx/mutation',
  inPlace: false,
  symlinkNodeModules: true,
  ignorePatterns: ['/runs', '.nx', 'apps/dashboard/dist', 'test/fixtures/boundaries'],
  reporters: ['clear-text', 'progress', 'json'],
  jsonReporter: { fileName: '.nx/mutation-report.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 85, break: 85 },
};
