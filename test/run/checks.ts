import { fileURLToPath } from 'node:url';
import type { Step } from './step.ts';
import { root } from './step.ts';

const proto = `${root}/proto`;

/** The checks of `npm run check`; the longest is first, so that the others are done beside it. */
export const checks: readonly Step[] = [
  // Through nx: without its project graph the module-boundary rule is silently skipped.
  { name: 'lint and module boundaries', command: 'nx', args: ['run', 'sipf:lint', '--skip-nx-cache'] },
  { name: 'format', command: 'prettier', args: ['--check', '.', '--log-level', 'warn'] },
  { name: 'buf lint', command: 'buf', args: ['lint'], cwd: proto },
  { name: 'buf format', command: 'buf', args: ['format', '--diff', '--exit-code'], cwd: proto },
  {
    name: 'generated code unchanged',
    command: process.execPath,
    args: [fileURLToPath(new URL('generate.ts', import.meta.url)), '--check'],
  },
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'types of the page', command: 'tsc', args: ['-p', 'apps/dashboard/src/page/tsconfig.json'] },
];
