import { ownTrainerViolations } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import { planRun } from '../plan/plan-run.ts';
import { rowOf } from '../plan/stage-kinds.ts';
import { stageSettings, trainingOf } from '../plan/stage-settings.ts';
import { isTraining, type Stage } from '../plan/stage.ts';
import type { Answers } from './answers.ts';
import { coresOf, type Cluster } from './cluster.ts';
import { diskParts } from './disk.ts';
import type { Facts } from './facts.ts';
import { hostMemory, hostRefusal, type HostMemory } from './host-memory.ts';
import { sumOf, type MemoryPart } from './memory.ts';
import { mergingsOf, type Merging } from './merging.ts';
import { adapterParameters } from './model-shape.ts';
import { placeServices, size, type PlacedService } from './placement.ts';
import { plannedModels, type PlannedModel } from './planned-models.ts';
import { coreRate, flopsPerToken, readingRate, trainingRate, writingRate, type Rate } from './rates.ts';
import { engineNotes, engineRefusals } from './refusals.ts';
import { enginesOf, needsOfServices, trainedShape, trainingLoad } from './services.ts';
import { worksOf, type Counted, type Work } from './work.ts';

/** A stage with its cost. */
interface StageForecast extends Work {
  readonly id: string;
  readonly description: string;
  readonly hours: number;
  readonly gpuHours: number;
  /** The throughput that the hours assume, and the tokens that go by it: hours = sum of tokens / perSecond / 3600. */
  readonly rates: readonly TimedRate[];
  /** A verifier that is merged before the stage can ask it: its hours are among the stage's, and none of a GPU's. */
  readonly merging?: Merging | undefined;
}

/** Tokens that are read, written or trained at a rate. */
interface TimedRate extends Rate {
  readonly tokens: number;
}

/** What a run will take, and whether it can. */
export interface Forecast {
  readonly stages: readonly StageForecast[];
  readonly services: readonly PlacedService[];
  readonly disk: readonly MemoryPart[];
  /** What TRL's processes need of main memory; absent where it trains nothing. */
  readonly host?: HostMemory | undefined;
  readonly models: readonly PlannedModel[];
  /** From the first stage to the last; stages that wait neither for each other nor for a service go side by side. */
  readonly hours: number;
  /** Hours of the GPUs that are at work. */
  readonly gpuHours: number;
  /** Hours of all GPUs of the cluster, idle ones too. */
  readonly reservedGpuHours: number;
  readonly refusals: readonly FieldViolation[];
  /** Those of {@link refusals} that engines would make wherever the run is planned for. */
  readonly engineRefusals: readonly FieldViolation[];
  readonly notes: readonly string[];
}

/** @param answers what engines that are there say of themselves, and how fast they were measured to be */
export function forecast(facts: Facts, cluster: Cluster, answers: Answers = {}): Forecast {
  const plan = planRun(facts.config);
  const works = worksOf(plan, facts);
  const parts = new Set([...works.values()].flatMap(({ part }) => part ?? []));
  const { services, refusals } = placeServices(needsOfServices(plan, facts, { parts, answers }), cluster);
  const around = { facts, cluster, answers, services, works, mergings: mergingsOf(plan, facts) };
  const stages = plan.map((stage) => stageForecast(stage, around));
  const hours = hoursInAll(plan, new Map(stages.map((stage) => [stage.id, stage])));
  const disk = diskParts(plan, facts, works);
  const host = hostMemory(plan, facts);
  const refusedByEngines = engineRefusals(facts, answers);
  return {
    stages,
    services,
    disk,
    host,
    models: plannedModels(facts, parts),
    hours,
    gpuHours: stages.reduce((sum, stage) => sum + stage.gpuHours, 0),
    reservedGpuHours: hours * cluster.gpus,
    refusals: [
      ...refusals,
      ...(facts.config.engines === undefined ? ownTrainerViolations(facts.config) : []),
      ...refusedByEngines,
      ...diskRefusal(disk, cluster),
      ...(cluster.gpus > 0 ? hostRefusal(host, cluster) : []),
    ],
    engineRefusals: refusedByEngines,
    notes: [...engineNotes(facts, answers), ...idleNote(services, cluster)],
  };
}

/** What a run leaves on disk. */
export function diskNeeds(facts: Facts): MemoryPart[] {
  const plan = planRun(facts.config);
  return diskParts(plan, facts, worksOf(plan, facts));
}

interface Surroundings {
  readonly facts: Facts;
  readonly cluster: Cluster;
  readonly answers: Answers;
  readonly services: readonly PlacedService[];
  readonly works: ReadonlyMap<string, Work>;
  readonly mergings: readonly Merging[];
}

function stageForecast(stage: Stage, around: Surroundings): StageForecast {
  const { id, kind } = stage;
  const work = around.works.get(id) as Work;
  const service = around.services.find(({ part }) => part === work.part);
  const rates = service === undefined ? [] : ratesOf(stage, work, service, around);
  const seconds = rates.reduce((sum, { tokens, perSecond }) => sum + tokens / perSecond, 0);
  const working = Number.isFinite(seconds) ? seconds / 3600 : Infinity;
  const merging = around.mergings.find((one) => one.stage === id);
  return {
    ...{ ...work, id, description: rowOf(kind).description, rates },
    hours: working + (merging?.hours ?? 0),
    gpuHours: service === undefined || service.gpus === 0 ? 0 : working * service.gpus,
    ...(merging !== undefined && { merging }),
  };
}

function ratesOf(stage: Stage, work: Work, service: PlacedService, around: Surroundings): TimedRate[] {
  if (work.part === 'trainer') return [{ tokens: work.trained, ...trainerRate(stage, service, around) }];
  const { shape, gpus } = service;
  const isOwn = service.kind === 'engine';
  const measured = around.answers[service.part]?.measured;
  const times = (rate: Rate): Rate => ({
    ...rate,
    perSecond: rate.perSecond * gpus,
    how: `${gpus} x (${rate.how})`,
  });
  const cores = { workers: 1, threads: coresOf(around.cluster) };
  const flops = 2 * shape.parameters;
  if (measured !== undefined) {
    const tokens = work.part === 'verifier' ? work.read : work.written;
    return [{ tokens, ...measured, source: 'measured' }];
  }
  const read = isOwn
    ? coreRate('score', flops, cores)
    : times(readingRate(shape, around.cluster, service.bytes));
  if (work.part === 'verifier') return [{ tokens: work.read, ...read }];
  const written = isOwn ? coreRate('write', flops, cores) : times(serverRate(service, work.context, around));
  return [
    { tokens: work.read, ...read },
    { tokens: work.written, ...written },
  ];
}

/** As many sequences a server as fit, and as are asked for at a time. @param context of one sequence in tokens */
function serverRate(service: PlacedService, context: Counted, { facts, cluster }: Surroundings): Rate {
  const engine = enginesOf(facts)[service.part];
  const asked = ('concurrency' in engine ? engine.concurrency : undefined) ?? 64;
  const rows = Math.max(1, Math.min(service.sequences, Math.ceil(asked / Math.max(1, service.gpus))));
  const rate = writingRate(service.shape, cluster, { rows, tokens: context.value, bytes: service.bytes });
  return { ...rate, how: `${rate.how}; tokens of a sequence: ${context.how}` };
}

function trainerRate(stage: Stage, service: PlacedService, { facts, cluster }: Surroundings): Rate {
  if (!isTraining(stage)) throw new RangeError(`stage ${stage.id} trains nothing`);
  const { optimisation } = trainingOf(stage, stageSettings(stage, facts.config));
  const shape = trainedShape(stage, facts);
  const { rank, bytes } = trainingLoad(stage, optimisation, facts);
  const adapter = rank === 0 ? 0 : adapterParameters(shape, rank);
  // DPO and RPO read every pair with the reference too, as much as a forward pass that is computed again.
  const hasReference = stage.kind === 'align' && /^(?:dpo|rpo)$/.test(stage.method.objective);
  const recompute = optimisation.recomputeLayers || hasReference;
  if (service.kind === 'engine') {
    const flops = flopsPerToken({ parameters: shape.parameters, adapter, recompute });
    return coreRate('train', flops, { workers: 1, threads: coresOf(cluster) });
  }
  return trainingRate(shape, cluster, { processes: Math.max(1, service.gpus), bytes, adapter, recompute });
}

/**
 * Hours from the first stage to the last: a stage waits for those that it reads, and for its service, which others keep at work.
 * @param works hours by stage, and the part that does it
 */
export function hoursInAll(
  plan: readonly Pick<Stage, 'id' | 'after'>[],
  works: ReadonlyMap<string, Pick<StageForecast, 'hours' | 'part'>>,
): number {
  const ends = new Map<string, number>();
  const free = new Map<string, number>();
  for (const { id, after } of plan) {
    const { hours = 0, part } = works.get(id) ?? {};
    const ready = after.map((before) => ends.get(before) ?? 0);
    const end = Math.max(0, free.get(part ?? '') ?? 0, ...ready) + hours;
    ends.set(id, end);
    if (part !== undefined) free.set(part, end);
  }
  return Math.max(0, ...ends.values());
}

function diskRefusal(disk: readonly MemoryPart[], { disk: room }: Cluster): FieldViolation[] {
  const needed = sumOf(disk);
  if (room === undefined || needed <= room) return [];
  const description = `is ${size(room)} and the run needs ${size(needed)}: make room, or keep artifacts on a server`;
  return [{ field: 'cluster.disk', description }];
}

function idleNote(services: readonly PlacedService[], { gpus }: Cluster): string[] {
  const used = services.every(({ isAlone, kind }) => isAlone || kind === 'engine')
    ? services.reduce((sum, service) => sum + service.gpus, 0)
    : gpus;
  if (gpus === 0 || used >= gpus) return [];
  const isOwn = services.every(({ kind }) => kind === 'engine');
  const remedy = isOwn
    ? 'our own engine is planned on processors, and engines: names those that use GPUs'
    : 'engines.trainer.processes, or more servers, would use them';
  return [`${gpus - used} of ${gpus} GPUs have nothing to do: ${remedy}`];
}
