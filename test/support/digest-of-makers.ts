import { commitOfSources } from '@sipf/runs';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { root } from '../run/step.ts';

/** The programs of a run of mathematics, the libraries, and how the run is made and kept. */
const MAKERS = [
  'apps/{sipf,generation,simulation,verification,training,orchestration,dashboard}/{src,configs}/**/*.*',
  'libs/*/src/**/*.*',
  'libs/*/package.json',
  'package-lock.json',
  'test/support/{tiny-run,digest-of-makers}.ts',
];

/**
 * The digest of everything that a run's folder depends on: the code, whose commit the run records, its configuration, Node and
 * the processor, on whose kind digests depend.
 */
export async function digestOfMakers(config: string): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([process.version, cpus()[0]?.model, await commitOfSources()]));
  const files = globSync(MAKERS, { cwd: root, exclude: ['**/*.spec.ts'] }).sort();
  for (const path of [...files.map((file) => join(root, file)), config]) {
    hash.update(`\n${path}\n`).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 32);
}
