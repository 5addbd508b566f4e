// Everything a change must pass: the checks, then every suite; ends with `N passed, N failed` alone on a line.
// `--check-only` leaves the suites out, `--affected [--base COMMIT]` what the change does not concern.
import { parseArgs } from 'node:util';
import { affectedChecks } from './affected.ts';
import { checks } from './checks.ts';
import { runSteps } from './step.ts';
import { runVitest } from './vitest.ts';

const { values } = parseArgs({
  options: {
    'check-only': { type: 'boolean', default: false },
    affected: { type: 'boolean', default: false },
    base: { type: 'string' },
  },
});
const tests = !values['check-only'];
const { steps, specs } =
  values.affected || values.base !== undefined
    ? affectedChecks({ base: values.base, tests })
    : { steps: checks, specs: undefined };

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const ok of await runSteps(steps)) counts[ok ? 'passed' : 'failed']++;
if (tests && specs?.length !== 0) {
  const ran = runVitest(specs);
  counts.passed += ran.passed;
  counts.failed += ran.failed;
  counts.skipped += ran.skipped;
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
