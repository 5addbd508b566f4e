import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
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
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/**
 * Runs every spec, or the given ones, with vitest's flags; a run that breaks outside of a test (a file that does not load, no test at all) counts as
 * a failure.
 */
export function runVitest(args: readonly string[] = []): Counts {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-tests-'));
  const output = join(folder, 'report.json');
  try {
    const { status } = spawnSync(
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${output}`, ...args],
      { cwd: root, stdio: 'inherit' },
    );
    const report = JSON.parse(readFileSync(output, 'utf8')) as Report;
    const brokenOutside =
      report.numFailedTests === 0 && (status !== 0 || !report.success || report.numPassedTests === 0);
    if (brokenOutside) nameUnfinished(report);
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

/** A native crash takes a test process along without a word: the tests that have no result say where it was. */
function nameUnfinished({ testResults }: Report): void {
  for (const { name, assertionResults } of testResults) {
    const unfinished = assertionResults.filter(({ status }) => status === 'pending');
    if (unfinished.length === 0 && assertionResults.length > 0) continue;
    const file = relative(root, name);
    process.stderr.write(`unfinished: ${file}: ${unfinished.map(({ fullName }) => fullName).join('; ')}\n`);
  }
}
