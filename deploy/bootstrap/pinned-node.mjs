import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The Node that runs the project: this one if its major version is that of .nvmrc, else the one that npm installed. */
export function pinnedNode(root) {
  const major = readFileSync(join(root, '.nvmrc'), 'utf8').trim();
  if (process.versions.node.split('.')[0] === major) return process.execPath;
  const installed = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(installed)) return installed;
  console.error(
    `this project runs on Node ${major}, this is ${process.version}, and npm has no Node ${major} for ` +
      `${process.platform}-${process.arch}: install Node ${major} (for example with nvm) and try again`,
  );
  process.exit(69);
}
