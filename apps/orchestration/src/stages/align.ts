import { training } from '@sipf/contracts';
import { accumulatePairs, pairTexts, pairWeights, preferencePairs, type PreferencePair } from '@sipf/method';
import {
  type PreferenceRow,
  putRecords,
  readRecords,
  ROWS,
  type SettingsOf,
  type StageOf,
  type StageResults,
  trainingOf,
} from '@sipf/runs';
import { startOf } from './policy-stages.ts';
import { rewardedPaths } from './rewarded-paths.ts';
import { problemOf, problemsById } from './simulate.ts';
import { inputOf, inputWhereMade, stageRng, type StageContext } from './stage-context.ts';
import { trainModel } from './train.ts';

/** D_k: preference pairs by reward margin, joined with those of the iterations before (Eq. 6). */
export async function pair(context: StageContext<'pair'>): Promise<StageResults['pair']> {
  const { settings, stage, artifacts } = context;
  const { pairing, accumulate } = stage.method;
  const { aggregation, weights, ...bounds } = settings.pairs;
  const rules = { ...bounds, pairing };
  const latest = preferencePairs(await rewardedPaths(context, aggregation), rules, stageRng(context));
  const before = accumulate ? inputWhereMade(context, 'pair') : undefined;
  const earlier = before === undefined ? [] : await readRecords(artifacts, before.outputs.pairs, ROWS.pairs);
  const pairs = accumulatePairs(earlier, latest);
  const rows = await preferenceRows(context, pairs, weights === 'reward' ? pairWeights(pairs) : undefined);
  return {
    outputs: {
      pairs: (await putRecords(artifacts, pairs)).digest,
      preferences: (await putRecords(artifacts, rows)).digest,
    },
    counts: { latest: latest.length, pairs: pairs.length },
    figures: {},
  };
}

/** Pairs in the field's format; those that share steps have them in their prompts. */
async function preferenceRows(
  context: StageContext<'pair'>,
  pairs: readonly PreferencePair[],
  weights: readonly number[] | undefined,
): Promise<PreferenceRow[]> {
  const problems = await problemsById(context);
  return pairs.map((pair, index) => {
    const prompt = context.task.prompt(problemOf(problems, pair.chosen), { kind: 'zero-shot' });
    const { prefix, chosen, rejected } = pairTexts(pair);
    const weight = weights?.[index];
    return { prompt: prompt + prefix, chosen, rejected, ...(weight === undefined ? {} : { weight }) };
  });
}

/** M_k: the policy aligned on D_k (Eqs. 7-8). */
export async function align(context: StageContext<'align'>): Promise<StageResults['align']> {
  const { settings, stage } = context;
  const { outputs, counts } = inputOf(context, 'pair');
  const { model, droppedRows } = await trainModel(context, {
    from: startOf(context),
    dataset: outputs.preferences,
    objective: { $case: 'preference', value: objectiveOf(stage, settings.alignment) },
    optimisation: trainingOf(stage, settings).optimisation,
    lora: settings.policy.lora,
  });
  return { outputs: { model }, counts: { pairs: counts.pairs - droppedRows, droppedRows }, figures: {} };
}

/**
 * The recipe's objective with the run's weights, of which it reads only its own; without the odds-ratio term, ORPO is the
 * chosen paths' likelihood.
 */
function objectiveOf(
  { method: { objective } }: StageOf<'align'>,
  weights: SettingsOf<'align'>['alignment'],
): training.PreferenceObjective {
  const { ORPO, DPO, RPO } = training.PreferenceLoss;
  const of = (settings: Partial<training.PreferenceObjective>) =>
    training.PreferenceObjective.fromPartial(settings);
  switch (objective) {
    case 'dpo':
      return of({ loss: DPO, beta: weights.beta });
    case 'rpo':
      return of({ loss: RPO, beta: weights.beta, nllWeight: weights.nllWeight });
    case 'nll-chosen':
      return of({ loss: ORPO, lambda: 0, wholeSequenceNll: weights.nll === 'sequence' });
    case 'orpo':
      return of({ loss: ORPO, lambda: weights.lambda, wholeSequenceNll: weights.nll === 'sequence' });
  }
}
