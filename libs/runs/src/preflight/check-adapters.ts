import type { InitialModelConfig, RunConfig } from '@sipf/contracts';
import { SipfError, type FieldViolation } from '@sipf/errors';
import type { DecoderConfig } from '@sipf/models';
import { planRun } from '../plan/plan-run.ts';
import type { OpenedModel } from './opened.ts';

type Lora = NonNullable<RunConfig['policy']['lora']>;

type BaseSection = 'verifier.base' | `comparedVerifiers.${number}.base`;

/** A model that the run's adapter settings are for. */
interface Adapted {
  /** How messages name it. */
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
  for (const adapted of await adaptedModels(config, opened)) faults.push(...(await faultsOf(lora, adapted)));
  return faults;
}

/** The policy, and the verifier where it is adapted too; not those whose folders cannot be opened. */
async function adaptedModels(config: RunConfig, opened: readonly OpenedModel[]): Promise<Adapted[]> {
  const { policy, simulator, verifier, comparedVerifiers = [] } = config;
  const own = await baseOf('policy', policy.initial, opened);
  const isTrained = planRun(config).some(({ kind }) => kind === 'train-verifier');
  if (verifier?.trainable !== 'lora' || !isTrained) return own;
  const basesOf = async (base: (typeof verifier)['base'], section: BaseSection): Promise<Adapted[]> => {
    if (typeof base === 'object') return await baseOf(section, undefined, opened);
    const isPolicy = base === 'policy' || simulator?.model === 'policy';
    return isPolicy ? own : await baseOf('simulator', simulator?.initial, opened);
  };
  const compared = comparedVerifiers.map(({ base }, index) =>
    basesOf(base, `comparedVerifiers.${index}.base`),
  );
  const all = (await Promise.all([basesOf(verifier.base, 'verifier.base'), ...compared])).flat();
  const bases = [...new Map(all.map((one) => [one.name, one])).values()];
  // A verifier has a head of its own instead of the model's.
  const features = verifier.head === 'hidden-confidence' ? 'hidden+confidence' : 'hidden';
  const head = { kind: 'token-classification', numLabels: 2, features } as const;
  return [
    ...own,
    ...bases.map((base) => ({ name: `the verifier on ${base.name}`, config: { ...base.config, head } })),
  ];
}

async function baseOf(
  section: 'policy' | 'simulator' | BaseSection,
  initial: InitialModelConfig | undefined,
  opened: readonly OpenedModel[],
): Promise<Adapted[]> {
  if (initial !== undefined) return [{ name: `${section}.initial`, config: await shapeOf(initial) }];
  const model = opened.find(({ field }) => field === `${section}.model`);
  return model === undefined ? [] : [{ name: model.folder, config: model.config }];
}

/** A Llama of this shape: which modules it has hangs on no vocabulary. */
async function shapeOf(initial: InitialModelConfig): Promise<DecoderConfig> {
  const { parseDecoderConfig } = await import('@sipf/models');
  return parseDecoderConfig({
    ...{ model_type: 'llama', architectures: ['LlamaForCausalLM'], hidden_act: 'silu', rms_norm_eps: 1e-6 },
    ...{ vocab_size: 1, bos_token_id: 0, eos_token_id: 0 },
    hidden_size: initial.hiddenSize,
    intermediate_size: initial.intermediateSize,
    num_hidden_layers: initial.numHiddenLayers,
    num_attention_heads: initial.numAttentionHeads,
    num_key_value_heads: initial.numKeyValueHeads,
    max_position_embeddings: initial.maxPositionEmbeddings,
    tie_word_embeddings: initial.tieWordEmbeddings,
    rope_theta: initial.ropeTheta,
  });
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
