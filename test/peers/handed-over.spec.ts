import { createScorer } from '@sipf/inference';
import {
  addReferenceLogProbs,
  runTraining,
  type PreferenceExample,
  type TrainingDataset,
  type TrainingJob,
} from '@sipf/learning';
import {
  digestFolder,
  loadAdapterFolder,
  loadModelFolder,
  type HeadConfig,
  type ObjectiveSettings,
  type TokenClassificationHead,
} from '@sipf/models';
import { createRng } from '@sipf/random';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomModel, temporaryFolder, writeAdapter, writeModel } from '../support/models.ts';
import { askPeer, PEER_LIMIT_MS, peersAreAbsent } from '../support/peer.ts';

const STEPS = 3;
const ROWS = 8;
const settings = { learningRate: 2e-4, weightDecay: 10, maxGradNorm: 0.5 };
/** Of every adapter that a case starts from, see writeAdapter. */
const lora = { rank: 2, alpha: 8, dropout: 0, targetModules: ['q_proj', 'down_proj'] };
const TEMPLATE = '{question}\n';

const draws = createRng('handed-over');
const ids = (count: number): number[] => Array.from({ length: count }, () => 3 + draws.integer(20));
/** No two rows are equally long, and neither are the two sides of a pair. */
const supervised = Array.from({ length: ROWS }, (_, row) => ({
  promptIds: ids(3 + (row % 3)),
  completionIds: ids(4 + row),
}));
const pairs = Array.from({ length: ROWS }, (_, row) => ({
  ...{ promptIds: ids(3 + (row % 3)), chosenIds: ids(4 + row), rejectedIds: ids(14 - row) },
}));
const weighted = pairs.map((pair, row) => ({ ...pair, weight: [1.5, 0.5, 1.75, 0.25][row % 4] ?? 1 }));
/** Hard, soft and absent labels; the rows of a part have as many as another's seldom. */
const paths = Array.from({ length: ROWS }, (_, row) => ({
  ...{ ids: ids(12 + row), promptLength: 4, stepEnds: [6, 9, 11 + row] },
  labels: [row % 2, row % 3 === 0 ? null : 0.125 * row, row > 5 ? null : 1],
}));
/** The path's label alone, at its last step. */
const outcomes = paths.map((path, row) => ({ ...path, labels: [null, null, row % 2] }));

const learnt: TrainingDataset = { kind: 'supervised', examples: supervised };
const judged: TrainingDataset = { kind: 'reward', examples: paths };

interface Case {
  readonly name: string;
  readonly objective: ObjectiveSettings;
  readonly dataset: TrainingDataset;
  /** @default the language model; `confident` is a verifier whose head sees the confidence */
  readonly start?: 'verifier' | 'confident' | undefined;
  /** Whether an adapter is trained, and otherwise merged where there is one. @default 'full' */
  readonly trainable?: 'full' | 'lora' | 'merged' | 'head';
  readonly quantisation?: 'nf4' | 'nf4-double';
  readonly decay?: 'all';
  /** Of products and of what is frozen; the engine, which it is compared with, has float32 alone. @default 'float32' */
  readonly precision?: 'bfloat16';
  /** @default 1 */
  readonly accumulation?: number;
  /** Largest difference of a loss, as a share of it. @default 1e-6 */
  readonly tolerance?: number;
}

const dpo = { objective: { kind: 'dpo', beta: 0.1 } } as const;
const rpo = { objective: { kind: 'rpo', beta: 0.1, nllWeight: 0.7 } } as const;
const orpo = { objective: { kind: 'orpo', lambda: 0.3, nll: 'completion' } } as const;
const prm = { objective: { kind: 'process-reward' }, dataset: judged, tolerance: 5e-6 } as const;
const even = { dataset: { kind: 'preference', examples: pairs } } as const;
const uneven = { dataset: { kind: 'preference', examples: weighted } } as const;
const sft = { objective: { kind: 'sft' }, dataset: learnt } as const;

/** bfloat16 has 8 bits: a weight is rounded by up to 2^-9 of itself, and with it some codes of nf4. */
const short = { precision: 'bfloat16', tolerance: 2e-2 } as const;

const CASES: readonly Case[] = [
  { ...sft, name: 'SFT' },
  { ...sft, name: 'SFT that decays all', decay: 'all' },
  { ...sft, name: 'SFT in parts', accumulation: 4 },
  { ...sft, name: 'an adapter', trainable: 'lora' },
  { ...sft, name: 'an adapter of nf4', trainable: 'lora', quantisation: 'nf4' },
  {
    ...sft,
    name: 'an adapter of nf4-double',
    trainable: 'lora',
    quantisation: 'nf4-double',
    tolerance: 3e-6,
  },
  { ...dpo, ...even, name: 'DPO' },
  { ...dpo, ...uneven, name: 'DPO with weights', accumulation: 2 },
  { ...dpo, ...uneven, name: 'DPO from an adapter', trainable: 'lora' },
  { ...dpo, ...uneven, name: 'DPO from a merged adapter', trainable: 'merged' },
  { ...dpo, ...uneven, name: 'DPO of nf4', trainable: 'lora', quantisation: 'nf4', tolerance: 2e-6 },
  { ...rpo, ...even, name: 'RPO' },
  { ...rpo, ...uneven, name: 'RPO with weights', accumulation: 4 },
  { ...orpo, ...even, name: 'ORPO' },
  { ...orpo, ...uneven, name: 'ORPO with weights', accumulation: 4 },
  { ...orpo, ...uneven, name: 'ORPO of nf4', trainable: 'lora', quantisation: 'nf4' },
  { ...uneven, objective: { ...orpo.objective, nll: 'sequence' }, name: 'ORPO of whole sequences' },
  { ...prm, name: 'PRM', start: 'verifier' },
  { ...prm, name: 'PRM in parts', start: 'verifier', accumulation: 4 },
  { ...prm, name: 'PRM by an adapter', start: 'verifier', trainable: 'lora' },
  { ...prm, name: 'PRM of nf4', start: 'verifier', trainable: 'lora', quantisation: 'nf4' },
  { ...prm, name: 'the head alone', start: 'verifier', trainable: 'head' },
  { ...prm, name: 'the head alone on nf4', start: 'verifier', trainable: 'head', quantisation: 'nf4' },
  { ...prm, name: 'PRM with confidence', start: 'confident' },
  { ...prm, name: 'PRM with confidence by an adapter', start: 'confident', trainable: 'lora' },
  { ...prm, name: 'the head with confidence alone', start: 'confident', trainable: 'head' },
  { ...sft, ...short, name: 'an adapter of bfloat16', trainable: 'lora' },
  { ...sft, ...short, name: 'an adapter of nf4 by bfloat16', trainable: 'lora', quantisation: 'nf4' },
  { ...dpo, ...uneven, ...short, name: 'DPO of bfloat16', trainable: 'lora' },
  { ...orpo, ...uneven, ...short, name: 'ORPO of bfloat16', trainable: 'lora' },
  { ...prm, ...short, name: 'PRM of bfloat16', start: 'verifier', trainable: 'lora' },
  {
    ...prm,
    ...short,
    name: 'the head with confidence alone on bfloat16',
    start: 'confident',
    trainable: 'head',
  },
  {
    ...{ ...prm, name: 'ORM', start: 'verifier', objective: { kind: 'outcome-reward' } },
    dataset: { kind: 'reward', examples: outcomes },
  },
];

/** bitsandbytes decodes rows on CPUs rightly where they are whole blocks of 64. */
const WIDE = { hiddenSize: 64, headDim: 32, intermediateSize: 64 };
const STARTS = [undefined, 'verifier', 'confident'] as const;

function headOf({ start }: Pick<Case, 'start'>): HeadConfig {
  if (start === undefined) return 'lm';
  const features = start === 'confident' ? 'hidden+confidence' : 'hidden';
  return { kind: 'token-classification', numLabels: 2, features, promptTemplate: TEMPLATE };
}

describe.skipIf(peersAreAbsent('trainings handed over to TRL'))('trainings handed over to TRL', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);
  const bases = new Map<Case['start'], string>();
  /** Of the language model; those of verifiers bring the head. */
  const adapters = new Map<Case['start'], string>();
  let losses: Record<string, number[]> = {};
  const ownLosses = new Map<string, readonly number[]>();

  beforeAll(async () => {
    for (const start of STARTS) await addStart(start);
    ({ losses } = askPeer<{ losses: typeof losses }>(import.meta.url, 'training.py', {
      ...{ base: bases.get(undefined), folder: join(folder.path, 'out'), updates: [] },
      cases: await Promise.all(
        CASES.map(async (one) => ({
          ...{ name: one.name, trainer: 'handed-over', order: await orderOf(one) },
        })),
      ),
    }));
  }, PEER_LIMIT_MS);

  async function addStart(start: Case['start']): Promise<void> {
    const model = randomModel(start ?? 'base', headOf({ start }), WIDE);
    bases.set(start, await writeModel(folder.path, start ?? 'base', model));
    const base = bases.get(undefined) ?? '';
    const options = { head: headOf({ start }), deviation: 0.2 };
    const own = join(folder.path, `adapter of ${start ?? 'base'}`);
    adapters.set(
      start,
      await writeAdapter(own, randomModel('base', 'lm', WIDE), await digestFolder(base), options),
    );
  }

  const hasAdapter = ({ trainable }: Case) => trainable === 'lora' || trainable === 'merged';
  const baseOf = (one: Case) => bases.get(hasAdapter(one) ? undefined : one.start) ?? '';
  const adapterOf = (one: Case) => (hasAdapter(one) ? adapters.get(one.start) : undefined);
  const ownFolder = ({ name }: Case, of: string) => join(folder.path, `${name} by ${of}`);

  /** The order of the training service's back-end. */
  async function orderOf(one: Case): Promise<object> {
    const { accumulation = 1, decay = 'matrices', quantisation = 'none', precision = 'float32' } = one;
    const own = ownFolder(one, 'TRL');
    mkdirSync(own);
    const datasetFile = join(own, 'rows.jsonl');
    writeFileSync(datasetFile, one.dataset.examples.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return {
      ...{ datasetFile, progressFile: join(own, 'progress'), checkpointFolder: join(own, 'checkpoints') },
      ...{ outputFolder: join(own, 'result'), processes: 1, sharding: 'ddp', offloadActivations: false },
      start: {
        ...{ folder: baseOf(one), adapterFolder: adapterOf(one) ?? null, fresh: false },
        digest: await digestFolder(baseOf(one)),
      },
      ...{
        objective: objectiveOf(one),
        quantisation,
        lora: one.trainable === 'lora' ? { ...lora, modulesToSave: [] } : null,
      },
      ...{ maxSequenceTokens: 64, checkpointEvery: 100, checkpointSeconds: 60, seed: 1 },
      optimisation: {
        ...{ ...settings, maxSteps: STEPS, epochs: 1, schedule: 'linear', warmupRatio: 0, decay },
        ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, recomputeLayers: false, groupByLength: false },
        ...{ rowsPerProcess: ROWS / accumulation, accumulation, precision },
      },
    };
  }

  /** The engine's losses of the same updates. */
  async function ours(one: Case): Promise<number[]> {
    const job: TrainingJob = {
      start: {
        ...{ kind: 'pretrained', folder: baseOf(one) },
        ...(adapterOf(one) !== undefined && { adapterFolder: adapterOf(one) ?? '' }),
      },
      objective: { ...one.objective, ...(isWeighted(one) && { pairWeights: true }) },
      dataset: await withReference(one),
      ...(one.start !== undefined && { verifierHead: headOf(one) as TokenClassificationHead }),
      trainable:
        one.trainable === 'lora'
          ? { kind: 'lora', lora }
          : { kind: one.trainable === 'head' ? 'head' : 'full' },
      quantisation: one.quantisation ?? 'none',
      optimiser: {
        ...{ weightDecay: settings.weightDecay, maxGradientNorm: settings.maxGradNorm },
        decay: one.decay ?? 'matrices',
      },
      schedule: { kind: 'linear', learningRate: settings.learningRate },
      ...{ batchSize: ROWS, maxSteps: STEPS, seed: 1, outputFolder: ownFolder(one, 'engine') },
    };
    const found: number[] = [];
    for await (const event of runTraining(job, new AbortController().signal))
      if (event.kind === 'step') found.push(event.values['loss'] ?? NaN);
    return found;
  }

  async function withReference(one: Case): Promise<TrainingDataset> {
    const { dataset, objective } = one;
    if (dataset.kind !== 'preference' || objective.kind === 'orpo') return dataset;
    const adapter = adapterOf(one);
    await using scorer = await open({
      folder: baseOf(one),
      ...(adapter !== undefined && { adapterFolder: adapter }),
    });
    return { kind: 'preference', examples: await addReferenceLogProbs(dataset.examples, scorer.it) };
  }

  it('have the engine’s losses, weights, quantisation and parts of updates included', async () => {
    const apart: string[] = [];
    for (const one of CASES) {
      const { name, tolerance = 1e-6 } = one;
      const [own, theirs] = [await ours(one), losses[name] ?? []];
      ownLosses.set(name, own);
      expect([own.length, theirs.length], name).toEqual([STEPS, STEPS]);
      const far = own.some((loss, step) => !(Math.abs(loss / (theirs[step] ?? NaN) - 1) <= tolerance));
      if (far) apart.push(`${name}: ${own.join()} against ${theirs.join()}`);
    }
    expect(apart).toEqual([]);
  });

  it('keep what they train in float32 over a base of bfloat16, by which the losses differ', async () => {
    const rounded = CASES.filter(({ precision }) => precision !== undefined);
    expect(rounded.length).toBeGreaterThan(0);
    for (const one of rounded) {
      const whole = ownLosses.get(one.name)?.at(-1) ?? NaN;
      expect(Math.abs(whole / (losses[one.name]?.at(-1) ?? NaN) - 1), one.name).toBeGreaterThan(1e-6);
      const result = await opened(one, join(ownFolder(one, 'TRL'), 'result'));
      for (const name of result.trained) {
        // The lower half of a float32 is empty in bfloat16.
        const bits = new Uint32Array(Float32Array.from(result.tensors.float32(name)).buffer);
        expect(
          bits.some((word) => (word & 0xffff) !== 0),
          `${one.name}: ${name}`,
        ).toBe(true);
      }
      result.close();
    }
  });

  it('distinguish decay of all from decay of matrices', () => {
    const [all = 0, matrices = 0] = ['SFT that decays all', 'SFT'].map((name) => losses[name]?.at(-1));
    expect(Math.abs(all - matrices)).toBeGreaterThan(1e-4);
  });

  it('leave models and adapters that the engine loads, with the tensors that its own training leaves', async () => {
    for (const one of CASES) {
      const [theirs, own] = await Promise.all([
        opened(one, join(ownFolder(one, 'TRL'), 'result')),
        opened(one, ownFolder(one, 'engine')),
      ]);
      expect(theirs.head, one.name).toEqual(own.head);
      expect([...theirs.tensors.names].sort(), one.name).toEqual([...own.tensors.names].sort());
      for (const name of own.tensors.names) {
        const [mine, other] = [own.tensors.float32(name), theirs.tensors.float32(name)];
        const furthest = mine.reduce(
          (most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? NaN))),
          0,
        );
        // AdamW divides a gradient by its own size, so that what rounding makes of a gradient of 0 is a step as large as any.
        expect(furthest, `${one.name}: ${name}`).toBeLessThan(2 * STEPS * settings.learningRate);
      }
      theirs.close();
      own.close();
    }
  });

  async function opened(one: Case, dir: string) {
    if (one.trainable !== 'lora') {
      const model = await loadModelFolder(dir);
      return {
        head: model.config.head,
        tensors: model.tensors,
        trained: model.tensors.names.filter((name) => name.startsWith('score')),
        close: () => {
          model.close();
        },
      };
    }
    const base = await loadModelFolder(baseOf(one));
    const adapter = await loadAdapterFolder(dir, {
      config: { ...base.config, head: headOf(one) },
      digest: base.digest,
    });
    const { tensors, savedTensors, promptTemplate } = adapter;
    const { rank, alpha, targetModules } = adapter.lora;
    const settings = { rank, alpha, targetModules: [targetModules].flat().sort() };
    return {
      head: { settings, savedTensors, promptTemplate },
      tensors,
      trained: tensors.names,
      close: () => {
        adapter.close();
        base.close();
      },
    };
  }
});

function isWeighted({ dataset }: Case): boolean {
  return (
    dataset.kind === 'preference' &&
    dataset.examples.some(({ weight }: PreferenceExample) => weight !== undefined)
  );
}

async function open(source: Parameters<typeof createScorer>[0]) {
  const it = await createScorer(source);
  return { it, [Symbol.asyncDispose]: () => it.close() };
}

/** The objective as the order has it. */
function objectiveOf({ objective, start, trainable }: Case): object {
  if (objective.kind === 'orpo')
    return { kind: 'orpo', lambda: objective.lambda, wholeSequenceNll: objective.nll === 'sequence' };
  if (start === undefined) return objective;
  return {
    ...{ kind: 'reward', labels: 2, promptTemplate: TEMPLATE, headOnly: trainable === 'head' },
    features: start === 'confident' ? 'hidden+confidence' : 'hidden',
  };
}
