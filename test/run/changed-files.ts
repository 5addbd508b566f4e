import { spawnSync } from 'node:child_process';
import { root } from './step.ts';

/**
 * Files that differ from a commit. Files that are not committed yet, new ones too, count as changed.
 * @throws Error where git knows no such base
 */
export function changedFiles(from: string): readonly string[] {
  const changed = lines(['diff', '--name-only', '--no-renames', from]);
  const untracked = lines(['ls-files', '--others', '--exclude-standard']);
  return [...new Set([...changed, ...untracked])];
}

/** What a change is compared with: where this branch left its upstream (or main), on main the commit before the last. */
export function defaultBase(): string {
  const [branch] = lines(['rev-parse', '--abbrev-ref', 'HEAD']);
  if (branch === 'main') return 'HEAD~1';
  const { status } = git(['rev-parse', '--verify', '--quiet', '@{upstream}']);
  const [base = 'main'] = lines(['merge-base', 'HEAD', status === 0 ? '@{upstream}' : 'main']);
  return base;
}

function lines(args: readonly string[]): readonly string[] {
  const { status, stdout, stderr } = git(args);
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr.trim()}; name another base with --base`);
  return stdout.split('\n').filter((line) => line !== '');
}

function git(args: readonly string[]) {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
}
