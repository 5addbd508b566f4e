import { defineConfig } from 'vitest/config';
import { findTool, TOOLS, type Tool } from './deploy/tools/tool-folders.ts';
import { LongestFirst } from './test/run/longest-first.ts';

/** The settings of the tools that are installed. */
const tools = Object.fromEntries(
  (Object.keys(TOOLS) as Tool[]).flatMap((tool) => {
    const found = findTool(tool);
    return found === undefined ? [] : [[TOOLS[tool].setting, found]];
  }),
);

export default defineConfig({
  test: {
    pool: 'forks',
    // For two cores: suites wait for processes a good part of their time.
    maxWorkers: 3,
    // One process for many files: a sixth of their time, and a third of the small ones', was loading the same modules again.
    isolate: false,
    // Node strips the types itself, as it does in the services: no spec replaces a module, and Vite's transform cost half as much again.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/property-seed.ts'],
    env: {
      // Before anything loads onnxruntime: see SECURITY.md.
      ORT_DISABLE_TELEMETRY: '1',
      ...tools,
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            '{apps,libs}/*/src/**/*.spec.ts',
            'libs/clients/*/src/**/*.spec.ts',
            'deploy/**/*.spec.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'suites',
          include: ['test/{workspace,parity,peers,integration,end-to-end,chaos,fuzz}/**/*.spec.ts'],
          globalSetup: ['test/support/bundled-programs.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          // Engines of others; most are skipped unless `npm run nightly` runs them.
          name: 'engines',
          include: ['test/engines/**/*.spec.ts'],
          globalSetup: ['test/support/bundled-programs.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
