import { rotaryFrequencies, rotaryWidth } from '@sipf/models';
import { type Comparison, comparison, largestDifference } from './comparison.ts';
import { type EvaluatedModel, openLogits } from './evaluation-graph.ts';
import { numbers, type ReferenceFamily } from './reference-family.ts';

/** Comparisons by quantity. */
export type Quantities = Record<string, Comparison>;

/** Largest absolute error of a logit. */
export const LOGITS_TOLERANCE = 1e-4;

/** The logits of the base model, through the adapter, and greedy decoding: what of them was recorded. */
export async function logitsQuantities(family: ReferenceFamily): Promise<Quantities> {
  const { expected, model, adapter } = family;
  const quantities: Quantities = {};
  if (expected.has('logits')) quantities['logits'] = await compareBaseLogits(family);
  if (expected.has('adapter.logits') && adapter !== undefined) {
    quantities['adapter.logits'] = await compareLogits(family, { model, adapter }, 'adapter.logits');
  }
  if (expected.has('greedy.0')) quantities['greedy.tokens'] = await compareGreedy(family);
  return quantities;
}

/** The logits [B, T, ...] of a model against a recorded tensor, where the attention mask is 1. */
export async function compareLogits(
  { expected, batch }: ReferenceFamily,
  evaluated: EvaluatedModel,
  name: string,
): Promise<Comparison> {
  const evaluation = await openLogits(evaluated);
  const { logits = new Float32Array() } = await evaluation.run({
    inputIds: batch.inputIds,
    rows: batch.rows,
  });
  await evaluation.release();
  const width = logits.length / batch.inputIds.length;
  const real = (index: number) => batch.attentionMask[Math.floor(index / width)] === 1;
  return comparison(largestDifference(logits, numbers(expected, name), real), LOGITS_TOLERANCE);
}

/**
 * A model that was cast to bfloat16 as a whole has rounded rotary frequencies too, and keeps them when it is cast back;
 * one that is loaded from its folder has exact ones. Where exact ones do not give what was recorded for a bfloat16
 * folder, the rounded ones are tried, and the comparison says so.
 */
async function compareBaseLogits(family: ReferenceFamily): Promise<Comparison> {
  const { model } = family;
  const exact = await compareLogits(family, { model }, 'logits');
  if (exact.within || model.tensors.dtype('model.embed_tokens.weight') !== 'bfloat16') return exact;
  const inverseFrequencies = rotaryFrequencies(model.config.rope, rotaryWidth(model.config)).inverse.map(
    roundToBfloat16,
  );
  const rounded = await compareLogits(family, { model, inverseFrequencies }, 'logits');
  return { ...rounded, note: `rotary frequencies rounded to bfloat16; exact ones differ by ${exact.error}` };
}

/** To nearest, ties to even. */
function roundToBfloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  const word = bits[0] as number;
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(bits.buffer)[0] as number;
}

/** Number of greedy tokens that differ; every row decodes alone, without an end of sequence. */
async function compareGreedy({ expected, model }: ReferenceFamily): Promise<Comparison> {
  const evaluation = await openLogits({ model });
  const rows = expected.names
    .filter((name) => name.startsWith('greedy.'))
    .map((name) => numbers(expected, name));
  let different = 0;
  for (const row of rows) {
    const ids = [...row.subarray(0, GREEDY_PROMPT_LENGTH)];
    while (ids.length < row.length) {
      const { logits = new Float32Array() } = await evaluation.run({
        inputIds: BigInt64Array.from(ids, (id) => BigInt(id)),
        rows: 1,
      });
      ids.push(indexOfLargest(logits.subarray(-model.config.vocabSize)));
    }
    different += ids.filter((id, index) => id !== row[index]).length;
  }
  await evaluation.release();
  return comparison(different, 0);
}

const GREEDY_PROMPT_LENGTH = 6;

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > (values[best] as number) ? index : best), 0);
}
