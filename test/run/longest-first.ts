import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { root } from './step.ts';

/**
 * Files that take a minute, most of which they wait: at the end they would be alone. Elsewhere, and where an earlier run has left
 * its times, Vitest's own order is as good.
 */
const LONG = [
  'test/integration/training/trl.spec.ts',
  'test/peers/handed-over.spec.ts',
  'test/end-to-end/loop.spec.ts',
  'test/end-to-end/cli-run.spec.ts',
  'libs/service/src/client/silent-servers.spec.ts',
];

/** Vitest's order, with the longest files of each project first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((project) => {
      const own = sorted.filter((file) => file.project === project);
      const long = LONG.flatMap((path) => own.filter(({ moduleId }) => relative(root, moduleId) === path));
      return [...long, ...own.filter((file) => !long.includes(file))];
    });
  }
}
