import { parseRunConfig, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { buildArithmeticTokenizer } from '@sipf/tasks';
import { answeringModel, writeModelFolder } from '@sipf/serving/testing';
import { arithmeticTokenIds } from '@sipf/tasks';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { preflight } from './preflight.ts';

const good = JSON.stringify({ question: 'q?', answer: '<<1+1=2>>2\n#### 2' });
const bad = JSON.stringify({ question: 'q?', answer: '2' });

function configOf(folder: string, files: { train: string; test: string }, sft: object = {}): RunConfig {
  return parseRunConfig({
    ...{ method: 'sft', task: { name: 'gsm8k', ...files }, policy: { model: join(folder, 'model') } },
    sft: { learningRate: 1e-3, ...sft },
    ...{ sampling: { maxNewTokens: 8 }, evaluation: { maxNewTokens: 8 } },
  });
}

async function writeModel(folder: string): Promise<void> {
  const tokenizer = buildArithmeticTokenizer(128);
  const model = answeringModel({ tokenizer, ids: arithmeticTokenIds, mark: '#### ', answers: ['1', '2'] });
  await writeModelFolder(join(folder, 'model'), model);
}

async function complaints(config: RunConfig): Promise<string[]> {
  try {
    await preflight(config, { withLengths: true });
  } catch (error) {
    if (!(error instanceof SipfError)) throw error;
    expect(error.kind).toBe('invalid-argument');
    return error.violations.map(({ field, description }) => `${field}: ${description}`);
  }
  return [];
}

it('opens data, models and tokenizers, and tells what they hold and what they will need', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const files = { train: folder.write('a.jsonl', `${good}\n${good}`), test: folder.write('b.jsonl', good) };
  const found = await preflight(configOf(folder.path, files), { withLengths: true });
  expect(found[0]).toBe('task.train: a.jsonl, 2 problems');
  expect(found.join('\n')).toMatch(/policy.model: .*model, [\d,]+ parameters/);
  expect(found.join('\n')).toMatch(/solved problems: 2, at most \d+ tokens/);
  expect(found.join('\n')).toContain('memory, estimated');
});

it('names every file and folder that is wrong, each fault once with its first line and the count', async () => {
  using folder = temporaryFolder();
  const files = {
    train: folder.write('a.jsonl', `${good}\n${bad}\n${bad}\n${bad}`),
    test: folder.write('b.jsonl', '{'),
  };
  const found = await complaints(configOf(folder.path, files));
  expect(found).toEqual([
    'task.train: a.jsonl:2: answer must end with a line "#### <number>" (and so in 2 more lines)',
    'task.test: b.jsonl:1: not JSON',
    expect.stringContaining(`policy.model: ${join(folder.path, 'model')}: `),
  ]);
});

it('refuses what the services would refuse hours later, and where', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const long = JSON.stringify({ id: 'x'.repeat(241), question: 'q?', answer: '#### 2' });
  const many = Array.from({ length: 17 }, (_, index) => `stop ${index}`);
  const examples = { exemplars: [{ question: 'q?', target: '2' }], doc_to_text: '{question}', stop: many };
  const files = {
    train: folder.write('a.jsonl', `${good}\n${long}`),
    test: folder.write('b.jsonl', good),
    exemplars: folder.write('c.json', JSON.stringify(examples)),
  };
  const found = await complaints(configOf(folder.path, files));
  expect(found).toEqual([
    expect.stringMatching(/^task.train: a.jsonl: problem "x+": its id is longer than 240 characters$/),
    'task.exemplars: c.json: stop has 17 texts, at most 16 are taken',
  ]);
});

it('says how many solved problems are longer than what is learnt from', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const files = { train: folder.write('a.jsonl', good), test: folder.write('b.jsonl', good) };
  const [complaint] = await complaints(configOf(folder.path, files, { maxSequenceTokens: 3 }));
  expect(complaint).toMatch(/^sft.maxSequenceTokens: 1 of 1 solved problems are longer than 3 tokens/);
  const dropped = configOf(folder.path, files, { maxSequenceTokens: 3, longerRows: 'drop' });
  expect((await preflight(dropped, { withLengths: true })).join()).toContain('1 of them are left out');
});
