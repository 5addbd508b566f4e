import { SipfError } from '@sipf/errors';
import { expect, it } from 'vitest';
import { parseRunConfig, parseRunConfigJson } from './parse.ts';

const initial = {
  hiddenSize: 64,
  intermediateSize: 172,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  numKeyValueHeads: 4,
};
const sft = {
  method: 'sft',
  task: { name: 'arithmetic' },
  policy: { initial },
  sft: { learningRate: 6e-3 },
  sampling: { maxNewTokens: 64 },
  evaluation: { maxNewTokens: 64 },
};

function violationsFor(config: unknown): string[] {
  try {
    parseRunConfig(config);
  } catch (error) {
    if (error instanceof SipfError) return error.violations.map((v) => `${v.field}: ${v.description}`);
    throw error;
  }
  return [];
}

it('fills in every default', () => {
  const config = parseRunConfig(sft);
  expect(config.seed).toBe(1);
  expect(config.sft).toMatchObject({ warmupRatio: 0.1, maxGradNorm: 0.3, schedule: 'linear', batchSize: 16 });
  expect(config.limits).toEqual({
    concurrentStages: 2,
    concurrentCalls: 4,
    itemsPerCall: 64,
    callTimeoutMs: 1_800_000,
  });
});

it('leaves out sampled paths that are too long to learn from, and refuses rows of its own data that are', () => {
  const optimisation = { learningRate: 1e-3 };
  const config = parseRunConfig({
    ...{ ...sft, tuning: { optimisation }, verifier: { optimisation } },
    alignment: { optimisation: { ...optimisation, longerRows: 'error' } },
    simulator: { initial, optimisation },
  });
  expect(config.sft?.longerRows).toBe('error');
  expect(config.simulator?.optimisation?.longerRows).toBe('error');
  expect(config.tuning.optimisation?.longerRows).toBe('drop');
  expect(config.verifier?.optimisation.longerRows).toBe('drop');
  expect(config.alignment?.optimisation.longerRows).toBe('error');
});

it('samples programs at a lower temperature than rationales, by default', () => {
  const simulation = { questions: 10, maxNewTokens: 8 };
  const temperatures = (task: object, sampling: object = sft.sampling) => {
    const config = parseRunConfig({ ...sft, task, sampling, simulation });
    return [config.sampling.temperature, config.simulation?.temperature];
  };
  expect(temperatures({ name: 'arithmetic' })).toEqual([1, 1]);
  expect(temperatures({ name: 'programs' })).toEqual([0.7, 0.7]);
  expect(temperatures({ name: 'mbpp', data: 'x' }, { ...sft.sampling, temperature: 0.9 })).toEqual([
    0.9, 0.7,
  ]);
});

it('reads its own result back unchanged', () => {
  const config = parseRunConfig(sft);
  expect(parseRunConfigJson(JSON.stringify(config))).toEqual(config);
});

it('names unknown settings where they stand', () => {
  expect(violationsFor({ ...sft, sft: { learningRate: 1, lr: 2 }, sede: 3 })).toEqual([
    'sft.lr: unknown setting',
    'sede: unknown setting; did you mean seed?',
  ]);
});

it('names the sections that a method lacks', () => {
  const fields = violationsFor({ ...sft, method: 'sipf' }).map((line) => line.split(':')[0]);
  expect(fields).toEqual(['simulator', 'simulation', 'verifier', 'pairs', 'alignment']);
});

it('refuses two origins of a model, and none', () => {
  expect(violationsFor({ ...sft, policy: { model: 'x', initial } })[0]).toContain('policy: exactly one');
  expect(violationsFor({ ...sft, policy: {} })[0]).toContain('policy: exactly one');
});

it('refuses a tau that no number of roll-outs can exceed', () => {
  const simulation = { questions: 10, maxNewTokens: 8, rollouts: 4, tau: 4 };
  expect(violationsFor({ ...sft, simulation })).toEqual(['simulation.tau: must be under rollouts, is 4']);
});

it('compares verifiers that the run can train, each once', () => {
  const optimisation = sft.sft;
  const rest = { pairs: {}, alignment: { optimisation }, simulation: { questions: 1, maxNewTokens: 1 } };
  const base = {
    ...sft,
    ...rest,
    method: 'sipf',
    simulator: { model: 'policy' },
    verifier: { optimisation },
  };
  const of = (comparedVerifiers: object[], changes: object = {}): string[] =>
    violationsFor({ ...base, comparedVerifiers, ...changes });
  expect(of([{ base: 'policy' }, { base: 'policy', kind: 'outcome' }, { base: { model: 'm' } }])).toEqual([]);
  expect(of([{ base: 'policy' }, { base: 'policy', kind: 'process' }])).toEqual([
    'comparedVerifiers.1: is there twice',
  ]);
  const ofOutcomes = { verifier: { optimisation, kind: 'outcome', base: 'policy' } };
  expect(of([{ base: 'policy' }], ofOutcomes)).toEqual([
    expect.stringMatching(/^comparedVerifiers\.0\.kind: process needs labels of steps/),
  ]);
  expect(of([{ base: 'policy', kind: 'outcome' }], ofOutcomes)).toEqual([]);
  const orm = { method: 'sipf-orm', simulator: undefined, ...ofOutcomes };
  expect(of([{ kind: 'outcome' }], orm)).toEqual([
    'comparedVerifiers.0.base: simulator needs the section simulator',
  ]);
  expect(of([{ base: 'policy' }], { method: 'sft' })).toEqual([
    'comparedVerifiers: method sft trains no verifier to compare with',
  ]);
  expect(of([])).toEqual([expect.stringMatching(/^comparedVerifiers: /)]);
});

it('adapts no verifier without the settings of an adapter', () => {
  const verifier = { trainable: 'lora', optimisation: sft.sft };
  expect(violationsFor({ ...sft, simulator: { model: 'policy' }, verifier })).toEqual([
    'verifier.trainable: lora needs policy.lora, whose settings the verifier takes',
  ]);
  const policy = { initial, lora: { rank: 2, alpha: 4 } };
  expect(violationsFor({ ...sft, policy, simulator: { model: 'policy' }, verifier })).toEqual([]);
});

it('refuses soft labels from roll-outs that stop when the hard label is decided', () => {
  const simulation = { questions: 10, maxNewTokens: 8, stopWhenDecided: true };
  const verifier = { labels: 'soft', optimisation: sft.sft };
  expect(violationsFor({ ...sft, simulation, verifier })).toEqual([
    'verifier.labels: soft labels need every roll-out, and simulation.stopWhenDecided leaves some out',
  ]);
});

it('asks for CoT with worked examples only where there are any', () => {
  const gsm8k = { name: 'gsm8k', train: 'train', test: 'test' };
  const asked = { ...sft, method: 'cot', policy: { model: 'm' } };
  const missing = 'task.exemplars: is required for method cot; cot-zero-shot asks without';
  expect(violationsFor({ ...asked, task: gsm8k })).toEqual([missing]);
  expect(violationsFor(asked)).toEqual([missing]);
  expect(violationsFor({ ...asked, task: { ...gsm8k, exemplars: 'shots.json' } })).toEqual([]);
  expect(violationsFor({ ...asked, method: 'cot-zero-shot', task: gsm8k })).toEqual([]);
});

it('quantises the base of a verifier only where its head alone is trained', () => {
  const verifier = { quantisation: 'nf4', optimisation: sft.sft };
  expect(violationsFor({ ...sft, verifier: { ...verifier, trainable: 'head' } })).toEqual([]);
  expect(violationsFor({ ...sft, verifier })).toEqual([
    'verifier.quantisation: is for trainable: head; an adapter has policy.lora.quantisation',
  ]);
});

it.each<[object, string]>([
  [{ sft: { learning_rate: 1 } }, 'sft.learning_rate: unknown setting; did you mean sft.learningRate?'],
  [{ sft: { learningRate: 1, batchsize: 1 } }, 'sft.batchsize: unknown setting; did you mean sft.batchSize?'],
  [{ learningRate: 1 }, 'learningRate: unknown setting; did you mean sft.learningRate?'],
  [{ rope_theta: 4 }, 'rope_theta: unknown setting; did you mean policy.initial.ropeTheta?'],
  [
    { verifier: { denoising: { afterfirsterror: true }, optimisation: sft.sft } },
    'verifier.denoising.afterfirsterror: unknown setting; did you mean verifier.denoising.afterFirstError?',
  ],
  [
    { task: { name: 'gsm8k', trian: 'a', test: 'b', train: 'c' } },
    'task.trian: unknown setting; did you mean task.train?',
  ],
  [
    { sft: { learningRate: 1, schedule: 'liner' } },
    'sft.schedule: must be one of constant, linear, cosine, is liner; did you mean linear?',
  ],
  [
    { task: { name: 'gsmk8' } },
    'task.name: must be one of arithmetic, programs, mbpp, gsm8k, is gsmk8; did you mean gsm8k?',
  ],
  [{ sft: { learningRate: 1, decay: 'none' } }, 'sft.decay: must be one of matrices, all, is none'],
  [{ zzz: 1 }, 'zzz: unknown setting'],
])('says which setting or word may be meant by %j', (changes, message) => {
  expect(violationsFor({ ...sft, ...changes })).toContain(message);
});

it('says where JSON is broken', () => {
  expect(() => parseRunConfigJson('{')).toThrow(/config_json: is not JSON/);
});
