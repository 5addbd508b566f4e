import type { RunConfig } from '@sipf/contracts';
import { DATA, TEST, type Stage, type StageKind } from './stage.ts';

type Section = Exclude<keyof RunConfig, 'seed' | 'method' | 'iterations' | 'task' | 'limits'>;

/** What a stage may read of a run's configuration: a section, or one setting of it. */
export type SettingName = Section | `alignment.${keyof NonNullable<RunConfig['alignment']>}`;

/** Kinds of stages whose results are functions of what their identity names. */
type SharedKind = Exclude<StageKind, 'data' | 'report'>;

/** Everything that a stage's result depends on: two stages of equal identity have equal results, in whichever runs. */
export interface StageIdentity {
  readonly kind: StageKind;
  /** Raised whenever what this kind of stage computes from the same inputs changes. */
  readonly version: number;
  readonly id: string;
  readonly seed: number;
  readonly task: string;
  readonly method: Stage['method'];
  readonly dataset: string | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Digests by the stage that left them and their name. */
  readonly inputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const VERSIONS: Readonly<Record<SharedKind, number>> = {
  simulator: 1,
  sft: 1,
  'continued-sft': 1,
  sample: 1,
  label: 1,
  'train-verifier': 1,
  score: 1,
  filter: 1,
  pair: 1,
  align: 1,
  evaluate: 1,
  'evaluate-samples': 1,
};

/** The sections that a stage may read; the run's seed, its task's name and its limits are everybody's. */
export function settingsOf(stage: Stage): readonly SettingName[] {
  switch (stage.kind) {
    case 'simulator':
      return ['simulator', 'chatDay'];
    case 'sft':
      return sftSettings(stage);
    case 'continued-sft':
      return ['sft', 'policy', 'continuedSftEpochs', 'chatDay'];
    case 'sample':
      return ['sampling', 'chatDay'];
    case 'label':
      return ['simulation'];
    case 'train-verifier':
      // Without labels, the settings of labelling say which paths' outcomes are learnt from.
      return stage.reads.label === undefined
        ? ['verifier', 'policy', 'simulation', 'chatDay']
        : ['verifier', 'policy', 'chatDay'];
    case 'score':
      return [];
    case 'filter':
      return ['filter', 'sampling'];
    case 'pair':
      return ['pairs'];
    case 'align':
      return ['policy', 'alignment.optimisation', 'chatDay', ...objectiveSettings(stage)];
    case 'evaluate':
      return ['evaluation', 'chatDay'];
    case 'evaluate-samples':
      return ['evaluation', 'sampling', 'pairs', 'filter', 'chatDay'];
    case 'data':
    case 'report':
      return [];
  }
}

/** A sweep of lambda trains no DPO again. */
function objectiveSettings({ method }: Stage): readonly SettingName[] {
  switch (method?.kind === 'align' ? method.objective : undefined) {
    case 'dpo':
      return ['alignment.beta'];
    case 'rpo':
      return ['alignment.beta', 'alignment.nllWeight'];
    case 'nll-chosen':
      return ['alignment.nll'];
    default:
      return ['alignment.nll', 'alignment.lambda'];
  }
}

function sftSettings({ method, iteration }: Stage): readonly SettingName[] {
  if (iteration === 0) return ['sft', 'policy', 'chatDay'];
  const isOnOwnPaths = method?.kind === 'sft' && method.data.includes('own-paths');
  return ['sft', 'policy', 'chatDay', isOnOwnPaths ? 'tuning' : 'continuedSftEpochs'];
}

const MODEL = ['policy', 'policyConfig'] as const;

/** What each kind reads of the data that a run starts from. */
const DATA_OUTPUTS: Readonly<Record<SharedKind, readonly string[]>> = {
  simulator: ['simulator', 'simulatorConfig'],
  sft: ['train', ...MODEL],
  'continued-sft': ['train'],
  sample: ['loop', 'policy'],
  label: ['loop', 'simulator'],
  'train-verifier': ['loop', 'simulator', 'policy'],
  score: ['loop'],
  filter: [],
  pair: ['loop'],
  align: MODEL,
  evaluate: ['exemplars', 'policy'],
  'evaluate-samples': ['exemplars', 'policy', TEST],
};

/** The outputs of {@link DATA} that a stage may read. */
export function dataOutputsOf({ kind, dataset = TEST, method }: Stage): readonly string[] {
  if (kind === 'data' || kind === 'report') return [];
  const own = DATA_OUTPUTS[kind];
  if (kind === 'evaluate') return [...own, dataset];
  const isOnOwnPaths = method?.kind === 'sft' && method.data.includes('own-paths');
  return isOnOwnPaths ? [...own, 'loop'] : own;
}

/** Outputs of a stage by name, as digests; undefined for a stage that has left nothing. */
export type OutputsOf = (stage: string) => Readonly<Record<string, string>> | undefined;

/**
 * The identity of a stage; undefined for the data, which ties a run to the content of its files and so is always read
 * anew, and for the report.
 * @param outputsOf what the stages before it left
 */
export function stageIdentity(
  stage: Stage,
  config: RunConfig,
  outputsOf: OutputsOf,
): StageIdentity | undefined {
  const { kind, id, method, dataset } = stage;
  if (kind === 'data' || kind === 'report') return undefined;
  const inputs = stage.after.map((before) => {
    const outputs = outputsOf(before) ?? {};
    return [before, before === DATA ? pick(outputs, dataOutputsOf(stage)) : outputs];
  });
  return {
    kind,
    version: VERSIONS[kind],
    id,
    seed: config.seed,
    task: config.task.name,
    method,
    dataset,
    settings: pickSettings(config, settingsOf(stage)),
    inputs: Object.fromEntries(inputs) as StageIdentity['inputs'],
  };
}

function pickSettings(config: RunConfig, names: readonly SettingName[]): Record<string, unknown> {
  const values = names.map((name) => {
    const [section = '', setting] = name.split('.');
    const whole = (config as unknown as Record<string, Record<string, unknown> | undefined>)[section];
    return [name, setting === undefined ? whole : whole?.[setting]] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** Properties that are there. */
function pick<T extends object>(value: T, names: readonly string[]): Partial<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([name, field]) => names.includes(name) && field !== undefined),
  ) as Partial<T>;
}
