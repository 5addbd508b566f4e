import {
  urlsOf,
  type EnginePart,
  type EnginesConfig,
  type OptimisationConfig,
  type PrecisionName,
} from '@sipf/contracts';
import { stageSettings, trainingOf } from '../plan/stage-settings.ts';
import { isTraining, type Stage } from '../plan/stage.ts';
import { servedRank } from '../vllm/vllm-command.ts';
import type { Answers } from './answers.ts';
import { factsOf, simulatorShape, verifierShape, verifierShapes, type Facts } from './facts.ts';
import { longestSequence } from './longest-sequence.ts';
import {
  servingMemory,
  sumOf,
  trainingMemory,
  type MemoryPart,
  type ServingLoad,
  type TrainingLoad,
} from './memory.ts';
import type { ModelShape } from './model-shape.ts';
import { bytesOfPrecision, servedPrecision } from './precision.ts';

/** What a service of a run needs, before it is known where it goes. */
export interface ServiceNeed {
  readonly part: EnginePart;
  readonly kind: string;
  readonly shape: ModelShape;
  /** Bytes of an element. */
  readonly bytes: number;
  /** Servers, or processes of a trainer. */
  readonly replicas: number;
  /** Whether there may be more of them: behind a DNS name. */
  readonly isElastic: boolean;
  /** Of a trainer: the numbers of processes, up to its own, that can share an update's rows, ascending. */
  readonly choices?: readonly number[] | undefined;
  /** The least that one of them keeps. */
  readonly memory: readonly MemoryPart[];
  /** Of a server that writes. */
  readonly load?: ServingLoad | undefined;
  /** The setting whose training needs most, and that training. */
  readonly field?: string | undefined;
  readonly stage?: string | undefined;
  /** What a server of others must be told to compute in. */
  readonly dtype?: PrecisionName | undefined;
}

const OWN: EnginesConfig = {
  policy: { kind: 'engine' },
  simulator: { kind: 'engine' },
  verifier: { kind: 'engine' },
  trainer: { kind: 'engine' },
};

/** A run's engines; our own where it names none. */
export function enginesOf({ config }: Pick<Facts, 'config'>): EnginesConfig {
  return config.engines ?? OWN;
}

/**
 * What the services of a plan need, in the order of the configuration's parts.
 * @param parts those that the plan asks
 * @param answers what the engines say that they compute in
 */
export function needsOfServices(
  plan: readonly Stage[],
  facts: Facts,
  { parts, answers }: { readonly parts: ReadonlySet<EnginePart>; readonly answers: Answers },
): ServiceNeed[] {
  const needs = [
    writerNeed('policy', facts, answers),
    writerNeed('simulator', facts, answers),
    verifierNeed(facts, answers),
    ...trainerNeed(plan, facts),
  ];
  return needs.filter(({ part }) => parts.has(part));
}

function writerNeed(part: 'policy' | 'simulator', facts: Facts, answers: Answers): ServiceNeed {
  const { config, shapes } = facts;
  const writer = enginesOf(facts)[part];
  const shape = part === 'policy' ? shapes.policy : simulatorShape(shapes);
  const isAdapted = part === 'policy' || config.simulator?.model === 'policy';
  const rank = isAdapted ? (config.policy.lora?.rank ?? 0) : 0;
  const precision = servedPrecision(writer, answers[part]?.precision);
  const tokens = Math.min(longestSequence(part, facts).tokens, shape.maxTokens);
  const load = {
    shape,
    precision,
    rank: writer.kind === 'engine' ? rank : servedRank(rank),
    tokens,
    host: hostOf(writer),
  };
  const { bytes } = precision;
  const dtype = writer.kind === 'engine' ? undefined : precision.name;
  const own = { part, kind: writer.kind, shape, bytes, dtype };
  return { ...own, ...replicasOf(writer), memory: servingMemory(load), load };
}

/** A scoring server's adapters are merged into its weights. */
function verifierNeed(facts: Facts, answers: Answers): ServiceNeed {
  const { verifier } = enginesOf(facts);
  // One after the other: the largest needs most.
  const [shape = verifierShape(facts)] = verifierShapes(facts).toSorted(
    (a, b) => b.parameters - a.parameters,
  );
  const precision = servedPrecision(verifier, answers.verifier?.precision);
  const { prompt } = facts.texts;
  const tokens = Math.min(prompt.longest + facts.config.sampling.maxNewTokens, shape.maxTokens);
  const load = { shape, precision, rank: 0, tokens, host: hostOf(verifier) };
  return {
    part: 'verifier',
    kind: verifier.kind,
    shape,
    bytes: precision.bytes,
    ...replicasOf(verifier),
    memory: servingMemory(load),
    load,
    dtype: verifier.kind === 'engine' ? undefined : precision.name,
  };
}

function replicasOf(
  server: EnginesConfig['policy' | 'verifier'],
): Pick<ServiceNeed, 'replicas' | 'isElastic'> {
  if (server.kind === 'engine') return { replicas: 1, isElastic: false };
  const urls = urlsOf(server);
  return { replicas: urls.length, isElastic: urls.some((url) => url.startsWith('dns:')) };
}

function hostOf({ kind }: { readonly kind: string }): ServingLoad['host'] {
  return kind === 'engine' ? 'own' : 'others';
}

/** The training of the plan that keeps most. */
function trainerNeed(plan: readonly Stage[], facts: Facts): ServiceNeed[] {
  const { trainer } = enginesOf(facts);
  const trainings = plan
    .filter(isTraining)
    .map((stage) => ({ stage, ...trainingOf(stage, stageSettings(stage, facts.config)) }));
  const processes = trainer.kind === 'trl' ? trainer.processes : 1;
  const choices = choicesOf(
    processes,
    trainings.map(({ optimisation }) => optimisation),
  );
  const needs = trainings.map(({ stage, field, optimisation }) => {
    const load = trainingLoad(stage, optimisation, facts);
    const memory = trainingMemory(load);
    const { shape, bytes } = load;
    const counted = { replicas: processes, isElastic: false, choices };
    const own = { part: 'trainer' as const, kind: trainer.kind, field, stage: stage.id };
    return { ...own, shape, bytes, ...counted, memory };
  });
  return needs.toSorted((a, b) => sumOf(b.memory) - sumOf(a.memory)).slice(0, 1);
}

/** Numbers of processes that share the rows of each part of an update equally. */
function choicesOf(processes: number, trainings: readonly OptimisationConfig[]): number[] {
  return Array.from({ length: processes }, (_, index) => index + 1).filter((count) =>
    trainings.every(({ batchSize, accumulation }) => batchSize % (accumulation * count) === 0),
  );
}

/** What one process of a stage's training has to keep. */
export function trainingLoad(stage: Stage, optimisation: OptimisationConfig, facts: Facts): TrainingLoad {
  const { config } = facts;
  const { trainer } = enginesOf(facts);
  const shape = trainedShape(stage, facts);
  const processes = trainer.kind === 'trl' ? trainer.processes : 1;
  const lora =
    stage.kind === 'train-verifier' && config.verifier?.trainable !== 'lora' ? undefined : config.policy.lora;
  const isHeadOnly = stage.kind === 'train-verifier' && config.verifier?.trainable === 'head';
  const isPair = stage.kind === 'align';
  const { batchSize, accumulation, recomputeLayers } = optimisation;
  return {
    shape,
    quantisation: isHeadOnly ? (config.verifier?.quantisation ?? 'none') : (lora?.quantisation ?? 'none'),
    rank: stage.kind === 'simulator' ? 0 : (lora?.rank ?? (isHeadOnly ? 1 : 0)),
    rows: Math.ceil(batchSize / accumulation / processes) * (isPair ? 2 : 1),
    tokens: Math.min(optimisation.maxSequenceTokens, shape.maxTokens, longestRow(facts)),
    recomputeLayers,
    offload: trainer.kind === 'trl' && trainer.offloadActivations === true,
    // A verifier's head has two.
    vocabularyPiece: stage.kind === 'train-verifier' ? 2 : pieceOf(shape, optimisation, trainer.kind),
    bytes: bytesOfPrecision(optimisation.precision),
    host: hostOf(trainer),
    shards: trainer.kind === 'trl' && trainer.sharding !== 'ddp' ? processes : 1,
    buckets: trainer.kind === 'trl' && trainer.sharding === 'ddp' && processes > 1,
  };
}

/** The model that a stage trains. */
export function trainedShape(stage: Stage, facts: Facts): ModelShape {
  const { kind } = stage;
  if (kind === 'train-verifier') return verifierShape(factsOf(stage, facts));
  return kind === 'simulator' ? simulatorShape(facts.shapes) : facts.shapes.policy;
}

function longestRow({ config, texts }: Facts): number {
  return texts.prompt.longest + Math.max(texts.solution.longest, config.sampling.maxNewTokens) + 1;
}

/** As the engine cuts the vocabulary by default; TRL has a size of its own. */
function pieceOf(
  { vocabSize }: ModelShape,
  { vocabularyPiece }: OptimisationConfig,
  kind: EnginesConfig['trainer']['kind'],
): number {
  if (kind === 'trl') return vocabSize;
  return Math.min(vocabSize, vocabularyPiece ?? (vocabSize > 65_536 ? 16_384 : vocabSize));
}
