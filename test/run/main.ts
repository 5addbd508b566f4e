// Everything a change must pass: the checks, then every suite; ends with `N passed, N failed` alone on a line.
import { checks } from './checks.ts';
import { runVitest } from './vitest.ts';
import { runSteps } from './step.ts';

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const ok of await runSteps(checks)) counts[ok ? 'passed' : 'failed']++;
if (!process.argv.includes('--check-only')) {
  const tests = runVitest();
  counts.passed += tests.passed;
  counts.failed += tests.failed;
  counts.skipped += tests.skipped;
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
