import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installs package-lock.json, unless it is installed already; .npmrc disables install scripts. */
export function installDependencies(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const marker = join(root, 'node_modules', '.sipf-installed');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  console.error('installing dependencies (about a minute) ...');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // stdout belongs to the command that runs next.
    stdio: ['ignore', 2, 2],
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  if (npm.status !== 0) {
    console.error(
      'npm ci failed: see its message above; check the network, the registry setting and the free disk space',
    );
    process.exit(69);
  }
  writeFileSync(marker, wanted);
}
