import { parseRunConfig } from '@sipf/contracts';
import { taskNamed } from '@sipf/tasks';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadSplits, type Splits } from './splits.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-splits-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, rows: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

async function splitsOf(task: { readonly name: string }, evaluation: object): Promise<Splits> {
  const config = parseRunConfig({
    method: 'sft',
    task,
    policy: { model: 'm' },
    sft: { learningRate: 1 },
    sampling: { maxNewTokens: 8 },
    evaluation: { maxNewTokens: 8, ...evaluation },
  });
  return await loadSplits(config, taskNamed(task.name));
}

const ids = (splits: Splits, name: keyof Splits) => (splits[name] ?? []).map(({ id }) => id);

it('keeps validation questions out of what is trained and sampled on', async () => {
  const rows = Array.from({ length: 20 }, (_, n) => ({ question: `${n}?`, answer: `1+1=2\n#### ${n}` }));
  const [train, test] = [write('train.jsonl', rows), write('test.jsonl', rows.slice(0, 3))];
  const splits = await splitsOf({ name: 'gsm8k', train, test } as { name: string }, {
    validationQuestions: 5,
  });
  const held = ids(splits, 'validation');
  expect(held).toHaveLength(5);
  for (const name of ['train', 'loop'] as const) {
    expect(ids(splits, name)).toHaveLength(15);
    expect(ids(splits, name).filter((id) => held.includes(id))).toEqual([]);
  }
  expect(ids(splits, 'test')).toHaveLength(3);
});

it('takes all forms of a problem of MBPP away with it', async () => {
  const problem = (task_id: number) => ({
    task_id,
    text: `Write f${task_id}.`,
    code: `def f${task_id}():\n    return 1\n`,
    test_list: [1, 2, 3].map((n) => `assert f${task_id}() != ${n + 1}`),
  });
  const data = write('mbpp.jsonl', [11, 601, 602, 603].map(problem));
  const splits = await splitsOf({ name: 'mbpp', data } as { name: string }, { validationQuestions: 4 });
  const problemOf = (id: string) => id.split('/')[1];
  expect(ids(splits, 'validation')).toHaveLength(4);
  const [held] = new Set(ids(splits, 'validation').map(problemOf));
  expect(ids(splits, 'train')).toHaveLength(12);
  expect(ids(splits, 'train').map(problemOf)).not.toContain(held);
});

it('generates the bundled tasks with the data sets that are measured', async () => {
  const sizes = { trainProblems: 5, loopQuestions: 5, testQuestions: 5, simulatorProblems: 5 };
  const evaluation = { validationQuestions: 4, outOfDomain: [{ name: 'harder', questions: 3 }] };
  for (const name of ['arithmetic', 'programs']) {
    const splits = await splitsOf({ name, ...sizes }, evaluation);
    expect([ids(splits, 'validation').length, ids(splits, 'harder').length]).toEqual([4, 3]);
    const plain = await splitsOf({ name, ...sizes }, {});
    expect(plain['validation']).toEqual([]);
    expect(plain['test']).toEqual(splits['test']);
  }
});
