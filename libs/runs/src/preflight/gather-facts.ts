import type { InitialModelConfig, RunConfig } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import { existsSync } from 'node:fs';
import type { Counts, Facts, Shapes } from '../forecast/facts.ts';
import { knownShape, type ModelShape } from '../forecast/model-shape.ts';
import { checkData } from './check-data.ts';
import { checkModels, verifierBaseFields } from './check-models.ts';
import type { OpenedData, OpenedModel } from './opened.ts';
import type { Openings } from './openings.ts';
import { runSplits } from './run-splits.ts';
import { textFacts } from './text-facts.ts';

/** What is known of a run before it starts; where files are not here, what is known of them by name. */
export interface GatheredFacts {
  /** Undefined where a model is neither here nor known by name. */
  readonly facts: Facts | undefined;
  readonly refusals: readonly FieldViolation[];
  readonly notes: readonly string[];
}

/** Opens what is here of a run's files and models; for a run on another machine the rest is known by name, or asked for. */
export async function gatherFacts(config: RunConfig, openings: Openings): Promise<GatheredFacts> {
  const [data, models] = await Promise.all([checkData(config, openings), checkModels(config, openings)]);
  const paths = new Map(pathsOf(config));
  const isHere = ({ field }: FieldViolation): boolean => {
    const path = paths.get(field);
    return path === undefined || existsSync(path);
  };
  const all = [...data.faults, ...models.faults];
  const { shapes, refusals, notes } = shapesOf(config, models.opened);
  const counts = countsOf(config, data.opened);
  const policy = models.opened.find(({ field }) => field === 'policy.model');
  const texts = textFacts(config, data.opened, policy);
  return {
    facts: shapes === undefined ? undefined : { config, shapes, counts: counts.counts, texts },
    refusals: [...all.filter(isHere), ...refusals],
    notes: [...notes, ...counts.notes],
  };
}

function pathsOf(config: RunConfig): [string, string][] {
  const { policy, simulator, task, evaluation } = config;
  const models = { 'policy.model': policy.model, 'simulator.model': simulator?.model };
  const bases = verifierBaseFields(config).map(({ field, folder }) => [field, folder] as const);
  const files = Object.entries(task).map(([key, path]) => [`task.${key}`, path] as const);
  const sets = evaluation.outOfDomain.map(
    (set, index) =>
      [`evaluation.outOfDomain.${index}.data`, 'data' in set ? [set.data].flat()[0] : undefined] as const,
  );
  return [...Object.entries(models), ...bases, ...files, ...sets].flatMap(([field, path]) =>
    typeof path === 'string' ? [[field, path] as [string, string]] : [],
  );
}

interface FoundShapes {
  readonly shapes: Shapes | undefined;
  readonly refusals: readonly FieldViolation[];
  readonly notes: readonly string[];
}

function shapesOf(config: RunConfig, opened: readonly OpenedModel[]): FoundShapes {
  const { policy, simulator } = config;
  const refusals: FieldViolation[] = [];
  const notes: string[] = [];
  const shapeAt = (
    field: OpenedModel['field'],
    folder: string | undefined,
    initial?: InitialModelConfig,
  ): ModelShape | undefined => {
    if (initial !== undefined) return initialShape(field, initial);
    if (folder === undefined || (field === 'simulator.model' && folder === 'policy')) return undefined;
    const model = opened.find((one) => one.field === field);
    if (model !== undefined) return openedShape(model);
    const known = knownShape(folder);
    if (known !== undefined)
      notes.push(`${field}: ${folder} is not here; ${known.name} is known by its name`);
    else if (!existsSync(folder))
      refusals.push({
        field,
        description: `${folder} is not here, and its name is none that a plan knows: fetch its config.json and weights`,
      });
    return known;
  };
  const own = shapeAt('policy.model', policy.model, policy.initial);
  const other = shapeAt('simulator.model', simulator?.model, simulator?.initial);
  const [verifierBase, ...comparedBases] = verifierBaseFields(config).map(({ field, folder }) =>
    shapeAt(field, folder),
  );
  const shapes = own && { policy: own, simulator: other, verifierBase, comparedBases };
  return { shapes, refusals, notes };
}

function openedShape({ config, parameters, lmHead, storedBytes, folder }: OpenedModel): ModelShape {
  const { hiddenSize, intermediateSize, numHiddenLayers: layers, numAttentionHeads: heads } = config;
  const {
    numKeyValueHeads: kvHeads,
    headDim,
    vocabSize,
    maxPositionEmbeddings: maxTokens,
    modelType,
  } = config;
  const name = folder.split('/').at(-1) ?? folder;
  const size = { hiddenSize, intermediateSize, layers, heads, kvHeads, headDim, vocabSize, maxTokens };
  return { name, parameters, lmHead, storedBytes, ...size, gated: modelType !== 'phi' };
}

/** The bundled vocabularies have some tens of words. */
const OWN_VOCABULARY = 128;

/** A Llama of a configured shape, untrained. */
function initialShape(field: string, initial: InitialModelConfig): ModelShape {
  const { hiddenSize: h, intermediateSize: i, numHiddenLayers: layers, numAttentionHeads: heads } = initial;
  const { numKeyValueHeads: kvHeads, maxPositionEmbeddings: maxTokens } = initial;
  const headDim = h / heads;
  const layer = 2 * h * h + 2 * h * kvHeads * headDim + 3 * h * i + 2 * h;
  const parameters = layers * layer + h * (OWN_VOCABULARY * (initial.tieWordEmbeddings ? 1 : 2) + 1);
  const size = { hiddenSize: h, intermediateSize: i, layers, heads, kvHeads, headDim, maxTokens };
  return {
    name: field.replace('.model', '.initial'),
    parameters,
    lmHead: initial.tieWordEmbeddings ? 0 : h * OWN_VOCABULARY,
    storedBytes: 4,
    ...size,
    vocabSize: OWN_VOCABULARY,
    gated: true,
  };
}

/** Problems of the published data sets (METHOD.md, Tasks). */
const KNOWN_COUNTS: Readonly<Record<string, { readonly train: number; readonly test: number }>> = {
  gsm8k: { train: 7473, test: 1319 },
  mbpp: { train: 2244, test: 3000 },
};
const KNOWN_SETS: Readonly<Record<string, number>> = { 'mmlu-math': 354, humaneval: 164 };

function countsOf(
  config: RunConfig,
  data: readonly OpenedData[],
): { readonly counts: Counts; readonly notes: readonly string[] } {
  const { task, evaluation } = config;
  const others = Object.fromEntries(
    evaluation.outOfDomain.map((set, index) => {
      const files = data.filter(({ field }) => field === `evaluation.outOfDomain.${index}.data`);
      const problems = files.reduce((sum, file) => sum + file.problems.length, 0);
      return [
        set.name,
        'questions' in set ? set.questions : problems > 0 ? problems : (KNOWN_SETS[set.name] ?? 0),
      ];
    }),
  );
  const validation = evaluation.validationQuestions;
  if (task.name === 'arithmetic' || task.name === 'programs') {
    const {
      trainProblems: train,
      loopQuestions: loop,
      testQuestions: test,
      simulatorProblems: simulator,
    } = task;
    return { counts: { train, loop, test, validation, simulator, others }, notes: [] };
  }
  const splits = runSplits(config, data);
  if (splits !== undefined) {
    const { train, loop, test } = splits;
    return {
      counts: { train: train.length, loop: loop.length, test: test.length, validation, simulator: 0, others },
      notes: [],
    };
  }
  const known = KNOWN_COUNTS[task.name] ?? { train: 0, test: 0 };
  const rest = known.train - validation;
  const { trainProblems = rest, loopQuestions = rest, testQuestions = known.test } = task;
  return {
    counts: {
      train: Math.min(trainProblems, rest),
      loop: Math.min(loopQuestions, rest),
      test: Math.min(testQuestions, known.test),
      validation,
      simulator: 0,
      others,
    },
    notes: [
      `task: its files are not here; ${task.name} has ${known.train} problems to train on and ${known.test} to test`,
    ],
  };
}
