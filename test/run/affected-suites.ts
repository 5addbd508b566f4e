import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './step.ts';

/** What a suite needs: files of its own, by path in the repository, and projects by their nx names. */
interface Needs {
  readonly files: ReadonlySet<string>;
  readonly projects: ReadonlySet<string>;
}

/** The command line starts every service, and each suite that runs it works on all of them. */
const COMMAND_LINE = '@sipf/sipf-app';

/**
 * The suites in test/ that a change concerns: those that a changed file is part of, that import an affected project, or that
 * start an affected program. (Imports alone are not enough: most suites start programs as processes.)
 * @param projects names of the affected projects, dependents included
 */
export function affectedSuites(projects: ReadonlySet<string>, files: ReadonlySet<string>): readonly string[] {
  const suites = globSync(
    'test/{workspace,parity,peers,integration,end-to-end,chaos,fuzz,engines}/**/*.spec.ts',
    {
      cwd: root,
    },
  );
  return suites.filter((suite) => {
    // What they check is the whole tree.
    if (suite.startsWith('test/workspace/')) return true;
    const needs = needsOf(suite);
    const ownFolder = [...files].some(
      (file) => dirname(file) === dirname(suite) && !file.endsWith('.spec.ts'),
    );
    return ownFolder || overlaps(needs.files, files) || overlaps(needs.projects, projects);
  });
}

function needsOf(suite: string): Needs {
  const [files, projects] = [new Set<string>(), new Set<string>()];
  const visit = (file: string): void => {
    if (files.has(file) || !existsSync(join(root, file))) return;
    files.add(file);
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/'(@sipf\/[\w-]+)/g)) projects.add(name);
    for (const [, name = ''] of text.matchAll(/(?:start|run)Program\(\s*'(\w+)'/g)) projects.add(name);
    if (/startSipf|programMain\('sipf'\)|apps\/sipf/.test(text)) projects.add(COMMAND_LINE);
    for (const [, path = ''] of text.matchAll(/from '(\.\.?\/[^']+)'/g))
      visit(relative(root, join(root, dirname(file), path)));
  };
  visit(suite);
  return { files, projects };
}

function overlaps(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return [...some].some((one) => others.has(one));
}
