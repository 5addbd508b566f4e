import { DockerfileParser } from 'dockerfile-ast';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, matchesGlob, relative } from 'node:path';
import { root } from '../run/step.ts';
import { buildPage } from './built-page.ts';

/** An image's contents in a folder, and how its containers start. */
export interface ImageFolder {
  /** Stands for the image's working folder. */
  readonly folder: string;
  readonly entrypoint: readonly string[];
}

/**
 * Lays out the files that `deploy/docker/cpu.Dockerfile` copies into its last stage, without those in `.dockerignore`, and the
 * packages that `npm ci --omit=dev --omit=optional` would install, copied from this checkout to avoid the network.
 */
export function layOutImage(folder: string): ImageFolder {
  const file = DockerfileParser.parse(readFileSync(join(root, 'deploy/docker/cpu.Dockerfile'), 'utf8'));
  const lastStage = file.getFROMs().at(-1)?.getRange().start.line ?? 0;
  const ignored = ignoredPatterns();
  for (const copy of file.getCOPYs()) {
    if (copy.getRange().start.line < lastStage || copy.getFlags().length > 0) continue;
    const sources = copy.getArguments().slice(0, -1);
    for (const source of sources.map((argument) => argument.getValue())) copyInto(folder, source, ignored);
  }
  for (const path of new Set([...productionPackages(), ...workspaceLinks()])) putInto(folder, path);
  // The output of its stage `page`.
  buildPage();
  cpSync(join(root, 'apps/dashboard/dist'), join(folder, 'apps/dashboard/dist'), { recursive: true });
  // The image's own step.
  cpSync(join(root, 'deploy/docker/prune.mjs'), join(folder, 'deploy/docker/prune.mjs'));
  execFileSync(process.execPath, ['deploy/docker/prune.mjs'], { cwd: folder });
  const entrypoint = JSON.parse(file.getENTRYPOINTs().at(-1)?.getRawArgumentsContent() ?? '') as string[];
  return { folder, entrypoint };
}

function ignoredPatterns(): string[] {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('**/'));
}

function copyInto(folder: string, source: string, ignored: readonly string[]): void {
  cpSync(join(root, source), join(folder, source), {
    recursive: true,
    filter: (path) => !ignored.some((pattern) => matchesGlob(relative(root, path), pattern)),
  });
}

/** Folders below node_modules, relative to the root, as npm resolves them without development packages. */
function productionPackages(): string[] {
  const args = ['ls', '--omit=dev', '--omit=optional', '--all', '--parseable'];
  const { stdout } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' });
  const paths = stdout.split('\n').map((path) => relative(realpathSync(root), path));
  return paths.filter((path) => path.startsWith('node_modules/') && !path.includes('/node_modules/'));
}

/** The project's own packages, which npm links. */
function workspaceLinks(): string[] {
  return readdirSync(join(root, 'node_modules/@sipf')).map((name) => `node_modules/@sipf/${name}`);
}

/** Uses hard links where the file system allows them; includes the packages nested in a package. */
function putInto(folder: string, path: string): void {
  const [from, to] = [join(root, path), join(folder, path)];
  mkdirSync(dirname(to), { recursive: true });
  if (spawnSync('cp', ['-al', from, to]).status === 0) return;
  execFileSync('cp', ['-a', from, to]);
}
