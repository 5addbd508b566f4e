import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../run/step.ts';

/** Builds the dashboard's page where it is stale, as the set-up does. */
export function buildPage(): void {
  const script = join(root, 'deploy/bootstrap/main.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, 'build-dashboard'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the page was not built: ${stderr}`);
}
