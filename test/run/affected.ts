import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { affectedSuites } from './affected-suites.ts';
import { changedFiles } from './changed-files.ts';
import { contractChecks } from './checks.ts';
import { root, type Step } from './step.ts';

/** What a change must pass. */
export interface AffectedChecks {
  readonly steps: readonly Step[];
  /** Suites to run, as files of test/. */
  readonly suites: readonly string[];
}

/** Checks of what a change concerns: its files, the projects that they belong to, and those that depend on these. */
export function affectedChecks({
  base,
  tests,
}: {
  base: string | undefined;
  tests: boolean;
}): AffectedChecks {
  const files = changedFiles(base);
  if (files.length === 0) return { steps: [], suites: [] };
  const projects = affectedProjects(files);
  process.stdout.write(`${files.length} changed files concern ${projects.join(', ') || 'no project'}\n`);
  const suites = tests ? affectedSuites(new Set(projects), new Set(files)) : [];
  return { steps: [...stepsOf(files, projects, tests)], suites };
}

function* stepsOf(files: readonly string[], projects: readonly string[], tests: boolean): Generator<Step> {
  const there = files.filter((file) => existsSync(join(root, file)));
  if (projects.length > 0) {
    const targets = tests ? 'lint,typecheck,test' : 'lint,typecheck';
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
  const { status, stdout, stderr } = spawnSync(
    'nx',
    ['show', 'projects', '--affected', '--json', `--files=${files.join(',')}`],
    { cwd: root, encoding: 'utf8', env: { ...process.env, NX_DAEMON: 'false' } },
  );
  if (status !== 0) throw new Error(`nx show projects: ${stderr}`);
  const names = JSON.parse(stdout) as readonly string[];
  return names.filter((name) => name !== 'sipf');
}
