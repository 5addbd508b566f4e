import type { RunConfig } from '@sipf/contracts';
import { adjustRecipe, plan, recipeNamed, type PlannedStage as MethodStage, type Recipe } from '@sipf/method';

/** The kinds of work of a run: the method's, and what prepares and ends it. */
export type StageKind = MethodStage['kind'] | 'data' | 'simulator' | 'continued-sft' | 'report';

/** A stage of a run; its id is unique in the run and the same in every attempt. */
export interface Stage {
  readonly id: string;
  /** Ids of the stages whose results it uses. */
  readonly after: readonly string[];
  readonly kind: StageKind;
  /** 0 is the supervised start M_0. */
  readonly iteration: number;
  /** What the recipe says of it; absent for stages that belong to no method. */
  readonly method?: MethodStage['stage'];
  /** The stage whose output is the policy that this one works with. */
  readonly policyFrom: string;
  /** The stages whose results it reads, by kind. */
  readonly reads: Readonly<Partial<Record<StageKind, string>>>;
}

export const DATA = 'data';
export const SIMULATOR = 'simulator';
export const CONTINUED_SFT = 'continued-sft';
export const REPORT = 'report';

/** The recipe of a run with the run's choices. */
export function recipeOf(config: RunConfig): Recipe {
  const { verifier, alignment, pairs } = config;
  return adjustRecipe(recipeNamed(config.method), {
    ...(verifier === undefined
      ? {}
      : {
          verifierRefresh: verifier.refresh === 'once' ? 'first-iteration' : 'every-iteration',
          verifierReward: verifier.kind,
        }),
    ...(alignment === undefined ? {} : { initialise: alignment.initialise }),
    ...(pairs === undefined ? {} : { pairing: pairs.pairing }),
  });
}

/** Everything that a run does, earlier work first, each stage with the stages whose results it uses. */
export function planRun(config: RunConfig): Stage[] {
  const recipe = recipeOf(config);
  const iterations = recipe.loop.length === 0 ? 0 : config.iterations;
  const data: Stage = { id: DATA, kind: 'data', iteration: 0, policyFrom: DATA, reads: {}, after: [] };
  const stages = [data];
  // The simulator trains longest, so it starts first.
  const usesSimulator = recipe.loop.some(({ kind }) => kind === 'label' || kind === 'train-verifier');
  if (usesSimulator && config.simulator?.initial !== undefined) {
    stages.push({ ...data, id: SIMULATOR, kind: 'simulator', after: [DATA] });
  }
  for (const planned of plan(recipe, iterations)) stages.push(methodStage(planned, stages, config));
  stages.push(...continuedSft(stages, config));
  const evaluations = stages.filter(({ kind }) => kind === 'evaluate').map(({ id }) => id);
  return [...stages, { ...data, id: REPORT, kind: 'report', after: [DATA, ...evaluations] }];
}

/** What a stage of the method reads, of the latest stages before it. */
const READS: Readonly<Record<MethodStage['kind'], readonly StageKind[]>> = {
  sft: [],
  sample: [],
  label: ['sample'],
  'train-verifier': ['sample', 'label'],
  score: ['sample', 'train-verifier'],
  filter: ['score'],
  pair: ['sample', 'score', 'pair'],
  align: ['pair'],
  evaluate: [],
};

function methodStage(planned: MethodStage, earlier: readonly Stage[], config: RunConfig): Stage {
  const { kind, iteration } = planned;
  const latest = READS[kind].flatMap((read) => {
    const stage = earlier.findLast((candidate) => candidate.kind === read);
    return stage === undefined ? [] : [[read, stage.id] as const];
  });
  const policyFrom = producerOf(planned.policy, earlier);
  const after = [DATA, policyFrom, ...latest.map(([, id]) => id)];
  if (kind === 'label' || kind === 'train-verifier') after.push(simulatorStage(config, earlier));
  return {
    id: `${kind}-${iteration}`,
    kind,
    iteration,
    method: planned.stage,
    policyFrom,
    reads: Object.fromEntries(latest),
    after: [...new Set(after)],
  };
}

function producerOf(model: MethodStage['policy'], earlier: readonly Stage[]): string {
  if (model.kind === 'base') return DATA;
  const makes = (stage: Stage): boolean => stage.kind === 'sft' || stage.kind === 'align';
  const producer = earlier.findLast((stage) => makes(stage) && stage.iteration === model.iteration);
  if (producer === undefined)
    throw new RangeError(`no stage makes the policy of iteration ${model.iteration}`);
  return producer.id;
}

/** The stage that has the simulator: trained in this run, given with the data, or M_0 itself. */
export function simulatorStage(config: RunConfig, stages: readonly Stage[]): string {
  if (config.simulator?.initial !== undefined) return SIMULATOR;
  return config.simulator?.model === 'policy'
    ? producerOf({ kind: 'iteration', iteration: 0 }, stages)
    : DATA;
}

/** M_0 trained for longer, and its evaluation: a row of its own, after everything that the method needs. */
function continuedSft(stages: readonly Stage[], config: RunConfig): Stage[] {
  const sft = stages.find(({ kind, iteration }) => kind === 'sft' && iteration === 0);
  if (config.continuedSftEpochs === undefined || sft === undefined) return [];
  const common = { iteration: 0, reads: {} };
  return [
    { ...common, id: CONTINUED_SFT, kind: 'continued-sft', policyFrom: sft.id, after: [DATA, sft.id] },
    {
      ...common,
      id: `evaluate-${CONTINUED_SFT}`,
      kind: 'evaluate',
      method: { kind: 'evaluate', prompt: 'zero-shot' },
      policyFrom: CONTINUED_SFT,
      after: [DATA, CONTINUED_SFT],
    },
  ];
}
