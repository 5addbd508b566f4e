import type { VerifierReport } from '@sipf/evaluation';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { randomVerifier, writeModel } from '../support/models.ts';
import { callCli, testFolder } from './cli-process.ts';

const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
/** Two questions, four paths each. */
const rows = Array.from({ length: 8 }, (_, at) => ({
  prompt: at < 4 ? '1+1' : '9-1',
  completions: [`<<1+${at}=${at + 1}>>`, `#### ${at}`],
  labels: [at % 2 === 0, at % 4 === 0],
  outcome: at % 4 === 0,
  answer: String(at),
}));
const long = { prompt: '1+1', completions: ['1'.repeat(80)], labels: [true] };

it('measures a verifier on labelled steps: tables, JSON and figures', async () => {
  const folder = testFolder();
  const model = await writeModel(folder, 'verifier', randomVerifier('evaluated'));
  writeFileSync(join(folder, 'steps.jsonl'), lines(rows));
  const flags = ['verifier', 'evaluate', '--model', model, '--data', 'steps.jsonl'];
  const { status, stdout } = await callCli(folder, [...flags, '--calibrate', '0.25', '--out', 'report']);
  expect(status).toBe(0);
  expect(stdout).toContain('| paths | labelled steps | right |');
  expect(readFileSync(join(folder, 'report/report.md'), 'utf8')).toBe(stdout);
  const names = [
    'best-of-n.svg',
    'by-position.svg',
    'reliability.svg',
    'report.json',
    'report.md',
    'roc.svg',
  ];
  expect(readdirSync(join(folder, 'report')).sort()).toEqual(names);
  const report = JSON.parse(readFileSync(join(folder, 'report/report.json'), 'utf8')) as VerifierReport;
  expect(report).toMatchObject({ paths: 6, labelledSteps: 12, threshold: 0.5, unscored: 0 });
  expect(report.scaled?.temperature).toBeGreaterThan(0);
  expect((await callCli(folder, [...flags, '--out', 'report'])).stderr).toContain('report is not empty');
});

it('puts an outcome verifier beside it: steps, and the choice among paths', async () => {
  const folder = testFolder();
  const model = await writeModel(folder, 'process', randomVerifier('evaluated'));
  const outcome = await writeModel(folder, 'outcome', randomVerifier('outcome'));
  writeFileSync(join(folder, 'steps.jsonl'), lines(rows));
  const flags = [
    'verifier',
    'evaluate',
    '--model',
    model,
    '--outcome-model',
    outcome,
    '--data',
    'steps.jsonl',
  ];
  const { status, stdout } = await callCli(folder, flags);
  expect(status).toBe(0);
  expect(stdout).toContain('| outcome (ORM) |');
  expect(stdout).toContain('| n | questions | verifier | outcome verifier | majority vote | any right |');
});

it('leaves out what cannot be scored, names it and fails', async () => {
  const folder = testFolder();
  const model = await writeModel(folder, 'verifier', randomVerifier('evaluated'));
  const flags = ['verifier', 'evaluate', '--model', model, '--data', '-', '--json'];
  const { status, stdout, stderr } = await callCli(folder, flags, lines([...rows, long]));
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ paths: 8, unscored: 1 });
  expect(stderr).toContain('path 9: the path has');
});

it('converts labelled steps and names the file and line of what is wrong', async () => {
  const folder = testFolder();
  const processBench = { id: 'x', problem: 'q', steps: ['a', 'b'], label: 0, final_answer_correct: false };
  writeFileSync(join(folder, 'bench.json'), JSON.stringify([processBench]));
  writeFileSync(join(folder, 'steps.jsonl'), lines([...rows, { prompt: 'q' }]));
  const { status, stdout } = await callCli(folder, ['verifier', 'convert', '--data', 'bench.json']);
  const row = { id: 'x', prompt: 'q', completions: ['a', 'b'], labels: [false, null], outcome: false };
  expect([status, JSON.parse(stdout)]).toEqual([0, row]);
  const convert = ['verifier', 'convert', '--data', 'bench.json'];
  const other = await callCli(folder, [...convert, '--to', 'prm800k']);
  expect(JSON.parse(other.stdout)).toMatchObject({ question: { problem: 'q' } });
  const unsaid = await callCli(folder, [...convert, '--to', 'math-shepherd']);
  expect(unsaid).toMatchObject({ status: 64, stdout: '' });
  expect(unsaid.stderr).toContain('x: math-shepherd cannot say this path');
  const wrong = await callCli(folder, [...convert, '--data', 'steps.jsonl']);
  expect(wrong.status).toBe(64);
  expect(wrong.stderr).toContain('steps.jsonl:9: is not a row of a known format');
});
