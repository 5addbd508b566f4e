import { kindOf, type DeviceName, type PrecisionName } from '@sipf/contracts/devices';
import {
  linearModules,
  lmHeadWeight,
  openTensors,
  parameterShapes,
  type DecoderConfig,
  type TensorSource,
} from '@sipf/models';
import type { WeightQuantisation } from './model-source.ts';
import { locateMapped } from './open-model.ts';
import { bitsOf, EMBEDDING } from './rounded-weights.ts';
import { bytesOfBlocks } from './weight-blocks.ts';

/** A part of what a model takes of this machine's memory. */
export interface MemoryPart {
  readonly what: string;
  readonly bytes: number;
  /** How it is computed, in words. */
  readonly how: string;
}

/** What a model takes, and where. */
export interface MemoryPlan {
  readonly machine: readonly MemoryPart[];
  /** Nothing for the CPU. */
  readonly device: readonly MemoryPart[];
}

/** How a model is served. */
export interface ServedForm {
  readonly device: DeviceName;
  readonly quantisation: WeightQuantisation;
  readonly precision: PrecisionName;
  /** Threads that each hold the model. */
  readonly workers: number;
  readonly work: 'scoring' | 'generation';
}

/** What Node, its modules and the runtime hold before there is a model; measured. */
const PROCESS_BYTES = 225 * 1024 ** 2;
/** Tokens that are planned for: those of a scorer's batch, and as many between the prompts and texts of a generator. */
const PLANNED_TOKENS = 1024;
/** Rows of that batch, of which a generator has the logits of one token each. */
const PLANNED_ROWS = 16;
const FLOAT = 4;

/**
 * What it takes to serve the model of a folder, by the headers of its files: nothing else of them is read. Each worker holds
 * the weights; while its session opens, those that are not mapped from a file lie beside it, in memory, and later a batch does.
 * On a device the machine's memory has what is not mapped for as long as that takes.
 * @throws SipfError as openTensors
 */
export function planMemory(folder: string, form: ServedForm): MemoryPlan {
  const { config, tensors } = openTensors(folder);
  try {
    return partsOf(config, tensors, form);
  } finally {
    tensors.close();
  }
}

function partsOf(config: DecoderConfig, tensors: TensorSource, form: ServedForm): MemoryPlan {
  const { quantisation, precision, workers, work } = form;
  const bytes = weightBytes(config, form);
  const each = workers === 1 ? '' : `${workers} workers x `;
  const perParameter = (bytes / parametersOf(config)).toFixed(2);
  const part = (what: string, own: number, how: string): MemoryPart[] =>
    own === 0 ? [] : [{ what, bytes: workers * own, how: each + how }];
  const parts = {
    process: [{ what: 'the process', bytes: PROCESS_BYTES, how: 'as measured' }],
    weights: part(
      `weights in ${quantisation === 'none' ? precision : quantisation}`,
      bytes,
      `${count(parametersOf(config))} parameters x ${perParameter} bytes`,
    ),
    head: part('the LM head as products read it', packedHead(config, form), 'the embeddings once more'),
    copy: part('copies while they are loaded', copyBytes(config, tensors, form), 'no file has them so'),
    batch: part(
      `a batch of ${work}`,
      batchBytes(config, form),
      `${PLANNED_ROWS} rows x ${PLANNED_TOKENS / PLANNED_ROWS} tokens`,
    ),
  };
  if (kindOf(form.device) !== 'cpu')
    return { machine: [...parts.process, ...parts.copy], device: [...parts.weights, ...parts.batch] };
  return { machine: Object.values(parts).flat(), device: [] };
}

/** Where embeddings and LM head are one matrix, rows are read of it as it is, and products read it packed. */
function packedHead(config: DecoderConfig, { quantisation, precision }: ServedForm): number {
  const isTied = config.head === 'lm' && config.tieWordEmbeddings;
  if (!isTied || quantisation !== 'none' || precision !== 'float32') return 0;
  return FLOAT * config.vocabSize * config.hiddenSize;
}

function copyBytes(config: DecoderConfig, tensors: TensorSource, form: ServedForm): number {
  const { quantisation, precision } = form;
  if (quantisation === 'none')
    return locateMapped(tensors, precision)(EMBEDDING) === undefined ? weightBytes(config, form) : 0;
  const bytes = weightBytes(config, form);
  const largest = Math.max(...[...parameterShapes(config).values()].map(elements));
  const rounding = bytes + FLOAT * largest;
  // The runtime packs them for the CPU's products while both other copies are there: 7B in int4 took 19.1 GiB at the most.
  return kindOf(form.device) === 'cpu' ? Math.max(rounding, 2 * bytes) : rounding;
}

function weightBytes(config: DecoderConfig, { quantisation, precision }: ServedForm): number {
  const matrices = new Set([...linearModules(config).keys()].map((module) => `${module}.weight`));
  const tables = new Set([EMBEDDING, ...(config.head === 'lm' ? [lmHeadWeight(config)] : [])]);
  let sum = 0;
  for (const [name, shape] of parameterShapes(config)) {
    const [rows = 1, columns] = shape;
    if (columns === undefined) sum += rows * FLOAT;
    else if (quantisation === 'none') sum += rows * columns * (precision === 'float32' ? FLOAT : 2);
    else if (tables.has(name)) sum += bytesOfBlocks([rows, columns], 8);
    else if (matrices.has(name)) sum += bytesOfBlocks([rows, columns], bitsOf(name, quantisation, config));
    else sum += rows * columns * FLOAT;
  }
  return sum;
}

/** A layer's activations of all tokens, what a token leaves in every layer's cache, and logits with their softmax. */
function batchBytes(config: DecoderConfig, { work }: ServedForm): number {
  const { hiddenSize, intermediateSize, numHiddenLayers, numKeyValueHeads, headDim, vocabSize, head } =
    config;
  const layer = 6 * hiddenSize + 3 * intermediateSize;
  // Keys and values, which leave a session as copies.
  const cache = work === 'generation' ? 2 * 2 * numHiddenLayers * numKeyValueHeads * headDim : 0;
  const hasLogits = head === 'lm' || head.features === 'hidden+confidence';
  const scored = work === 'generation' ? PLANNED_ROWS : PLANNED_TOKENS;
  const logits = hasLogits ? 2 * scored * vocabSize : 0;
  return FLOAT * (PLANNED_TOKENS * (layer + cache) + logits);
}

function parametersOf(config: DecoderConfig): number {
  return [...parameterShapes(config).values()].reduce((sum, shape) => sum + elements(shape), 0);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((all, size) => all * size, 1);
}

function count(value: number): string {
  return value.toLocaleString('en');
}
