import { orchestration } from '@sipf/contracts';
import { runLayout, type RunLayout } from '@sipf/runs';
import { readFile } from 'node:fs/promises';
import { displayPath } from '../display-path.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { remoteRunJson, resultsTable, stateName } from '../runs/remote-run-tables.ts';
import type { Terminal } from '../terminal.ts';

/** Says how a run ended: the results, where everything is, how to resume. @returns the command's exit status */
export async function reportEnd(
  run: orchestration.Run,
  { stdout, screen, cwd }: Pick<Terminal, 'stdout' | 'screen' | 'cwd'>,
  { runs, json }: { readonly runs: string | undefined; readonly json: boolean },
): Promise<ExitCode> {
  const layout = runs === undefined ? undefined : runLayout(runs, run.id);
  if (json) {
    const line = { type: 'end', run: remoteRunJson(run), folder: layout?.folder };
    stdout.write(`${JSON.stringify(line)}\n`);
  } else {
    const table = await results(run, layout);
    if (table !== '') stdout.write(`\n${table}\n\n`);
    screen.write(`${outcome(run, runs, cwd).join('\n')}\n`);
  }
  return exitCodeOfRun(run.state);
}

function exitCodeOfRun(state: orchestration.RunState): ExitCode {
  const { SUCCEEDED, CANCELLED, FAILED } = orchestration.RunState;
  if (state === SUCCEEDED) return EXIT.ok;
  if (state === CANCELLED) return EXIT.cancelled;
  return state === FAILED ? EXIT.failed : EXIT.unavailable;
}

/** The run's own report where it is at hand, else a table of what the orchestrator reports. */
async function results(run: orchestration.Run, layout: RunLayout | undefined): Promise<string> {
  const isWhole = run.state === orchestration.RunState.SUCCEEDED;
  const report =
    layout !== undefined && isWhole ? await readFile(layout.results, 'utf8').catch(() => '') : '';
  if (report !== '') return report.trimEnd();
  return run.results.length === 0 ? '' : resultsTable(run.results);
}

const ENDINGS: Readonly<Partial<Record<orchestration.RunState, string>>> = {
  [orchestration.RunState.SUCCEEDED]: 'succeeded',
  [orchestration.RunState.FAILED]: 'failed',
  [orchestration.RunState.CANCELLED]: 'was cancelled',
};

function outcome(run: orchestration.Run, runs: string | undefined, cwd: string): string[] {
  const isDone = run.state === orchestration.RunState.SUCCEEDED;
  const failure = run.failure === '' ? '' : `: ${run.failure}`;
  const lines = [`run ${run.id} ${ENDINGS[run.state] ?? `is ${stateName(run.state)}`}${failure}`];
  const target = runs === undefined ? `${run.id} --server ...` : `${run.id}${runsFlag(runs, cwd)}`;
  if (runs !== undefined) {
    const { folder, logs } = runLayout(runs, run.id);
    lines.push(`  all of it:        ${displayPath(cwd, folder)}`);
    lines.push(`  services' logs:   ${displayPath(cwd, logs)}`);
  }
  lines.push(`  its stages:       sipf status ${target}`);
  if (runs !== undefined) lines.push(`  as a web page:    sipf dashboard${runsFlag(runs, cwd)}`);
  if (isDone && runs !== undefined) lines.push(`  a page about it:  sipf report ${target}`);
  if (!isDone) lines.push(`  to resume it:     sipf resume ${target}`);
  return lines;
}

/** Nothing where the folder of runs is the default one. */
function runsFlag(runs: string, cwd: string): string {
  const path = displayPath(cwd, runs);
  return path === 'runs' ? '' : ` --runs ${path}`;
}
