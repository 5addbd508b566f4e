import { type DecoderWeights, locateMapped, openModel, type ReadWeight } from '@sipf/inference';
import {
  initialLora,
  initialVerifierHead,
  linearModules,
  loadAdapterFolder,
  loadModelFolder,
  loraParameterShapes,
  modelChanged,
  parameterStart,
  readDecoderConfig,
  type DecoderConfig,
  type GenerationTokens,
  type LoraConfig,
} from '@sipf/models';
import { createRng, type Rng } from '@sipf/random';
import { resolve } from 'node:path';
import { checkContinued } from './continued-adapter.ts';
import type { TrainingJob, TrainingStart } from './training-job.ts';

/** The weights that a training begins with. */
export interface StartingModel extends Pick<DecoderWeights, 'folder' | 'locate'> {
  /** The trained model's, head included. */
  readonly config: DecoderConfig;
  /** Of the base's folder; undefined for fresh weights. */
  readonly digest: string | undefined;
  /** Of base and adapter, where the training continues one. */
  readonly startDigest: string | undefined;
  /** Any tensor of the model by Hugging Face name, and of an adapter by PEFT name. */
  readonly read: ReadWeight;
  /** Folder whose tokenizer files the result gets. */
  readonly tokenizerFolder: string;
  /** End tokens of the base; undefined: the configuration's. */
  readonly generation: GenerationTokens | undefined;
  close(): void;
}

/** What PEFT puts before a base tensor's name. */
const PEFT_PREFIX = 'base_model.model.';

/** Opens the base and draws whatever it does not have. @throws SipfError as loadModelFolder, loadAdapterFolder */
export async function openStartingModel(job: TrainingJob): Promise<StartingModel> {
  const rng = createRng(job.seed).split('initial');
  const { start, trainable } = job;
  if (start.kind === 'scratch') return withFreshTensors(scratch(start.configFolder, rng), job, rng);
  if (trainable.kind === 'lora' && start.adapterFolder !== undefined) {
    const model = await withOpenAdapter({ start, trainable, folder: start.adapterFolder }, job, rng);
    return withFreshTensors(model, job, rng);
  }
  const model = await openModel(start);
  const base = {
    config: model.config,
    digest: model.facts.digest,
    startDigest: model.facts.digest,
    folder: model.folder,
    read: model.read,
    locate: (name: string) => model.locate(name),
    tokenizerFolder: start.folder,
    generation: model.generation,
    close: () => {
      model.close();
    },
  };
  return withFreshTensors(base, job, rng);
}

function scratch(folder: string, rng: Rng): StartingModel {
  const config = readDecoderConfig(folder);
  return {
    config,
    digest: undefined,
    startDigest: undefined,
    folder: undefined,
    locate: () => undefined,
    read: parameterStart(config, rng),
    tokenizerFolder: folder,
    generation: undefined,
    close: () => undefined,
  };
}

interface Continued {
  readonly start: TrainingStart & { kind: 'pretrained' };
  readonly trainable: TrainingJob['trainable'] & { kind: 'lora' };
  /** The adapter's. */
  readonly folder: string;
}

/**
 * The base as it is, with the adapter's tensors beside it under their PEFT names, and a verifier's head where neither has one.
 */
async function withOpenAdapter(
  { start, trainable, folder }: Continued,
  job: TrainingJob,
  rng: Rng,
): Promise<StartingModel> {
  const base = await loadModelFolder(start.folder);
  const { digest: expected = base.digest } = start;
  if (base.digest !== expected) throw modelChanged(start.folder, { expected, actual: base.digest });
  const config = trainedConfig(base.config, job);
  const adapter = await loadAdapterFolder(folder, { config, digest: base.digest });
  checkContinued(config, trainable, adapter);
  const lacksHead =
    config.head !== 'lm' && base.config.head === 'lm' && !adapter.tensors.has(`${PEFT_PREFIX}score.weight`);
  const head: ReadonlyMap<string, Float32Array> = lacksHead ? initialVerifierHead(config, rng) : new Map();
  return {
    config,
    digest: base.digest,
    startDigest: `${base.digest}+${adapter.digest}`,
    folder: resolve(base.dir),
    locate: locateMapped(base.tensors),
    // A module that is trained whole from here on may not have been before.
    read: (name) => {
      if (adapter.tensors.has(name)) return adapter.tensors.float32(name);
      const plain = name.replace(PEFT_PREFIX, '');
      return head.get(plain) ?? base.tensors.float32(plain);
    },
    tokenizerFolder: start.folder,
    generation: base.generation,
    close: () => {
      adapter.close();
      base.close();
    },
  };
}

function withFreshTensors(base: StartingModel, job: TrainingJob, rng: Rng): StartingModel {
  const config = trainedConfig(base.config, job);
  const head =
    config.head !== 'lm' && base.config.head === 'lm' ? initialVerifierHead(config, rng) : new Map();
  const adapter = job.trainable.kind === 'lora' ? freshAdapter(config, job.trainable.lora, rng) : new Map();
  const fresh = new Map<string, Float32Array>([...head, ...adapter]);
  const goesOn =
    job.trainable.kind === 'lora' && job.start.kind === 'pretrained' && job.start.adapterFolder !== undefined;
  const read: ReadWeight = (name) => {
    if (goesOn && name.startsWith(PEFT_PREFIX)) return base.read(name);
    const plain = name.includes('.lora_') ? name : name.replace(PEFT_PREFIX, '');
    return fresh.get(plain) ?? base.read(plain);
  };
  return { ...base, config, read };
}

function freshAdapter(config: DecoderConfig, lora: LoraConfig, rng: Rng): Map<string, Float32Array> {
  return initialLora(loraParameterShapes(lora, linearModules(config)), rng.split('lora'));
}

/** A reward objective puts a verifier's head on a language model. */
function trainedConfig(config: DecoderConfig, job: TrainingJob): DecoderConfig {
  const { kind } = job.objective;
  const isReward = kind === 'process-reward' || kind === 'outcome-reward';
  if (!isReward || config.head !== 'lm') return config;
  const head = job.verifierHead ?? { kind: 'token-classification', numLabels: 2, features: 'hidden' };
  return { ...config, head };
}
