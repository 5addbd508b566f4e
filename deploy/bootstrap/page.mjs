import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Builds the dashboard's page unless it is up to date; takes about a second.
 * @returns whether the page exists
 */
export function buildPage(root, node) {
  const app = join(root, 'apps', 'dashboard');
  const built = join(app, 'dist');
  const marker = join(built, '.built-from');
  const wanted = digestOf(root, app);
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return true;
  // Built under another name and renamed, because two commands may do this at the same time.
  const fresh = join(app, `dist.${process.pid}.tmp`);
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = ['build', '--config', join(app, 'vite.config.ts'), '--outDir', fresh, '--logLevel', 'warn'];
  // stdout belongs to the command that runs next.
  const { status } = spawnSync(node, [vite, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) {
    writeFileSync(join(fresh, '.built-from'), wanted);
    rmSync(built, { recursive: true, force: true });
    renameSync(fresh, built);
    return true;
  }
  rmSync(fresh, { recursive: true, force: true });
  console.error('the page of the dashboard could not be built: see the message above');
  return false;
}

/** The digest of the page's sources, of the library whose numbers it shows as reports do, and of the versions of its tools. */
function digestOf(root, app) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  for (const folder of [join(app, 'src/page'), join(app, 'src/api'), join(root, 'libs/figures')]) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true });
    const paths = files.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const path of paths.sort()) hash.update(path.slice(root.length)).update(readFileSync(path));
  }
  return hash.update(readFileSync(join(app, 'vite.config.ts'))).digest('hex');
}
