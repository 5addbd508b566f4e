import type { RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import {
  adjustRecipe,
  plan,
  recipeNamed,
  type PlannedStage,
  type Recipe,
  type Stage as RecipeStage,
} from '@sipf/method';
import { configOf } from './compared-verifiers.ts';
import { dataSetsOf, evaluationOn, sampledEvaluationOf } from './evaluation-stages.ts';
import { rowOf, type StageKind } from './stage-kinds.ts';
import { CONTINUED_SFT, DATA, isOfKind, REPORT, SIMULATOR, TEST, type DataSet, type Stage } from './stage.ts';

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
  return planRecipe(recipeOf(config), config);
}

/** @throws SipfError `invalid-argument` RECIPE_INVALID when a stage needs what no earlier stage makes */
export function planRecipe(recipe: Recipe, config: RunConfig): Stage[] {
  const iterations = recipe.loop.length === 0 ? 0 : config.iterations;
  const stages = new PlannedStages(recipe, config);
  stages.add('data', { id: DATA });
  // The simulator trains longest, so it starts first.
  if (iterations > 0 && asksSimulator(recipe, config) && config.simulator?.initial !== undefined) {
    stages.add('simulator', { id: SIMULATOR });
  }
  for (const planned of plan(recipe, iterations)) stages.addOfMethod(planned);
  addContinuedSft(stages, config);
  addSampledEvaluations(stages, config);
  addComparedVerifiers(stages, config);
  const measured = stages.all.filter(
    ({ dataset, compared }) => dataset !== undefined || compared !== undefined,
  );
  stages.add('report', { id: REPORT, after: measured.map(({ id }) => id) });
  return stages.all;
}

/** What distinguishes a stage from others of its kind. */
interface Particulars {
  readonly id: string;
  /** @default 0 */
  readonly iteration?: number;
  readonly method?: RecipeStage;
  /** @default the data */
  readonly policyFrom?: string;
  readonly dataset?: DataSet;
  /** Stages that it comes after, beside those that it reads. */
  readonly after?: readonly string[];
  readonly compared?: number;
  /** @default the latest before it, as the table says */
  readonly reads?: Readonly<Record<string, string>>;
}

/** The stages of a run as they are planned: each reads the latest before it, as the table says. */
class PlannedStages {
  readonly all: Stage[] = [];
  readonly #recipe: Recipe;
  readonly #config: RunConfig;

  constructor(recipe: Recipe, config: RunConfig) {
    this.#recipe = recipe;
    this.#config = config;
  }

  add(kind: StageKind, particulars: Particulars): void {
    const { id, iteration = 0, method, policyFrom = DATA, dataset, after = [], compared } = particulars;
    const reads = particulars.reads ?? this.#readsOf(kind, method);
    const asks = asksSimulatorItself(kind, configOf({ compared }, this.#config));
    const simulatorFrom = asks ? this.#simulator() : undefined;
    const before = kind === DATA ? [] : [DATA, policyFrom, ...Object.values(reads), simulatorFrom, ...after];
    this.all.push({
      ...{ id, kind, iteration, method, policyFrom, reads, simulatorFrom, compared, dataset },
      after: [...new Set(before.filter((one) => one !== undefined))],
      // The table says of each kind what the union says.
    } as Stage);
  }

  /** An evaluation asks every data set. */
  addOfMethod({ kind, iteration, stage: method, policy }: PlannedStage): void {
    const facts = { id: `${kind}-${iteration}`, iteration, method, policyFrom: this.#producerOf(policy) };
    if (rowOf(kind).asksDataset === true) this.addEvaluations(facts);
    else this.add(kind, facts);
  }

  addEvaluations(evaluation: Omit<Particulars, 'dataset'>): void {
    for (const dataset of dataSetsOf(this.#config)) {
      this.add('evaluate', { ...evaluation, id: evaluationOn(dataset, evaluation.id), dataset });
    }
  }

  #readsOf(kind: StageKind, method: RecipeStage | undefined): Readonly<Record<string, string>> {
    const read = Object.entries(rowOf(kind).reads).flatMap(([name, rule]) => {
      const stage = this.all.findLast((candidate) => candidate.kind === name);
      if (stage !== undefined) return [[name, stage.id] as const];
      const isNeeded = typeof rule === 'function' ? rule(method as never) : rule === 'needed';
      if (isNeeded) throw this.#invalid(`stage ${kind} needs an earlier stage ${name}`);
      return [];
    });
    return Object.fromEntries(read);
  }

  #producerOf(model: PlannedStage['policy']): string {
    if (model.kind === 'base') return DATA;
    const makes = (stage: Stage): boolean => stage.kind === 'sft' || stage.kind === 'align';
    const producer = this.all.findLast((stage) => makes(stage) && stage.iteration === model.iteration);
    if (producer === undefined)
      throw this.#invalid(`no earlier stage makes the policy of iteration ${model.iteration}`);
    return producer.id;
  }

  #simulator(): string {
    const { simulator } = this.#config;
    if (simulator?.initial !== undefined) return SIMULATOR;
    return simulator?.model === 'policy' ? this.#producerOf({ kind: 'iteration', iteration: 0 }) : DATA;
  }

  #invalid(why: string): SipfError {
    const message = `recipe ${this.#recipe.name}: ${why}`;
    return new SipfError('invalid-argument', message, { reason: 'RECIPE_INVALID' });
  }
}

function asksSimulator({ loop }: Recipe, config: RunConfig): boolean {
  const isCompared = config.comparedVerifiers?.some(({ base }) => base === 'simulator') ?? false;
  return isCompared || loop.some(({ kind }) => asksSimulatorItself(kind, config));
}

function asksSimulatorItself(kind: StageKind, config: RunConfig): boolean {
  const rule = rowOf(kind).simulator;
  return typeof rule === 'function' ? rule(config) : rule === 'needed';
}

/** M_0 trained for longer, and its evaluation: a row of its own, after everything that the method needs. */
function addContinuedSft(stages: PlannedStages, config: RunConfig): void {
  const sft = stages.all.find((stage) => stage.kind === 'sft' && stage.iteration === 0);
  const isOwnMethod = config.method === 'sft-continued';
  if (config.continuedSftEpochs === undefined || sft === undefined || isOwnMethod) return;
  stages.add('continued-sft', { id: CONTINUED_SFT, policyFrom: sft.id });
  stages.addEvaluations({
    id: `evaluate-${CONTINUED_SFT}`,
    method: { kind: 'evaluate', prompt: 'zero-shot' },
    policyFrom: CONTINUED_SFT,
  });
}

/**
 * Pass@k, majority and best of k for every evaluated model. They come after everything else, so that the last verifier
 * ranks the samples of M_0 too.
 */
function addSampledEvaluations(stages: PlannedStages, config: RunConfig): void {
  if (config.evaluation.samples === undefined) return;
  const measured = stages.all.filter(isOfKind('evaluate')).filter(({ dataset }) => dataset === TEST);
  for (const { id, iteration, method, policyFrom, dataset } of measured) {
    stages.add('evaluate-samples', { id: sampledEvaluationOf(id), iteration, method, policyFrom, dataset });
  }
}

/**
 * Other verifiers on the paths and labels that the run's first one learns from (table 3). They come last: nothing of the method
 * waits for them, and no evaluation takes one for the run's own.
 */
function addComparedVerifiers(stages: PlannedStages, { comparedVerifiers = [] }: RunConfig): void {
  const own = stages.all.find(isOfKind('train-verifier'));
  const asking = stages.all.find(isOfKind('score'));
  if (own === undefined || asking === undefined) return;
  const { iteration, policyFrom, reads } = own;
  for (const [index, { kind: reward }] of comparedVerifiers.entries()) {
    const compared = index + 1;
    const read = reward === 'process' ? reads : { sample: reads.sample };
    const facts = { iteration, policyFrom, compared };
    const trained = `train-verifier-compared-${compared}-${iteration}`;
    stages.add('train-verifier', { ...facts, id: trained, method: { ...own.method, reward }, reads: read });
    const asked = { sample: reads.sample, 'train-verifier': trained };
    stages.add('score', {
      ...facts,
      id: `score-compared-${compared}-${iteration}`,
      method: asking.method,
      reads: asked,
    });
  }
}
