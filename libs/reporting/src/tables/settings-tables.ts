import type { Cell, DataTable } from '@sipf/figures';
import { dataTitle } from '../runs/data-source.ts';
import type { ReportedRun } from '../runs/reported-run.ts';
import { flatSettings } from '../runs/variants.ts';

/** The runs of a report, one a row. */
export function runsTable(runs: readonly ReportedRun[]): DataTable {
  return {
    id: 'runs',
    title: 'Runs',
    columns: [
      { key: 'run', title: 'run' },
      { key: 'method', title: 'method' },
      { key: 'task', title: 'task' },
      { key: 'seed', title: 'seed' },
      { key: 'state', title: 'state' },
      { key: 'started', title: 'started (UTC)' },
    ],
    rows: runs.map(({ id, config, standing, startedAt, sources }): Cell[] => [
      id,
      config.method,
      dataTitle(config, sources),
      String(config.seed),
      standing,
      startedAt.slice(0, 16).replace('T', ' '),
    ]),
  };
}

/** Every setting; one column for all runs where they agree, else a column a run. */
export function settingsTable(runs: readonly ReportedRun[]): DataTable {
  const settings = runs.map(({ config }) => flatSettings(config));
  const keys = [...new Set(settings.flatMap((one) => [...one.keys()]))].sort();
  const values = keys.map((key) => settings.map((one) => one.get(key)));
  const agree = values.every((row) => new Set(row).size === 1);
  const named = agree ? ['all runs'] : runs.map(({ id }) => id);
  return {
    id: 'settings',
    title: 'Settings',
    columns: [
      { key: 'setting', title: 'setting' },
      ...named.map((name) => ({ key: name.replaceAll(/\W/g, '_'), title: name })),
    ],
    rows: keys.map((key, index): Cell[] => [key, ...(values[index] ?? []).slice(0, named.length)]),
  };
}

/** Where and by what the runs were made. */
export function environmentTable(runs: readonly ReportedRun[]): DataTable {
  const named = new Set(runs.flatMap(({ environment = {} }) => Object.keys(environment)));
  named.delete('commit');
  const names = [...named];
  const resumed = runs.some(({ otherCode = [] }) => otherCode.length > 0);
  return {
    id: 'environment',
    title: 'Environment',
    columns: [
      { key: 'run', title: 'run' },
      { key: 'commit', title: 'commit' },
      ...(resumed ? [{ key: 'other_code', title: 'resumed by other code' }] : []),
      ...names.map((name) => ({ key: name.replaceAll(/\W/g, '_'), title: name })),
    ],
    rows: runs.map(({ id, commit, otherCode = [], environment = {} }): Cell[] => [
      id,
      environment['commit']?.toString() ?? versionText(commit),
      ...(resumed ? [otherCode.join('; then ')] : []),
      ...names.map((name) => environment[name]?.toString()),
    ]),
  };
}

/** What the run's log says of its code: a commit, or the version of the package. */
function versionText(commit: string): string {
  return commit === '' ? 'unknown' : commit;
}
