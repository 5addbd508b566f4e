import type { RunConfig } from '@sipf/contracts';
import { SipfError, type FieldViolation } from '@sipf/errors';
import type { DecoderConfig } from '@sipf/models';
import { planRun } from '@sipf/runs';
import type { OpenedModel } from './check-models.ts';

type Lora = NonNullable<RunConfig['policy']['lora']>;

/** A model that the run's adapter settings are for. */
interface Adapted {
  /** How people are told of it. */
  readonly name: string;
  /** As it is trained. */
  readonly config: DecoderConfig;
}

/** Modules of the run's adapter, to adapt or to train whole, that the policy or the verifier lacks. */
export async function adapterFaults(
  config: RunConfig,
  opened: readonly OpenedModel[],
): Promise<FieldViolation[]> {
  const { lora } = config.policy;
  if (lora === undefined) return [];
  const faults: FieldViolation[] = [];
  for (const adapted of [...adaptedPolicy(opened), ...adaptedVerifier(config, opened)])
    faults.push(...(await faultsOf(lora, adapted)));
  return faults;
}

function adaptedPolicy(opened: readonly OpenedModel[]): Adapted[] {
  const policy = opened.find(({ field }) => field === 'policy.model');
  return policy === undefined ? [] : [{ name: policy.folder, config: policy.config }];
}

/** A verifier has a head of its own in the place of the model's. */
function adaptedVerifier(config: RunConfig, opened: readonly OpenedModel[]): Adapted[] {
  const { verifier, simulator } = config;
  const isTrained = planRun(config).some(({ kind }) => kind === 'train-verifier');
  if (verifier?.trainable !== 'lora' || !isTrained) return [];
  const isPolicy = verifier.base === 'policy' || simulator?.model === 'policy';
  const base = opened.find(({ field }) => field === (isPolicy ? 'policy.model' : 'simulator.model'));
  if (base === undefined) return [];
  const features = verifier.head === 'hidden-confidence' ? 'hidden+confidence' : 'hidden';
  const head = { kind: 'token-classification', numLabels: 2, features } as const;
  return [{ name: `the verifier on ${base.folder}`, config: { ...base.config, head } }];
}

/** As the trainings will, each setting for itself: what one lacks hides nothing of the other. */
async function faultsOf(lora: Lora, { name, config }: Adapted): Promise<FieldViolation[]> {
  // Loads the engine's packages, which few commands of this program need.
  const { trainableLayout } = await import('@sipf/learning');
  const { linearModules } = await import('@sipf/models');
  const all = [...linearModules(config).keys()];
  const own = lora.targetModules.length === 0 ? all : lora.targetModules;
  const trials = [
    { field: 'policy.lora.targetModules', targetModules: own, modulesToSave: [] },
    ...lora.modulesToSave.map((module, index) => ({
      field: `policy.lora.modulesToSave.${index}`,
      ...{ targetModules: all, modulesToSave: [module] },
    })),
  ];
  return trials.flatMap(({ field, targetModules, modulesToSave }) => {
    try {
      trainableLayout(config, { kind: 'lora', lora: { ...lora, targetModules }, modulesToSave });
      return [];
    } catch (error) {
      if (!(error instanceof SipfError)) throw error;
      return [{ field, description: `${name}: ${error.message}` }];
    }
  });
}
