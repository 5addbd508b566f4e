import { parseRunConfig, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { openSafetensors, writeSafetensors } from '@sipf/models';
import { answeringModel, wordTokenizer, writeModelFolder } from '@sipf/serving/testing';
import { buildArithmeticTokenizer } from '@sipf/tasks';
import { arithmeticTokenIds } from '@sipf/tasks';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { lowSpace } from './disk-space.ts';
import { Openings } from './openings.ts';
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
    await preflight(config);
  } catch (error) {
    if (!(error instanceof SipfError)) throw error;
    expect(error.kind).toBe('invalid-argument');
    return error.violations.map(({ field, description }) => `${field}: ${description}`);
  }
  return [];
}

it('opens data, models and tokenizers, and reports what they hold and what they will need', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const files = { train: folder.write('a.jsonl', `${good}\n${good}`), test: folder.write('b.jsonl', good) };
  const found = await preflight(configOf(folder.path, files, { batchSize: 1 }), {
    runs: join(folder.path, 'runs'),
  });
  expect(found[0]).toBe('task.train: a.jsonl, 2 problems');
  expect(found.join('\n')).toMatch(/policy.model: .*model, [\d,]+ parameters/);
  expect(found.join('\n')).toMatch(/solved problems: 2, at most \d+ tokens/);
  expect(found).toContain('sft: 2 rows, 2 updates, 1 of them warm-up');
  expect(found.join('\n')).not.toContain('warning: ');
});

it('counts worked examples, and warns of tensors that the model has no place for', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const weights = join(folder.path, 'model/model.safetensors');
  const whole = openSafetensors(weights);
  const tensors = new Map(whole.names.map((name) => [name, whole.tensor(name)]));
  whole.close();
  const bias = { dtype: 'float32', shape: [4], data: new Float32Array(4) } as const;
  await writeSafetensors(weights, tensors.set('model.layers.0.self_attn.q_proj.bias', bias));
  const examples = { exemplars: [{ question: 'q?', target: '2' }], doc_to_text: '{question}', stop: [] };
  const files = {
    ...{ train: folder.write('a.jsonl', good), test: folder.write('b.jsonl', good) },
    exemplars: folder.write('c.json', JSON.stringify(examples)),
  };
  const found = (await preflight(configOf(folder.path, files, { epochs: 3 }))).join('\n');
  expect(found).toContain('task.exemplars: c.json, 1 worked examples');
  expect(found).toMatch(/^warning: policy\.model: .*1 tensors have no place .*q_proj\.bias$/m);
});

it('opens a file that several runs name once', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const files = { train: folder.write('a.jsonl', good), test: folder.write('b.jsonl', good) };
  const config = configOf(folder.path, files, { warmupRatio: 0 });
  const openings = new Openings();
  const found = await preflight(config, { openings });
  rmSync(join(folder.path, 'model'), { recursive: true });
  expect(await preflight({ ...config, seed: 2 }, { openings })).toEqual(found);
  expect(await complaints(config)).toHaveLength(1);
});

it('opens no pipe, which nobody may ever write to, and no file in the place of a folder', async () => {
  using folder = temporaryFolder();
  const [train, test] = [join(folder.path, 'pipe'), join(folder.path, 'none')];
  execFileSync('mkfifo', [train]);
  folder.write('model', '');
  expect(await complaints(configOf(folder.path, { train, test }))).toEqual([
    `task.train: ${train} is not a file`,
    `task.test: there is no file ${test}`,
    `policy.model: ${join(folder.path, 'model')} is not a folder`,
  ]);
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
    `policy.model: there is no folder ${join(folder.path, 'model')}`,
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
  const engines = { policy: { kind: 'openai', urls: 'http://127.0.0.1:9/v1' } };
  const policy = { model: join(folder.path, 'model'), lora: { rank: 2, alpha: 2 } };
  const five = JSON.stringify({ ...examples, stop: many.slice(0, 5) });
  const few = { ...files, train: files.test, exemplars: folder.write('d.json', five) };
  const config = configOf(folder.path, few, { warmupRatio: 0 });
  expect(await complaints(config)).toEqual([]);
  expect(await complaints(parseRunConfig({ ...config, policy, engines }))).toContain(
    'task.exemplars: d.json: stop has 5 texts, at most 4 are taken',
  );
  expect(found).toEqual([
    expect.stringMatching(/^task.train: a.jsonl: problem "x+": its id is longer than 240 characters$/),
    'task.exemplars: c.json: stop has 17 texts, at most 16 are taken',
  ]);
});

it('names the row and the count of problems without a solution, where the method imitates solutions', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const unsolved = JSON.stringify({ question: 'q?', answer: '#### 2' });
  const files = {
    train: folder.write('a.jsonl', [good, '', unsolved, good, unsolved].join('\n')),
    test: folder.write('b.jsonl', unsolved),
  };
  const config = configOf(folder.path, files, { warmupRatio: 0 });
  const what = 'no solution, only its answer: method sft fine-tunes on solutions';
  expect(await complaints(config)).toEqual([`task.train: a.jsonl:3: ${what} (and so of 1 more of 4)`]);
  expect(await complaints(parseRunConfig({ ...config, method: 'cot-zero-shot' }))).toEqual([]);
  // What the run chooses of the file decides.
  const chosen = await Promise.all(
    Array.from({ length: 12 }, async (_, seed) => {
      const task = { name: 'gsm8k', ...files, trainProblems: 1 };
      return (await complaints(parseRunConfig({ ...config, task, seed }))).length;
    }),
  );
  expect(new Set(chosen)).toEqual(new Set([0, 1]));
});

it('names the row and the count of problems that the policy cannot read, asked or imitated', async () => {
  using folder = temporaryFolder();
  const { tokenizer, config: tokenizerConfig } = wordTokenizer([
    'Question:',
    'Answer:',
    'q?',
    '<<1+1=2>>2',
    '####',
    '2',
  ]);
  const files = {
    train: folder.write('a.jsonl', [good, good.replace('+', '*'), good.replace('q?', 'r?')].join('\n')),
    test: folder.write('b.jsonl', good.replace('q?', 'r?')),
  };
  await writeModel(folder.path);
  folder.write('model/tokenizer.json', JSON.stringify(tokenizer));
  folder.write('model/tokenizer_config.json', JSON.stringify(tokenizerConfig));
  const what = `the tokenizer of ${join(folder.path, 'model')} has no tokens for its text`;
  expect(await complaints(configOf(folder.path, files, { warmupRatio: 0 }))).toEqual([
    `task.train: a.jsonl:2: ${what} (and so of 1 more of 3)`,
    `task.test: b.jsonl:1: ${what}`,
  ]);
});

it('says how many solved problems are longer than what is learnt from', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const files = { train: folder.write('a.jsonl', good), test: folder.write('b.jsonl', good) };
  const [complaint] = await complaints(configOf(folder.path, files, { maxSequenceTokens: 3 }));
  expect(complaint).toMatch(/^sft.maxSequenceTokens: 1 of 1 solved problems are longer than 3 tokens/);
  const longer = JSON.stringify({ question: 'q?', answer: `${'1 '.repeat(40)}\n#### 2` });
  const both = { ...files, train: folder.write('c.jsonl', `${good}\n${good}\n${longer}`) };
  const dropped = configOf(folder.path, both, { batchSize: 1, maxSequenceTokens: 40, longerRows: 'drop' });
  expect((await preflight(dropped)).join()).toContain('1 of them are left out');
});

it('refuses rows that are all too long, and says which questions fill the policy with their prompt', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const long = JSON.stringify({ question: `${'1 '.repeat(200)}?`, answer: 'so\n#### 2' });
  const files = {
    train: folder.write('a.jsonl', `${long}\n${long}`),
    test: folder.write('b.jsonl', `${good}\n${long}`),
  };
  const refused = await complaints(configOf(folder.path, files, { longerRows: 'drop' }));
  expect(refused[0]).toMatch(/2 of 2 solved problems are longer than .*: none is left to learn$/);
  const known = { ...files, train: folder.write('c.jsonl', `${good}\n${good}`) };
  const notes = await preflight(configOf(folder.path, known, { batchSize: 1 }));
  expect(notes.join('\n')).toMatch(/task\.test: 1 questions of b\.jsonl fill .*model with their prompt/);
});

it('foresees trainings of one update that is all warm-up, from rows that it counts and from settings', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const files = { train: folder.write('a.jsonl', good), test: folder.write('b.jsonl', good) };
  const what = 'makes the one update warm-up from rate 0: set it to 0, or train for more updates';
  expect(await complaints(configOf(folder.path, files))).toEqual([`sft.warmupRatio: ${what}`]);
  const simulator = {
    initial: {
      ...{ hiddenSize: 8, intermediateSize: 8, numHiddenLayers: 1 },
      numAttentionHeads: 1,
      numKeyValueHeads: 1,
    },
    optimisation: { learningRate: 1e-3, epochs: 3 },
  };
  const generated = parseRunConfig({
    ...{ policy: { model: join(folder.path, 'model') }, simulator },
    task: { name: 'arithmetic', trainProblems: 40, simulatorProblems: 16 },
    sft: { learningRate: 1e-3 },
    // No stage of this method's reads it.
    tuning: { optimisation: { learningRate: 1e-3, maxSteps: 1 } },
    simulation: { questions: 1, maxNewTokens: 8 },
    verifier: { optimisation: { learningRate: 1e-3, maxSteps: 1 } },
    ...{ pairs: {}, alignment: { optimisation: { learningRate: 1e-3, maxSteps: 5 } } },
    ...{ sampling: { maxNewTokens: 8 }, evaluation: { maxNewTokens: 8 } },
  });
  expect(await complaints(generated)).toEqual([`verifier.optimisation.warmupRatio: ${what}`]);
  const method = 'siof';
  const found = await preflight({ ...generated, method });
  expect(found).toContain('sft: 40 rows, 3 updates, 1 of them warm-up');
  expect(found).toContain('alignment.optimisation: 5 updates, 1 of them warm-up');
  const { verifier } = generated;
  if (verifier === undefined) throw new TypeError('the configuration has a verifier');
  const all = {
    ...generated,
    verifier: { ...verifier, optimisation: { ...verifier.optimisation, warmupRatio: 0 } },
  };
  const foundOfAll = await preflight(all);
  expect(foundOfAll).toContain('simulator.optimisation: 16 rows, 3 updates, 1 of them warm-up');
  expect(foundOfAll).toContain('verifier.optimisation: 1 updates, 0 of them warm-up');
});

it('warns where the disk has less room than the run may need', async () => {
  using folder = temporaryFolder();
  expect(await lowSpace(1, join(folder.path, 'not', 'yet'))).toEqual([]);
  const [warning] = await lowSpace(2 ** 70, join(folder.path, 'not', 'yet'));
  expect(warning).toMatch(/^warning: .* free, less than the 1099511627776.0 GiB that the run may need/);
  expect(warning).toContain(`warning: ${folder.path} has`);
  const [elsewhere] = await lowSpace(2 ** 70, folder.path, true);
  expect(elsewhere).toMatch(/^warning: the disk of the orchestrator's runs has .* make room there$/);
});

it('says which modules an adapter is for that the policy, or a verifier on it, lacks', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const files = { train: folder.write('a.jsonl', good), test: folder.write('b.jsonl', good) };
  const config = configOf(folder.path, files, { warmupRatio: 0 });
  const optimisation = { learningRate: 1e-3 };
  const adapted = (lora: object, method = 'sft', trainable = 'lora'): RunConfig =>
    parseRunConfig({
      ...{ ...config, method, iterations: 1, simulator: { model: 'policy' } },
      policy: { ...config.policy, lora: { rank: 2, alpha: 4, ...lora } },
      ...{ simulation: { questions: 1, maxNewTokens: 8 }, pairs: {}, alignment: { optimisation } },
      verifier: { trainable, optimisation },
    });
  expect(
    await complaints(adapted({ targetModules: ['q_proj', 'query'], modulesToSave: ['lm_haed'] })),
  ).toEqual([
    expect.stringMatching(/^policy.lora.targetModules: .*model: the model has no linear module named query$/),
    expect.stringMatching(/^policy.lora.modulesToSave.0: .*model: .* no module lm_haed .*matches nothing$/),
  ]);
  const [twice] = await complaints(adapted({ modulesToSave: ['embed_tokens', 'q_proj'] }));
  expect(twice).toMatch(/^policy.lora.modulesToSave.1: .*q_proj.*which an adapter can attach to$/);
  const right = { targetModules: ['q_proj'], modulesToSave: ['lm_head'] };
  expect(await complaints(adapted(right))).toEqual([]);
  // A verifier's head is another one.
  expect(await complaints(adapted(right, 'sipf'))).toEqual([
    expect.stringMatching(/^policy.lora.modulesToSave.0: the verifier on .*no module lm_head/),
  ]);
  expect(await complaints(adapted(right, 'sipf', 'full'))).toEqual([]);
  // Models from scratch have modules before they have weights; the head of this one is its embedding.
  const initial = { hiddenSize: 8, intermediateSize: 8, numHiddenLayers: 1 };
  const shape = { ...initial, numAttentionHeads: 1, numKeyValueHeads: 1 };
  const scratch = { ...adapted(right, 'sipf'), task: { name: 'arithmetic' } };
  const policy = { initial: shape, lora: { rank: 2, alpha: 4, ...right } };
  expect(await complaints(parseRunConfig({ ...scratch, policy }))).toEqual([
    expect.stringMatching(/^policy.lora.modulesToSave.0: policy.initial: .*tied to embed_tokens$/),
    expect.stringMatching(/^policy.lora.modulesToSave.0: the verifier on policy.initial: /),
  ]);
});

it('opens the models under compared verifiers, and adapts them as their bases are', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const files = { train: folder.write('a.jsonl', good), test: folder.write('b.jsonl', good) };
  const config = configOf(folder.path, files, { warmupRatio: 0 });
  const optimisation = { learningRate: 1e-3 };
  const sections = { simulation: { questions: 1, maxNewTokens: 8 }, pairs: {}, alignment: { optimisation } };
  const compared = (model: string): RunConfig =>
    parseRunConfig({
      ...{ ...config, ...sections, method: 'sipf', iterations: 1, simulator: { model: 'policy' } },
      ...{ verifier: { optimisation }, comparedVerifiers: [{ base: 'policy' }, { base: { model } }] },
    });
  expect(await complaints(compared(config.policy.model ?? ''))).toEqual([]);
  expect(await complaints(compared('/nowhere'))).toEqual([
    'comparedVerifiers.1.base.model: there is no folder /nowhere',
  ]);
});

it('refuses to end a run for paths that sampling may make too long, and says by how much', async () => {
  using folder = temporaryFolder();
  await writeModel(folder.path);
  const files = { train: folder.write('a.jsonl', good), test: folder.write('b.jsonl', good) };
  const base = configOf(folder.path, files, { warmupRatio: 0 });
  const strictly = (method: string, optimisation: object): RunConfig =>
    parseRunConfig({
      ...base,
      ...{
        method,
        iterations: 1,
        simulator: { model: 'policy' },
        simulation: { questions: 1, maxNewTokens: 8 },
      },
      ...{ verifier: { optimisation: { learningRate: 1e-3 } }, pairs: {} },
      alignment: { optimisation: { learningRate: 1e-3, ...optimisation } },
    });
  const error = { longerRows: 'error' };
  const [complaint] = await complaints(strictly('sipf', { ...error, maxSequenceTokens: 9 }));
  const [, prompt, row] =
    /^alignment\.optimisation\.longerRows: is error, .* question of (\d+) tokens makes a row of (\d+), more than 9: /.exec(
      complaint ?? '',
    ) ?? [];
  expect(Number(row)).toBe(Number(prompt) + 8 + 1);
  expect(await complaints(strictly('sipf', { ...error, maxSequenceTokens: Number(row) }))).toEqual([]);
  expect(await complaints(strictly('sipf', { ...error, maxSequenceTokens: Number(row) - 1 }))).toHaveLength(
    1,
  );
  expect(await complaints(strictly('sipf', { maxSequenceTokens: 9 }))).toEqual([]);
  // No stage of this method's reads it.
  expect(await complaints(strictly('sft', { ...error, maxSequenceTokens: 9 }))).toEqual([]);
});
