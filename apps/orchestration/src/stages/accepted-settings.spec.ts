import { BOUNDS, parseRunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align, pair } from './align.ts';
import { trainSft } from './policy-stages.ts';
import { sample } from './sample.ts';
import { simulate } from './simulate.ts';
import { numbers, settings } from './testing/bounded-numbers.ts';
import { openStageBench, pathOf, questionsOf, scoresOf } from './testing/stage-bench.ts';
import { DIGEST, strictServices, type Asked } from './testing/strict-services.ts';
import { score, trainVerifier } from './verifier.ts';

const optimisation = fc
  .record({
    numbers: settings([
      ...(['batchSize', 'epochs', 'maxSteps', 'warmupRatio', 'weightDecay'] as const),
      ...(['maxGradNorm', 'beta1', 'beta2', 'epsilon', 'maxSequenceTokens', 'vocabularyPiece'] as const),
    ]),
    learningRate: numbers(BOUNDS.learningRate),
    accumulation: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, numbers(BOUNDS.accumulation)),
    words: fc.record(
      {
        schedule: fc.constantFrom('constant', 'linear', 'cosine'),
        decay: fc.constantFrom('matrices', 'all'),
        precision: fc.constantFrom('float32', 'float16', 'bfloat16'),
        promptSharing: fc.constantFrom('auto', 'always', 'never'),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ numbers: values, words, ...rest }) => ({ ...values, ...rest, ...words }));
const drawing = settings(['temperature', 'topK', 'topP', 'minP', 'repetitionPenalty']);
const maxNewTokens = numbers(BOUNDS.maxNewTokens);
/** Few, because they are all drawn here. */
const few = fc.integer({ min: 1, max: 4 });

const configs = fc
  .record({
    ...{ sft: optimisation, verifier: optimisation, alignment: optimisation, seed: numbers(BOUNDS.seed) },
    ...{ drawing, rolling: drawing, maxNewTokens, paths: few },
    lora: fc.option(
      fc.record({
        rank: numbers(BOUNDS.loraRank),
        alpha: numbers(BOUNDS.loraAlpha),
        dropout: numbers(BOUNDS.loraDropout),
      }),
      { nil: undefined },
    ),
    weights: settings(['lambda', 'beta', 'nllWeight']),
    margin: numbers(BOUNDS.margin),
    rollouts: numbers(BOUNDS.samples),
    tau: numbers(BOUNDS.tau),
    trainable: fc.constantFrom('full', 'lora', 'head'),
    method: fc.constantFrom('sipf', 'sipf-without-odds-ratio', 'psrf'),
  })
  .map((drawn) => ({
    method: drawn.method,
    seed: drawn.seed,
    policy: { model: 'm', ...(drawn.lora === undefined ? {} : { lora: drawn.lora }) },
    simulator: { model: 'policy' },
    sft: drawn.sft,
    sampling: { ...drawn.drawing, maxNewTokens: drawn.maxNewTokens, pathsPerQuestion: drawn.paths },
    simulation: {
      ...{ ...drawn.rolling, questions: 1, maxNewTokens: drawn.maxNewTokens },
      ...{ rollouts: drawn.rollouts, tau: drawn.tau },
    },
    verifier: { trainable: drawn.trainable, optimisation: drawn.verifier },
    pairs: { margin: drawn.margin },
    alignment: { ...drawn.weights, optimisation: drawn.alignment },
  }));

const right = pathOf('q', 0);
const wrong = pathOf('q', 1, { outcome: 'wrong' });

/** What services refuse of all the stages that a configuration plans. */
async function refusals(config: object): Promise<string[]> {
  const asked: Asked = { calls: [], refused: [] };
  using bench = openStageBench(config, strictServices(asked));
  await bench.leave('data', {
    loop: questionsOf('q'),
    train: [{ ...questionsOf('t')[0], solution: '#### 7' }],
    policy: DIGEST,
  });
  await bench.run('sft-0', trainSft);
  await bench.run('sample-1', sample);
  await bench.leave('sample-1', { paths: [right, wrong] });
  await bench.run('label-1', simulate);
  await bench.run('train-verifier-1', trainVerifier);
  await bench.run('score-1', score);
  await bench.leave('score-1', { scores: [scoresOf(right, 1), scoresOf(wrong, 0)] });
  await bench.run('pair-1', pair);
  await bench.run('align-1', align);
  return asked.refused;
}

function isAccepted(config: object): boolean {
  try {
    const others = { task: { name: 'gsm8k', train: 'a', test: 'b' }, evaluation: { maxNewTokens: 8 } };
    parseRunConfig({ ...others, ...config });
    return true;
  } catch (error) {
    if (error instanceof SipfError && error.reason === 'INVALID_FIELD') return false;
    throw error;
  }
}

describe('what a run accepts', () => {
  it('its stages accept', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(configs, async (config) => {
        if (!isAccepted(config)) return;
        accepted++;
        expect(await refusals(config)).toEqual([]);
      }),
      { numRuns: 150 },
    );
    expect(accepted).toBeGreaterThan(20);
  }, 60_000);

  it.each([
    { sft: { learningRate: 1e-3, batchSize: 4, accumulation: 5 } },
    { sft: { learningRate: 1e-3, maxSequenceTokens: 1 } },
    { sft: { learningRate: 1e-3, batchSize: 100_000 } },
    { policy: { model: 'm', lora: { rank: 5000, alpha: 1 } } },
    { sft: { learningRate: 1e-3, beta1: 0.9999999 } },
    { sft: { learningRate: 1e-3, epsilon: 1e-40 } },
    { alignment: { lambda: 1e7, optimisation: { learningRate: 1e-3 } } },
    { alignment: { beta: 1e9, optimisation: { learningRate: 1e-3 } } },
    { sft: { learningRate: 1e-3, maxGradNorm: 1e10 } },
    { sft: { learningRate: 1e-3, epochs: 1e7 } },
    { pairs: { margin: -0.5 } },
    { sft: { learningRate: 1e-50 } },
    { limits: { callTimeoutMs: 2 ** 31 } },
    { sampling: { maxNewTokens: 8, temperature: 1e-40 } },
    { sampling: { maxNewTokens: 8, topK: 2 ** 32 } },
    { policy: { initial: { ...shape(), hiddenSize: 33 } } },
    { policy: { initial: { ...shape(), numKeyValueHeads: 3 } } },
  ])('is not what they would refuse: %j', (changes) => {
    const usual = { policy: { model: 'm' }, simulator: { model: 'policy' }, sft: { learningRate: 1e-3 } };
    const config = {
      ...{ ...usual, sampling: { maxNewTokens: 8 }, simulation: { questions: 1, maxNewTokens: 8 } },
      ...{ verifier: { optimisation: usual.sft }, pairs: {}, alignment: { optimisation: usual.sft } },
    };
    expect(isAccepted(config)).toBe(true);
    expect(isAccepted({ ...config, ...changes })).toBe(false);
  });
});

function shape(): object {
  return {
    ...{ hiddenSize: 32, intermediateSize: 8, numHiddenLayers: 1 },
    ...{ numAttentionHeads: 4, numKeyValueHeads: 2 },
  };
}
