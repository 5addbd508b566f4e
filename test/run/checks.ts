import { fileURLToPath } from 'node:url';
import type { Step } from './step.ts';
import { root } from './step.ts';

const proto = `${root}/proto`;

/** A check of the whole tree that nx keeps the result of, until something changes that it reads (package.json, nx.json). */
const kept = (name: string, target: string): Step => ({
  name,
  command: 'nx',
  args: ['run', `sipf:${target}`],
});

/** What the contracts must pass. */
export const contractChecks: readonly Step[] = [
  { name: 'buf lint', command: 'buf', args: ['lint'], cwd: proto },
  { name: 'buf format', command: 'buf', args: ['format', '--diff', '--exit-code'], cwd: proto },
  {
    name: 'generated code unchanged',
    command: process.execPath,
    args: [fileURLToPath(new URL('generate.ts', import.meta.url)), '--check'],
  },
];

/** One rule that takes as long as half of all checks: `npm run nightly` has it. */
export const nightlyChecks: readonly Step[] = [kept('class instances', 'instances')];

/** The checks of `npm run check`; the longest are first, so that the others are done beside them. */
export const checks: readonly Step[] = [
  // Through nx: without its project graph the rule of boundaries is silently skipped.
  kept('module boundaries, order of imports', 'boundaries'),
  kept('types', 'typecheck'),
  kept('lint', 'lint'),
  kept('format', 'format'),
  kept('nothing exported in vain', 'exports'),
  ...contractChecks,
  kept('types of the page', 'typecheck-page'),
];
