import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { affectedSpecs } from './affected-specs.ts';
import { changedCode } from './changed-code.ts';
import { changedFiles, defaultBase } from './changed-files.ts';
import { contractChecks } from './checks.ts';
import { root, type Step } from './step.ts';

/** What a change must pass. */
export interface AffectedChecks {
  readonly steps: readonly Step[];
  /** Specs to run, as paths in the repository. */
  readonly specs: readonly string[];
}

/**
 * Checks of what a change concerns: of its files and of the projects that depend on them lint and types, and the specs that run
 * what has changed.
 */
export function affectedChecks({
  base = defaultBase(),
  tests,
}: {
  base: string | undefined;
  tests: boolean;
}): AffectedChecks {
  const files = changedFiles(base);
  if (files.length === 0) return { steps: [], specs: [] };
  const projects = affectedProjects(files);
  process.stdout.write(`${files.length} changed files concern ${projects.join(', ') || 'no project'}\n`);
  const run = files.filter((file) => changedCode(file, base));
  const specs = tests ? affectedSpecs(run, (some) => foldersOf(affectedProjects(some))) : [];
  if (tests) process.stdout.write(`and ${specs.length} files of tests\n`);
  return { steps: [...stepsOf(files, projects)], specs };
}

function* stepsOf(files: readonly string[], projects: readonly string[]): Generator<Step> {
  const there = files.filter((file) => existsSync(join(root, file)));
  if (projects.length > 0) {
    const targets = 'lint,typecheck';
    const args = [
      'run-many',
      '-t',
      targets,
      '-p',
      projects.join(','),
      '--parallel=2',
      '--outputStyle=static',
    ];
    yield { name: targets.replaceAll(',', ', '), command: 'nx', args };
  }
  if (there.length > 0)
    yield {
      name: 'format',
      command: 'oxfmt',
      args: ['--check', '--no-error-on-unmatched-pattern', ...there],
    };
  if (files.some((file) => file.startsWith('proto/') || file.includes('/generated/'))) yield* contractChecks;
}

/** The projects that files belong to, and all that depend on these. */
export function affectedProjects(files: readonly string[]): readonly string[] {
  if (files.length === 0) return [];
  const { status, stdout, stderr } = spawnSync(
    'nx',
    ['show', 'projects', '--affected', '--json', `--files=${files.join(',')}`],
    { cwd: root, encoding: 'utf8', env: { ...process.env, NX_DAEMON: 'false' } },
  );
  if (status !== 0) throw new Error(`nx show projects: ${stderr}`);
  const names = JSON.parse(stdout) as readonly string[];
  return names.filter((name) => name !== 'sipf');
}

function foldersOf(projects: readonly string[]): readonly string[] {
  const manifests = globSync('{apps,libs,libs/clients}/*/package.json', { cwd: root });
  return manifests.filter((path) => projects.includes(nameIn(path))).map(dirname);
}

/** As nx has it. */
function nameIn(manifest: string): string {
  const { name, nx } = JSON.parse(readFileSync(join(root, manifest), 'utf8')) as {
    readonly name: string;
    readonly nx?: { readonly name?: string };
  };
  return nx?.name ?? name;
}
