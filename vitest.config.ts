import { relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { findTool, TOOLS, type Tool } from './deploy/tools/tool-folders.ts';

/** The settings of the tools that are installed. */
const tools = Object.fromEntries(
  (Object.keys(TOOLS) as Tool[]).flatMap((tool) => {
    const found = findTool(tool);
    return found === undefined ? [] : [[TOOLS[tool].setting, found]];
  }),
);

/** Files that take a minute, some of which only wait: at the end they would be alone. */
const LONG = [
  'test/integration/devices/webgpu.spec.ts',
  'test/integration/training/trl.spec.ts',
  'test/peers/handed-over.spec.ts',
  'test/end-to-end/recipes.spec.ts',
  'test/end-to-end/experiment.spec.ts',
  'test/end-to-end/cli-run.spec.ts',
  'test/chaos/chaos.spec.ts',
  'test/end-to-end/loop.spec.ts',
  'test/integration/service/rapid-resets.spec.ts',
  'test/integration/verification/mixed-clients.spec.ts',
  'libs/service/src/client/silent-servers.spec.ts',
];

/** Vitest's order, with the longest files of each project first. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    const pathOf = ({ moduleId }: TestSpecification): string => relative(import.meta.dirname, moduleId);
    return projects.flatMap((project) => {
      const own = sorted.filter((file) => file.project === project);
      const long = LONG.flatMap((path) => own.filter((file) => pathOf(file) === path));
      return [...long, ...own.filter((file) => !long.includes(file))];
    });
  }
}

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
    setupFiles: ['test/support/property-seed.ts', 'test/support/bundled-threads.ts'],
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
