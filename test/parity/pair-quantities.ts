import { type Comparison, comparison, largestDifference } from './comparison.ts';
import { type EvaluatedModel, openPairScores } from './evaluation-graph.ts';
import { LOGITS_TOLERANCE, type Quantities } from './logits-quantities.ts';
import { LORA_OBJECTIVES } from './objective-quantities.ts';
import { numbers, type ReferenceFamily } from './reference-family.ts';

/** Log-probabilities of the completions, log-odds and reward margins of the pairs: what of them was recorded. */
export async function pairQuantities(family: ReferenceFamily): Promise<Quantities> {
  const { expected, model, adapter } = family;
  const quantities: Quantities = {};
  const compare = (name: string, actual: ArrayLike<number>) => {
    if (expected.has(name)) quantities[name] = absolute(actual, numbers(expected, name));
  };
  if (family.batch.completionMask === undefined || !expected.has('reference.logps')) return quantities;
  const base = await score(family, { model });
  compare('reference.logps', base.logps);
  if (adapter === undefined) return quantities;
  const policy = await score(family, { model, adapter });
  for (const name of ['orpo', 'orpo_whole_sequence_nll']) {
    compare(`${name}.mean_logps`, policy.meanLogps);
    compare(`${name}.log_odds`, policy.logOdds);
  }
  for (const name of ['dpo', 'rpo'] as const) {
    compare(`${name}.logps`, policy.logps);
    compare(`${name}.reward_margin`, rewardMargins(policy.logps, base.logps, LORA_OBJECTIVES[name].beta));
  }
  return quantities;
}

function absolute(actual: ArrayLike<number>, expected: ArrayLike<number>): Comparison {
  return comparison(largestDifference(actual, expected), LOGITS_TOLERANCE);
}

async function score({ batch }: ReferenceFamily, evaluated: EvaluatedModel) {
  const { rows, inputIds, completionMask = new Float32Array() } = batch;
  const evaluation = await openPairScores(evaluated);
  const outputs = await evaluation.run({ rows, inputIds, completionMask });
  await evaluation.release();
  const output = (name: string) => outputs[name] ?? new Float32Array();
  return {
    logps: output('logps'),
    meanLogps: [...output('mean_logps.chosen'), ...output('mean_logps.rejected')],
    logOdds: output('log_odds'),
  };
}

/** beta * ((policy - reference) of the chosen - (policy - reference) of the rejected). */
function rewardMargins(policy: Float32Array, reference: Float32Array, beta: number): number[] {
  const rewards = Array.from(policy, (logp, row) => beta * (logp - (reference[row] ?? NaN)));
  const pairs = rewards.length / 2;
  return rewards.slice(0, pairs).map((chosen, pair) => chosen - (rewards[pairs + pair] ?? NaN));
}
