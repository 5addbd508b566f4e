import { parseRunConfig, simulation, verification } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { planRun } from './plan-run.ts';
import { plannedTrainings, trainingStages } from './planned-trainings.ts';
import { stageIdentity } from './stage-identity.ts';
import { rowOf, type StageKind } from './stage-kinds.ts';
import { pickSettings, stageSettings, trainingOf, type SettingsOf } from './stage-settings.ts';
import { isOfKind, isTraining, type StageOf } from './stage.ts';

const optimisation = { learningRate: 1e-3 };
const config = parseRunConfig({
  method: 'srf',
  task: { name: 'arithmetic' },
  policy: { model: 'm' },
  sft: optimisation,
  sampling: { maxNewTokens: 8 },
  pairs: {},
  alignment: { optimisation },
  evaluation: { maxNewTokens: 8 },
});

/** What a stage of the plan sees; the plan's names give its kind. */
function seenBy<K extends StageKind>(id: string, kind: K): SettingsOf<K> {
  const stage = planRun(config).find((planned) => planned.id === id);
  if (stage?.kind !== kind) throw new Error(`no stage ${id} of kind ${kind}`);
  return stageSettings(stage as StageOf<K>, config);
}

it('shows a stage the settings that its identity covers', () => {
  expect(seenBy('sft-0', 'sft').sft).toEqual(config.sft);
  expect(seenBy('align-1', 'align').alignment.beta).toBe(0.1);
});

it('refuses all others, inside a section too', () => {
  expect(() => Reflect.get(seenBy('sft-0', 'sft'), 'sampling') as unknown).toThrow(
    'stage sft-0 reads sampling',
  );
  // DPO has no odds ratio.
  expect(() => seenBy('align-1', 'align').alignment.lambda).toThrow('stage align-1 reads lambda');
});

it('covers the day of chat templates by the identity of each stage whose requests carry it, and of no other', () => {
  const all = parseRunConfig({ ...SMALL_RUN, evaluation: { maxNewTokens: 8, samples: { count: 2 } } });
  // Label requests have no day: prompts of roll-outs are text, and so are rows to score.
  expect(simulation.LabelStepsRequest.fromPartial({})).not.toHaveProperty('chatDay');
  expect(verification.ScoreRequest.fromPartial({})).not.toHaveProperty('chatDay');
  const stages = planRun(all).filter(({ kind }) => rowOf(kind).version !== undefined);
  expect(stages.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['label', 'score', 'sample', 'sft']));
  for (const stage of stages) {
    const { trains, asks } = rowOf(stage.kind);
    const isDated = trains !== undefined || asks?.service === 'generation';
    const identityOn = (day: string) => stageIdentity(stage, { ...all, chatDay: day }, () => ({}));
    expect(isDeepStrictEqual(identityOn('2024-07-26'), identityOn('2025-01-01')), stage.id).toBe(!isDated);
    const seen = stageSettings(stage as StageOf<StageKind>, all);
    if (!isDated) expect(() => Reflect.get(seen, 'chatDay') as unknown, stage.id).toThrow('reads chatDay');
  }
});

it('lets what every object has be read', () => {
  const seen = seenBy('sft-0', 'sft');
  expect(Reflect.get(seen, 'toString')).toBe(Reflect.get({}, 'toString'));
  expect(Reflect.get(seen, Symbol.toStringTag)).toBeUndefined();
});

it('picks the named settings that are there, within sections too, and no name of one that is absent', () => {
  const names = [
    'chatDay',
    'alignment.beta',
    'continuedSftEpochs',
    'tuning.nothing',
    'chatDay.x',
    'verifier.x',
  ];
  expect(pickSettings(config, names)).toStrictEqual({ chatDay: '2024-07-26', 'alignment.beta': 0.1 });
  const nothing = { ...config, tuning: null } as unknown as typeof config;
  expect(pickSettings(nothing, ['tuning.optimisation'])).toStrictEqual({});
});

it('hides nothing from the stages that are never shared', () => {
  expect(seenBy('data', 'data')).toBe(config);
  expect(seenBy('report', 'report')).toBe(config);
});

it('names the setting that a stage cannot do without', () => {
  const [stage] = planRun(config).filter(isOfKind('pair'));
  const without = parseRunConfig({ ...SMALL_RUN, method: 'sft', pairs: undefined });
  expect(() => stage && stageSettings(stage, without)).toThrow(
    "pairs is required for stage pair-1: set it in the run's configuration",
  );
  expect(() => stage && stageSettings(stage, without)).toThrow(
    expect.objectContaining({
      kind: 'invalid-argument',
      reason: 'SETTING_MISSING',
      violations: [
        { field: 'pairs', description: "is required for stage pair-1: set it in the run's configuration" },
      ],
    }),
  );
  const simulated = parseRunConfig(SMALL_RUN);
  const [simulator] = planRun(simulated).filter(isOfKind('simulator'));
  const shape = { ...simulated, simulator: { initial: simulated.simulator?.initial } };
  expect(() => simulator && stageSettings(simulator, shape)).toThrow('simulator.optimisation is required');
});

it('gives every training the optimisation settings of its own, and the setting that holds them', () => {
  const stages = { iterations: 2, continuedSftEpochs: 3 };
  const fieldsOf = (changes: object) => {
    const own = parseRunConfig({ ...SMALL_RUN, ...stages, ...changes });
    return Object.fromEntries(
      planRun(own).flatMap((stage) =>
        isTraining(stage) ? [[stage.id, trainingOf(stage, stageSettings(stage, own)).field]] : [],
      ),
    );
  };
  expect(fieldsOf({})).toEqual({
    ...{ simulator: 'simulator.optimisation', 'sft-0': 'sft', 'continued-sft': 'continuedSftEpochs' },
    'train-verifier-1': 'verifier.optimisation',
    ...{ 'align-1': 'alignment.optimisation', 'align-2': 'alignment.optimisation' },
  });
  expect(fieldsOf({ method: 'rft' })).toMatchObject({ 'sft-0': 'sft', 'sft-1': 'sft' });
  const tuning = { optimisation: { learningRate: 1 } };
  expect(fieldsOf({ method: 'rft', tuning })).toMatchObject({ 'sft-1': 'tuning.optimisation' });
  expect(fieldsOf({ method: 'sft-continued' })).toMatchObject({ 'sft-1': 'continuedSftEpochs' });
});

it('trains for longer with the epochs of its own, and drops own paths that are too long', () => {
  const trainings = (changes: object) => {
    const own = parseRunConfig({ ...SMALL_RUN, ...changes });
    return new Map(
      trainingStages(planRun(own)).map((stage) => [stage.id, trainingOf(stage, stageSettings(stage, own))]),
    );
  };
  const longer = trainings({ continuedSftEpochs: 7 });
  expect(longer.get('continued-sft')).toMatchObject({ split: 'train', optimisation: { epochs: 7 } });
  expect(longer.get('sft-0')).toMatchObject({ field: 'sft', split: 'train' });
  expect(longer.get('sft-0')?.optimisation.epochs).not.toBe(7);
  expect(longer.get('simulator')?.split).toBe('simulator');
  expect(longer.get('align-1')).not.toHaveProperty('split');
  const own = trainings({ method: 'rft' }).get('sft-1');
  expect(own?.optimisation.longerRows).toBe('drop');
  expect(own).not.toHaveProperty('split');
});

it('lists the trainings of a run, each setting once', () => {
  const own = parseRunConfig({ ...SMALL_RUN, iterations: 2 });
  expect(plannedTrainings(own).map(({ field }) => field)).toEqual([
    ...['simulator.optimisation', 'sft', 'verifier.optimisation', 'alignment.optimisation'],
  ]);
});
