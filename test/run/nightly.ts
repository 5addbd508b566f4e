// The suites that are too long for `npm test`: engines of others, for real. Specs may be named; by default all of them.
// What is skipped counts as a failure: a night without vLLM or TRL has shown nothing of them.
import { runVitest } from './vitest.ts';

process.env['SIPF_NIGHTLY'] = '1';
// One file after the other: a vLLM takes 2.8 GB.
const flags = ['--project', 'engines', '--no-file-parallelism'];
const { passed, failed, skipped } = runVitest([...flags, ...process.argv.slice(2)]);
if (skipped > 0)
  process.stderr.write('what is skipped above says what brings its engine (test/engines/README.md)\n');
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed + skipped === 0 ? 0 : 1;
