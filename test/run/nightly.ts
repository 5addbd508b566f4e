// What is too long for `npm test`: engines of others, for real, and a rule of lint. Specs may be named; by default all of it.
// What is skipped counts as a failure: a night without vLLM or TRL has shown nothing of them.
import { nightlyChecks } from './checks.ts';
import { runSteps } from './step.ts';
import { runVitest } from './vitest.ts';

process.env['SIPF_NIGHTLY'] = '1';
// One file after the other: a vLLM takes 2.8 GB.
const flags = ['--project', 'engines', '--no-file-parallelism'];
const specs = process.argv.slice(2);
const checked = specs.length === 0 ? await runSteps(nightlyChecks) : [];
const { passed, failed, skipped } = runVitest([...flags, ...specs]);
if (skipped > 0)
  process.stderr.write('what is skipped above says what brings its engine (test/engines/README.md)\n');
const failedChecks = checked.filter((ok) => !ok).length;
process.stdout.write(
  `${passed + checked.length - failedChecks} passed, ${failed + failedChecks} failed, ${skipped} skipped\n`,
);
process.exitCode = failed + failedChecks + skipped === 0 ? 0 : 1;
