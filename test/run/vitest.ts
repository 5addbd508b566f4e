import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './step.ts';

/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

/** Runs every suite; a run that breaks outside of a test (a file that does not load, no test at all) counts as a failure. */
export function runVitest(): Counts {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-tests-'));
  const output = join(folder, 'report.json');
  try {
    const { status } = spawnSync(
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${output}`],
      { cwd: root, stdio: 'inherit' },
    );
    const report = JSON.parse(readFileSync(output, 'utf8')) as Report;
    const brokenOutside =
      report.numFailedTests === 0 && (status !== 0 || !report.success || report.numPassedTests === 0);
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + (brokenOutside ? 1 : 0),
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch (error) {
    process.stderr.write(`vitest left no report: ${String(error)}\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
