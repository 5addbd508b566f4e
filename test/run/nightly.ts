// The suites that are too long for `npm test`: engines of others, for real. Specs may be named; by default all of them.
import { spawnSync } from 'node:child_process';
import { root } from './step.ts';

const specs = process.argv.slice(2);
// One file after the other: a vLLM takes 2.8 GB.
const { status } = spawnSync('vitest', ['run', '--project', 'engines', '--no-file-parallelism', ...specs], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, SIPF_NIGHTLY: '1' },
});
process.exitCode = status ?? 1;
