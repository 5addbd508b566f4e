import type { RunConfig } from '@sipf/contracts';
import { adjustRecipe, plan, recipeNamed, type PlannedStage as MethodStage, type Recipe } from '@sipf/method';
import { onEveryDataSet, sampledEvaluations } from './evaluation-stages.ts';
import { CONTINUED_SFT, DATA, REPORT, SIMULATOR, type Stage, type StageKind } from './stage.ts';

/** The recipe of a run with the run's choices. */
export function recipeOf(config: RunConfig): Recipe {
  const { verifier, alignment, pairs, tuning } = config;
  return adjustRecipe(recipeNamed(config.method), {
    ...(verifier === undefined
      ? {}
      : {
          verifierRefresh: verifier.refresh === 'once' ? 'first-iteration' : 'every-iteration',
          verifierReward: verifier.kind,
        }),
    ...(alignment === undefined ? {} : { initialise: alignment.initialise }),
    ...(pairs === undefined ? {} : { pairing: pairs.pairing }),
    ...(tuning.initialise === undefined ? {} : { tuningInitialise: tuning.initialise }),
  });
}

/** Everything that a run does, earlier work first, each stage with the stages whose results it uses. */
export function planRun(config: RunConfig): Stage[] {
  const recipe = recipeOf(config);
  const iterations = recipe.loop.length === 0 ? 0 : config.iterations;
  const data: Stage = { id: DATA, kind: 'data', iteration: 0, policyFrom: DATA, reads: {}, after: [] };
  const stages = [data];
  // The simulator trains longest, so it starts first.
  if (iterations > 0 && asksSimulator(recipe, config) && config.simulator?.initial !== undefined) {
    stages.push({ ...data, id: SIMULATOR, kind: 'simulator', after: [DATA] });
  }
  for (const planned of plan(recipe, iterations)) {
    const stage = methodStage(planned, stages, config);
    stages.push(...(stage.kind === 'evaluate' ? onEveryDataSet(stage, config) : [stage]));
  }
  stages.push(...continuedSft(stages, config));
  stages.push(...sampledEvaluations(stages, config));
  const evaluations = stages.filter(({ kind }) => MEASURES.has(kind)).map(({ id }) => id);
  return [...stages, { ...data, id: REPORT, kind: 'report', after: [DATA, ...evaluations] }];
}

const MEASURES: ReadonlySet<StageKind> = new Set(['evaluate', 'evaluate-samples']);

/** What a stage of the method reads, of the latest stages before it. */
const READS: Readonly<Record<MethodStage['kind'], readonly StageKind[]>> = {
  sft: ['filter'],
  sample: [],
  label: ['sample'],
  'train-verifier': ['sample', 'label'],
  score: ['sample', 'train-verifier'],
  filter: ['sample', 'score', 'filter'],
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
  const simulator = isAskedOfSimulator(kind, config)
    ? { simulatorFrom: simulatorStage(config, earlier) }
    : {};
  const after = [DATA, policyFrom, ...latest.map(([, id]) => id), ...Object.values(simulator)];
  return {
    id: `${kind}-${iteration}`,
    kind,
    iteration,
    method: planned.stage,
    policyFrom,
    reads: Object.fromEntries(latest),
    ...simulator,
    after: [...new Set(after)],
  };
}

function asksSimulator({ loop }: Recipe, config: RunConfig): boolean {
  return loop.some(({ kind }) => isAskedOfSimulator(kind, config));
}

/** Roll-outs are the simulator's, and so may the verifier's base be. */
function isAskedOfSimulator(kind: StageKind, { verifier }: RunConfig): boolean {
  return kind === 'label' || (kind === 'train-verifier' && verifier?.base === 'simulator');
}

function producerOf(model: MethodStage['policy'], earlier: readonly Stage[]): string {
  if (model.kind === 'base') return DATA;
  const makes = (stage: Stage): boolean => stage.kind === 'sft' || stage.kind === 'align';
  const producer = earlier.findLast((stage) => makes(stage) && stage.iteration === model.iteration);
  if (producer === undefined)
    throw new RangeError(`no stage makes the policy of iteration ${model.iteration}`);
  return producer.id;
}

function simulatorStage(config: RunConfig, stages: readonly Stage[]): string {
  if (config.simulator?.initial !== undefined) return SIMULATOR;
  return config.simulator?.model === 'policy'
    ? producerOf({ kind: 'iteration', iteration: 0 }, stages)
    : DATA;
}

/** M_0 trained for longer, and its evaluation: a row of its own, after everything that the method needs. */
function continuedSft(stages: readonly Stage[], config: RunConfig): Stage[] {
  const sft = stages.find(({ kind, iteration }) => kind === 'sft' && iteration === 0);
  if (config.continuedSftEpochs === undefined || sft === undefined || config.method === 'sft-continued') {
    return [];
  }
  const common = { iteration: 0, reads: {} };
  const evaluation: Stage = {
    ...common,
    id: `evaluate-${CONTINUED_SFT}`,
    kind: 'evaluate',
    method: { kind: 'evaluate', prompt: 'zero-shot' },
    policyFrom: CONTINUED_SFT,
    after: [DATA, CONTINUED_SFT],
  };
  return [
    { ...common, id: CONTINUED_SFT, kind: 'continued-sft', policyFrom: sft.id, after: [DATA, sft.id] },
    ...onEveryDataSet(evaluation, config),
  ];
}
