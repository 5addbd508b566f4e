import {
  initialParameters,
  linearModules,
  loraParameterShapes,
  parameterShapes,
  PEFT_PREFIX,
  saveAdapterFolder,
  type DecoderConfig,
  type HeadConfig,
  type HostTensor,
  type LoraConfig,
} from '@sipf/models';
import { createRng } from '@sipf/random';
import { answeringModel, BIGRAM_POSITIONS, writeModelFolder, type TinyModel } from '@sipf/serving/testing';
import { arithmeticTokenIds, arithmeticVocabularySize, buildArithmeticTokenizer } from '@sipf/tasks';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAX_LENGTH = 64;

/**
 * A folder for one test file, to be removed at the file's end. Created when its path is first read, because a file whose tests
 * are all skipped never removes it.
 */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  let path: string | undefined;
  return {
    get path() {
      return (path ??= mkdtempSync(join(tmpdir(), 'sipf-test-')));
    },
    remove: () => {
      if (path !== undefined) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** A model of the arithmetic task that answers immediately, with 1 or 2. */
export function answering(): TinyModel {
  const tokenizer = buildArithmeticTokenizer(BIGRAM_POSITIONS);
  return answeringModel({ tokenizer, ids: arithmeticTokenIds, mark: '#### ', answers: ['1', '2'] });
}

/**
 * A Llama of random weights over the arithmetic task's tokens; another `seed` gives another model. @param changes to its shape
 */
export function randomModel(
  seed: string,
  head: HeadConfig = 'lm',
  changes: Partial<DecoderConfig> = {},
): TinyModel {
  const { bos, eos, pad } = arithmeticTokenIds;
  const config: DecoderConfig = {
    modelType: 'llama',
    hiddenSize: 16,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    numKeyValueHeads: 1,
    headDim: 8,
    intermediateSize: 24,
    vocabSize: arithmeticVocabularySize,
    rmsNormEps: 1e-5,
    tieWordEmbeddings: true,
    maxPositionEmbeddings: MAX_LENGTH,
    rope: { kind: 'default', theta: 10_000 },
    attentionBias: false,
    mlpBias: false,
    bosTokenId: bos,
    eosTokenIds: [eos],
    padTokenId: pad,
    head,
    ...changes,
  };
  const rng = createRng(seed);
  const parameters = initialParameters(config, rng, 0.3);
  // A fresh head is close to indifferent; a trained one is not.
  for (const name of ['score.weight', 'score.bias']) {
    const values = parameters.get(name);
    const draws = rng.split(`test/${name}`);
    if (values !== undefined)
      parameters.set(
        name,
        values.map(() => draws.normal()),
      );
  }
  return { config, parameters, tokenizer: buildArithmeticTokenizer(MAX_LENGTH) };
}

/** A verifier of random weights that reads the arithmetic task's prompt. */
export function randomVerifier(seed: string): TinyModel {
  return randomModel(seed, { kind: 'token-classification', numLabels: 2, features: 'hidden' });
}

/** Writes a model under a unique name. */
export async function writeModel(parent: string, name: string, model: TinyModel): Promise<string> {
  const folder = join(parent, name);
  await writeModelFolder(folder, model);
  return folder;
}

/**
 * Writes an adapter that changes its base's output.
 * @param base the base's digest in the adapter's metadata
 * @param head that it adds to a language model
 * @param deviation of its values
 */
export async function writeAdapter(
  folder: string,
  { config: { head: own, ...body } }: TinyModel,
  base: string,
  {
    seed = 'adapter',
    head = own,
    rank = 2,
    deviation = 1,
  }: {
    readonly seed?: string;
    readonly head?: HeadConfig;
    readonly rank?: number;
    readonly deviation?: number;
  } = {},
): Promise<string> {
  const lora: LoraConfig = { rank, alpha: 8, targetModules: ['q_proj', 'down_proj'], dropout: 0 };
  const config: DecoderConfig = { ...body, head };
  const brought =
    head === own ? [] : [...parameterShapes(config)].filter(([name]) => name.startsWith('score'));
  const rng = createRng(seed);
  const shapes = new Map([
    ...loraParameterShapes(lora, linearModules(config)),
    ...brought.map(([name, shape]) => [PEFT_PREFIX + name, shape] as const),
  ]);
  const tensors = new Map(
    [...shapes].map(([name, shape]): [string, HostTensor] => {
      const draws = rng.split(name);
      const size = shape.reduce((product, extent) => product * extent, 1);
      return [
        name,
        {
          dtype: 'float32',
          shape,
          data: Float32Array.from({ length: size }, () => deviation * draws.normal()),
        },
      ];
    }),
  );
  const modulesToSave = [...new Set(brought.map(([name]) => name.split('.')[0] ?? ''))];
  await saveAdapterFolder(folder, { config, digest: base }, { lora, tensors, modulesToSave });
  return folder;
}
