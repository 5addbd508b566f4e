import type { FieldViolation } from '@sipf/errors';
import { deviceRefusal, type DeviceName, type DeviceUse } from '../devices.ts';
import { ENGINE_TAKES, VLLM_LORA_RANKS } from '../engines.ts';
import type { OptimisationConfig } from '../settings/optimisation.ts';
import { samplingViolations } from './engine-sampling.ts';
import type { RunConfig } from './run-config.ts';

type Lora = NonNullable<RunConfig['policy']['lora']>;

/** What the engines of others cannot do of what a run's settings ask, each with its remedy. */
export function engineViolations(config: RunConfig): FieldViolation[] {
  const { engines } = config;
  if (engines === undefined) return [];
  const found = [
    ...deviceViolations(config, engines),
    ...trainerViolations(config, engines.trainer),
    ...poolingViolations(config),
    ...hookViolations(engines),
    ...samplingViolations(config),
  ];
  const { lora } = config.policy;
  if (engines.policy.kind === 'vllm' && lora !== undefined) found.push(...vllmViolations(lora));
  if (engines.policy.kind === 'openai' && engines.policy.hook === undefined && lora === undefined) {
    found.push({
      field: 'engines.policy.kind',
      description:
        'openai has no way to take new weights: set policy.lora, whose adapters it ' +
        'loads, name a hook that starts it with them, or let kind be vllm or engine',
    });
  }
  return found;
}

type Trainer = NonNullable<RunConfig['engines']>['trainer'];

function trainerViolations(config: RunConfig, trainer: Trainer): FieldViolation[] {
  if (trainer.kind !== 'trl') return [];
  const { verifier, policy } = config;
  const { adapterQuantisation, headQuantisation } = ENGINE_TAKES.trl;
  const found: FieldViolation[] = [];
  const adapter = policy.lora?.quantisation ?? 'none';
  if (!adapterQuantisation.includes(adapter))
    found.push(notTaken('policy.lora.quantisation', 'trl', adapterQuantisation));
  if (verifier?.trainable === 'head' && !headQuantisation.includes(verifier.quantisation))
    found.push(notTaken('verifier.quantisation', 'trl', headQuantisation));
  return [
    ...found,
    ...shardingViolations(config, trainer),
    ...trainings(config).flatMap((one) => shareViolations(one, trainer.processes)),
  ];
}

/** As our own services and trainer refuse it when they come to it. */
function deviceViolations(
  config: RunConfig,
  { policy, simulator, verifier, trainer }: NonNullable<RunConfig['engines']>,
): FieldViolation[] {
  const parts = { policy, simulator, verifier };
  const served = Object.entries(parts).flatMap(([part, engine]) => {
    if (engine.kind !== 'engine') return [];
    const { device = 'cpu', precision = 'float32' } = engine;
    const work = part === 'verifier' ? 'scoring' : 'generation';
    const description = deviceRefusal({ device, precision, quantisation: 'none', work });
    return description === undefined ? [] : [{ field: `engines.${part}.precision`, description }];
  });
  return trainer.kind === 'engine' ? [...served, ...ownTrainerViolations(config, trainer.device)] : served;
}

/** What our own engine does not train, in which precision and on which weights, for a run that it trains. */
export function ownTrainerViolations(config: RunConfig, device: DeviceName = 'cpu'): FieldViolation[] {
  const refused = (field: string, use: Pick<DeviceUse, 'precision' | 'quantisation'>): FieldViolation[] => {
    const why = deviceRefusal({ device, ...use, work: 'training' });
    if (why === undefined) return [];
    return [{ field, description: `${why}: set one of these, or let engines.trainer.kind be trl` }];
  };
  return [
    ...trainings(config).flatMap(({ field, optimisation: { precision } }) =>
      refused(`${field}.precision`, { precision, quantisation: 'none' }),
    ),
    ...Object.entries(quantisations(config)).flatMap(([field, quantisation]) =>
      refused(field, { precision: 'float32', quantisation }),
    ),
  ];
}

/** How frozen weights are kept, by setting. */
function quantisations({ policy, verifier }: RunConfig): Record<string, string> {
  return {
    'policy.lora.quantisation': policy.lora?.quantisation ?? 'none',
    'verifier.quantisation': verifier?.trainable === 'head' ? verifier.quantisation : 'none',
  };
}

/** As the trainer refuses such a job when it comes to it. */
function shardingViolations(
  config: RunConfig,
  { sharding }: Extract<Trainer, { readonly kind: 'trl' }>,
): FieldViolation[] {
  if (sharding === 'ddp') return [];
  const quantised = Object.entries(quantisations(config)).flatMap(([field, format]) => {
    const description =
      `${format} weights are not shared out by ${sharding}: ` +
      'let engines.trainer.sharding be ddp, or this be none';
    return format === 'none' ? [] : [{ field, description }];
  });
  const rounded = trainings(config).flatMap(({ field, optimisation: { precision } }) => {
    const description =
      `zero3 would round the trained weights themselves to ${precision}: ` +
      'let engines.trainer.sharding be fsdp2, or this be float32';
    return sharding === 'zero3' && precision !== 'float32'
      ? [{ field: `${field}.precision`, description }]
      : [];
  });
  return [...quantised, ...rounded];
}

function poolingViolations({ engines, verifier }: RunConfig): FieldViolation[] {
  const { heads } = ENGINE_TAKES.pooling;
  if (engines?.verifier.kind !== 'pooling' || verifier === undefined || heads.includes(verifier.head))
    return [];
  return [notTaken('verifier.head', 'pooling', heads)];
}

/** Servers that a hook starts name every model by its digest, and keep its weights. */
function hookViolations(engines: NonNullable<RunConfig['engines']>): FieldViolation[] {
  return (['policy', 'simulator'] as const).flatMap((part) => {
    const writer = engines[part];
    if (writer.kind === 'engine' || writer.hook === undefined) return [];
    const found: FieldViolation[] = [];
    if (writer.model !== undefined) {
      const description = 'must not be there beside hook: servers that it starts name a model by its digest';
      found.push({ field: `engines.${part}.model`, description });
    }
    if (writer.kind === 'vllm' && writer.weights === 'reload') {
      const description = 'must be fixed beside hook: weights are reloaded, or servers started anew';
      found.push({ field: `engines.${part}.weights`, description });
    }
    return found;
  });
}

function vllmViolations({ rank, modulesToSave }: Lora): FieldViolation[] {
  const found: FieldViolation[] = [];
  const most = VLLM_LORA_RANKS.at(-1) ?? 0;
  if (rank > most) {
    const description =
      `vllm takes adapters of rank ${most} at most (its --max-lora-rank ` +
      `is one of ${VLLM_LORA_RANKS.join(', ')}): lower it`;
    found.push({ field: 'policy.lora.rank', description });
  }
  if (modulesToSave.length > 0) {
    const description = 'vllm loads no adapter with modules that are saved whole: leave them out';
    found.push({ field: 'policy.lora.modulesToSave', description });
  }
  return found;
}

interface NamedTraining {
  readonly field: string;
  readonly optimisation: OptimisationConfig;
}

function trainings({ sft, tuning, simulator, verifier, alignment }: RunConfig): NamedTraining[] {
  const named = {
    sft,
    'tuning.optimisation': tuning.optimisation,
    'simulator.optimisation': simulator?.optimisation,
    'verifier.optimisation': verifier?.optimisation,
    'alignment.optimisation': alignment?.optimisation,
  };
  return Object.entries(named).flatMap(([field, optimisation]) =>
    optimisation === undefined ? [] : [{ field, optimisation }],
  );
}

/** Processes and micro-batches share an update's rows equally. */
function shareViolations({ field, optimisation }: NamedTraining, processes: number): FieldViolation[] {
  const { batchSize, accumulation } = optimisation;
  const parts = accumulation * processes;
  if (batchSize % parts === 0) return [];
  const able = [...Array(processes).keys()].map((index) => processes - index);
  const fewer = able.find((count) => batchSize % (accumulation * count) === 0);
  const remedy =
    fewer === undefined
      ? `let accumulation divide ${batchSize}`
      : `engines.trainer.processes ${fewer} would do`;
  const description = `${batchSize} rows cannot be shared by ${processes} processes in ${accumulation} parts each: ${remedy}`;
  return [{ field: `${field}.batchSize`, description }];
}

function notTaken(field: string, engine: string, taken: readonly string[]): FieldViolation {
  return {
    field,
    description: `${engine} takes ${taken.join(', ')}: set one of these, or let the engine be another`,
  };
}
