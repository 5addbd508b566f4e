import { temporaryFolder } from '@sipf/runs/testing';
import { appendFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../program.ts';
import { writeEvaluatedRun } from '../testing/evaluated-run.ts';
import { testTerminal } from '../testing/test-terminal.ts';

const answers = (...right: boolean[]) =>
  right.map((correct, at) => ({ id: `q${'x'.repeat(at)}`, correct, text: correct ? 'yes' : 'no' }));

async function report(cwd: string, ...argv: string[]) {
  const terminal = testTerminal({ cwd });
  const status = await runProgram(['report', ...argv], terminal);
  return { status, output: terminal.output(), shown: terminal.shown() };
}

interface ReportFile {
  readonly tables: Readonly<Record<string, { readonly rows: readonly unknown[] }>>;
  readonly missing: readonly { readonly what: string; readonly how: string }[];
}

function readReport(folder: string): ReportFile {
  return JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as ReportFile;
}

describe('sipf report', () => {
  it('reports what an unfinished run has so far', async () => {
    using folder = temporaryFolder();
    const runs = join(folder.path, 'runs');
    const evaluations = {
      'evaluate-0': answers(true, false, false),
      'evaluate-1': answers(true, true, false),
    };
    await writeEvaluatedRun(runs, 'begun', evaluations);
    const { status, output } = await report(folder.path, 'begun');
    expect({ status, output }).toEqual({ status: 0, output: 'runs/begun/report/report.html\n' });
    const { tables, missing } = readReport(join(runs, 'begun', 'report'));
    expect(tables['changes']?.rows).toMatchObject([{ repaired: 1, broken: 0, both_right: 1, both_wrong: 1 }]);
    expect(tables['runs']?.rows).toMatchObject([{ run: 'begun', state: 'interrupted' }]);
    expect(missing.map(({ what }) => what)).toContain('Accuracy');
  });

  it('says by which other code a run was resumed', async () => {
    using folder = temporaryFolder();
    const runs = join(folder.path, 'runs');
    await writeEvaluatedRun(runs, 'moved', { 'evaluate-0': answers(true, false) });
    const log = join(runs, 'moved', 'log.jsonl');
    const index = readFileSync(log, 'utf8').split('\n').length - 1;
    const otherCode = 'sipf 2.0.0 (abc) after sipf 1.0.0 (def)';
    const resumed = { index, at: new Date(0).toISOString(), kind: 'run-resumed', format: 1, otherCode };
    appendFileSync(log, `${JSON.stringify(resumed)}\n`);
    expect(await report(folder.path, 'moved')).toMatchObject({ status: 0 });
    const text = readFileSync(join(runs, 'moved', 'report', 'report.md'), 'utf8');
    expect(text).toMatch(/resumed by other code.*\n.*\n.*sipf 2\.0\.0 \(abc\) after sipf 1\.0\.0 \(def\)/);
  });

  it('finds the runs of an experiment, and their artifacts in its folder', async () => {
    using folder = temporaryFolder();
    const runs = join(folder.path, 'runs');
    await writeEvaluatedRun(runs, 'table-sipf-s1', {
      'evaluate-0': answers(true, false),
      'evaluate-1': answers(false, true),
    });
    mkdirSync(join(runs, 'table'));
    renameSync(join(runs, 'table-sipf-s1', 'artifacts'), join(runs, 'table', 'artifacts'));
    const members = [{ run: 'table-sipf-s1', method: 'sipf', seed: 1, vary: {} }];
    folder.write('runs/table/experiment.json', JSON.stringify({ id: 'table', config: {}, runs: members }));
    expect(await report(folder.path, 'table', '--out', 'out')).toMatchObject({ status: 0 });
    const { tables } = readReport(join(folder.path, 'out'));
    expect(tables['changes']?.rows).toMatchObject([{ run: 'table-sipf-s1', repaired: 1, broken: 1 }]);
  });

  it('says where artifacts are missing, and reports the rest', async () => {
    using folder = temporaryFolder();
    const runs = join(folder.path, 'runs');
    await writeEvaluatedRun(runs, 'far', { 'evaluate-0': answers(true) });
    renameSync(join(runs, 'far', 'artifacts'), join(folder.path, 'store'));
    await report(folder.path, 'far');
    const gap = {
      section: 'errors',
      what: 'Part of the analysis of far',
      how: expect.stringContaining('--artifacts') as string,
    };
    expect(readReport(join(runs, 'far', 'report')).missing).toContainEqual(gap);
    await report(folder.path, 'far', '--artifacts', 'store');
    expect(readReport(join(runs, 'far', 'report')).missing).not.toContainEqual(gap);
  });

  it.each([
    [['nobody'], 64, 'there is no run nobody in'],
    [['../x'], 64, '"../x" is not a run id'],
    [['torn'], 1, 'experiment.json is damaged: restore it from a copy'],
  ])('says what is wrong about %j', async (argv, status, message) => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'runs', 'torn'), { recursive: true });
    folder.write('runs/torn/experiment.json', '{"runs": [');
    const result = await report(folder.path, ...argv);
    expect(result).toMatchObject({ status, output: '' });
    expect(result.shown).toContain(message);
  });
});
