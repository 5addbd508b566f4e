import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundlePrograms } from '../bundle/bundle-programs.ts';
import { root } from '../run/step.ts';

/** Below node_modules, so that what is not bundled is found. */
const KEPT = join(root, 'node_modules/.cache/programs');
const UNUSED_MS = 24 * 3600 * 1000;

/** Bundles the programs as they are now, before the suites and before every further run of a watch. */
export default async function setup(project: TestProject): Promise<void> {
  // The tree was asked for.
  if (process.env['BUNDLED_PROGRAMS'] === '') return;
  await bundle();
  project.onTestsRerun(bundle);
}

async function bundle(): Promise<void> {
  const folder = join(KEPT, digestOfSources());
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    await bundlePrograms(root, draft);
    // Another process may have been as quick.
    if (existsSync(folder)) rmSync(draft, { recursive: true });
    else renameSync(draft, folder);
  }
  const now = new Date();
  utimesSync(folder, now, now);
  removeUnused();
  process.env['BUNDLED_PROGRAMS'] = folder;
}

/** Of everything that bundles are made of; they name the tree's folder too. */
function digestOfSources(): string {
  const hash = createHash('sha256').update(root);
  const sources = [
    '{apps,libs}/*/{src/**/*.{ts,mts,mjs,json},package.json}',
    'test/bundle/*.ts',
    'package-lock.json',
  ];
  for (const path of globSync(sources, { cwd: root, exclude: ['**/*.spec.ts'] }).sort())
    hash.update(`\n${path}\n`).update(readFileSync(join(root, path)));
  return hash.digest('hex').slice(0, 32);
}

function removeUnused(): void {
  for (const name of readdirSync(KEPT)) {
    const path = join(KEPT, name);
    if (Date.now() - statSync(path).mtimeMs > UNUSED_MS) rmSync(path, { recursive: true, force: true });
  }
}
