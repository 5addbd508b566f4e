import { createRng } from '@sipf/random';
import {
  arithmeticTokenIds,
  arithmeticVocabularySize,
  buildArithmeticTokenizer,
  generateArithmetic,
  type Problem,
} from '@sipf/tasks';
import { isModelFile, loadModelFolder } from '@sipf/models';
import type { InitialModelConfig, RunConfig } from '@sipf/contracts';
import { planRun } from '@sipf/planning';
import { SipfError } from '@sipf/errors';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { StageResult } from '../log/run-log.ts';
import { putRecords } from './records.ts';
import type { StageContext } from './stage-context.ts';

/** The problems of a run. */
interface Splits {
  /** D_0, with solutions. */
  readonly train: readonly Problem[];
  /** Questions of the loop. */
  readonly loop: readonly Problem[];
  readonly test: readonly Problem[];
  /** Solved problems for a simulator trained from scratch. */
  readonly simulator: readonly Problem[];
}

/** Puts everything that a run starts from into the store: problems, models, and shapes to train from scratch. */
export async function prepareData(context: StageContext): Promise<StageResult> {
  const { config, artifacts } = context;
  const splits = await loadSplits(context);
  const outputs: Record<string, string> = {};
  for (const [name, problems] of Object.entries(splits) as [keyof Splits, readonly Problem[]][]) {
    if (problems.length > 0) outputs[name] = (await putRecords(artifacts, problems)).digest;
  }
  await addModel(context, outputs, 'policy', config.policy);
  if (config.simulator !== undefined && usesSimulator(config) && config.simulator.model !== 'policy') {
    await addModel(context, outputs, 'simulator', config.simulator);
  }
  const counts = Object.entries(splits).map(([name, problems]) => [name, (problems as Problem[]).length]);
  return { outputs, counts: Object.fromEntries(counts) as Record<string, number>, figures: {} };
}

/** Whether anything in the run's plan asks the simulator. */
function usesSimulator(config: RunConfig): boolean {
  return planRun(config).some(({ kind }) => kind === 'label' || kind === 'train-verifier');
}

function trainsSimulator(config: RunConfig): boolean {
  return planRun(config).some(({ kind }) => kind === 'simulator');
}

async function loadSplits({ config, task }: StageContext): Promise<Splits> {
  const settings = config.task;
  if (settings.name === 'arithmetic') {
    const { trainProblems: sft, loopQuestions: loop, testQuestions: test } = settings;
    const strong = trainsSimulator(config) ? settings.simulatorProblems : 0;
    const data = generateArithmetic({ seed: config.seed, sft, loop, test, strong });
    return { train: data.sft, loop: data.loop, test: data.test, simulator: data.strong };
  }
  const train = task.parseProblems(await readText(settings.train, 'task.train'), basename(settings.train));
  const test = task.parseProblems(await readText(settings.test, 'task.test'), basename(settings.test));
  return {
    train: subset(train, settings.trainProblems, config.seed, 'train'),
    // The paper samples on the training questions: their solutions are M_0's, their answers the loop's.
    loop: subset(train, settings.loopQuestions, config.seed, 'loop'),
    test: subset(test, settings.testQuestions, config.seed, 'test'),
    simulator: [],
  };
}

/** A seeded choice in the dataset's own order; all of it where no size is given. */
function subset(
  problems: readonly Problem[],
  size: number | undefined,
  seed: number,
  label: string,
): readonly Problem[] {
  if (size === undefined || size >= problems.length) return problems;
  const chosen = new Set(createRng(seed).split(`subset/${label}`).shuffle(problems).slice(0, size));
  return problems.filter((problem) => chosen.has(problem));
}

async function readText(path: string, field: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const description = `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}`;
    throw new SipfError('invalid-argument', `${field} ${basename(path)} ${description}`, {
      reason: 'DATASET_INVALID',
      violations: [{ field, description }],
      cause,
    });
  }
}

type Origin = Pick<RunConfig['policy'], 'model' | 'initial'>;

/** Stores the folder of a model, or the folder of a shape as `<name>Config`. */
async function addModel(
  { artifacts, config }: StageContext,
  outputs: Record<string, string>,
  name: string,
  { model, initial }: Origin,
): Promise<void> {
  if (model !== undefined) {
    // A folder that cannot be loaded is refused before anything is computed.
    (await loadModelFolder(model)).close();
    outputs[name] = (await artifacts.putFolder(model, isModelFile)).digest;
  } else if (initial !== undefined) {
    if (config.task.name !== 'arithmetic') {
      throw new SipfError(
        'invalid-argument',
        'only the arithmetic task brings a tokenizer for a model from scratch',
        {
          reason: 'INVALID_FIELD',
          violations: [
            {
              field: `${name}.initial`,
              description: 'needs task.name arithmetic; give a model folder instead',
            },
          ],
        },
      );
    }
    const folder = await mkdtemp(join(tmpdir(), 'sipf-shape-'));
    try {
      await writeShape(folder, initial);
      outputs[`${name}Config`] = (await artifacts.putFolder(folder)).digest;
    } finally {
      await rm(folder, { recursive: true });
    }
  }
}

async function writeShape(folder: string, shape: InitialModelConfig): Promise<void> {
  const { tokenizer, config } = buildArithmeticTokenizer(shape.maxPositionEmbeddings);
  const files = {
    'config.json': llamaConfig(shape),
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': config,
  };
  for (const [name, value] of Object.entries(files)) {
    await writeFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  }
}

/** A Hugging Face config.json for the bundled task's vocabulary. */
function llamaConfig(shape: InitialModelConfig): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: arithmeticVocabularySize,
    hidden_size: shape.hiddenSize,
    intermediate_size: shape.intermediateSize,
    num_hidden_layers: shape.numHiddenLayers,
    num_attention_heads: shape.numAttentionHeads,
    num_key_value_heads: shape.numKeyValueHeads,
    head_dim: shape.hiddenSize / shape.numAttentionHeads,
    hidden_act: 'silu',
    initializer_range: 0.02,
    max_position_embeddings: shape.maxPositionEmbeddings,
    rms_norm_eps: 1e-6,
    rope_parameters: { rope_type: 'default', rope_theta: shape.ropeTheta },
    tie_word_embeddings: shape.tieWordEmbeddings,
    attention_bias: false,
    mlp_bias: false,
    bos_token_id: arithmeticTokenIds.bos,
    eos_token_id: arithmeticTokenIds.eos,
    pad_token_id: arithmeticTokenIds.pad,
    dtype: 'float32',
  };
}
