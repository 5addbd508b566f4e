import { assertNever, SipfError } from '@sipf/errors';
import type { ObjectiveSettings } from '@sipf/models';
import type { TensorSpec } from './tensor-spec.ts';

/** What an objective reads beside the model: the batch's tensors and how many items the effective batch has. */
export interface ObjectiveInputs {
  readonly batch: readonly TensorSpec[];
  /** Names of float32 scalars, see {@link countItems}. */
  readonly counts: readonly string[];
}

/** Rows of a batch: any number, or pairs whose chosen rows come first and whose rejected rows follow in that order. */
const ROWS = 'B';
const PAIRED_ROWS = '2*P';

/**
 * Names, types and shapes of an objective's inputs. All rows are right-padded with any token id.
 * `input_ids` int64; `completion_mask` and `attention_mask` float32, 1 on the completion's (all real) tokens;
 * `reference_logps` float32 [2 P], summed over the completion; `pair_weights` float32 [P]; `step_labels` float32, a label in
 * [0, 1] at a step's last token and -100 elsewhere.
 */
export function objectiveInputs(
  objective: ObjectiveSettings,
  { confidence, sharedPrompts = false }: { confidence: boolean; sharedPrompts?: boolean },
): ObjectiveInputs {
  if (sharedPrompts) return sharedInputs(objective);
  switch (objective.kind) {
    case 'sft':
      return { batch: [ids(ROWS), perToken('completion_mask', ROWS)], counts: ['completion_tokens'] };
    case 'orpo': {
      const batch = [ids(PAIRED_ROWS), perToken('completion_mask', PAIRED_ROWS)];
      if (objective.nll === 'sequence') batch.push(perToken('attention_mask', PAIRED_ROWS));
      return { batch: [...batch, ...weightInputs(objective)], counts: ['chosen_tokens', 'pairs'] };
    }
    case 'dpo':
    case 'rpo': {
      const reference: TensorSpec = { name: 'reference_logps', dtype: 'float32', shape: [PAIRED_ROWS] };
      return {
        batch: [
          ids(PAIRED_ROWS),
          perToken('completion_mask', PAIRED_ROWS),
          reference,
          ...weightInputs(objective),
        ],
        counts: ['pairs'],
      };
    }
    case 'process-reward':
    case 'outcome-reward': {
      const batch = [ids(ROWS), perToken('step_labels', ROWS)];
      if (confidence) batch.push(perToken('completion_mask', ROWS));
      return { batch, counts: [objective.kind === 'process-reward' ? 'labelled_steps' : 'labelled_paths'] };
    }
    default:
      return assertNever(objective);
  }
}

/** How much each pair counts, where the objective asks for it. */
function weightInputs({ pairWeights = false }: { readonly pairWeights?: boolean }): TensorSpec[] {
  return pairWeights ? [{ name: 'pair_weights', dtype: 'float32', shape: ['P'] }] : [];
}

/** The inputs of pairs that share a row, see sharePrompts; they are int64 but for the reference's. */
function sharedInputs(objective: ObjectiveSettings): ObjectiveInputs {
  const { counts } = objectiveInputs(objective, { confidence: false });
  const perPair = (name: string, dtype: TensorSpec['dtype']): TensorSpec => ({ name, dtype, shape: ['P'] });
  const ends = ['prompt_ends', 'chosen_ends', 'row_ends'].map((name) => perPair(name, 'int64'));
  const batch = [ids('P'), ...ends];
  switch (objective.kind) {
    case 'orpo':
      return { batch: [...batch, ...weightInputs(objective)], counts };
    case 'dpo':
    case 'rpo': {
      const sides = ['reference_chosen_logps', 'reference_rejected_logps'].map((name) =>
        perPair(name, 'float32'),
      );
      return { batch: [...batch, ...sides, ...weightInputs(objective)], counts };
    }
    default:
      throw new SipfError('invalid-argument', `${objective.kind} has no pairs that could share prompts`, {
        reason: 'OBJECTIVE_MISMATCH',
      });
  }
}

/** The host's arrays of a batch by input name, row-major. */
export type BatchArrays = Readonly<Record<string, Float32Array | BigInt64Array>>;

/**
 * How many items of each kind a batch has: what the losses are averaged over. The counts of micro-batches add up to
 * the effective batch's, and that sum is what every micro-batch is fed.
 * @param length T, tokens a row
 */
export function countItems(
  objective: ObjectiveSettings,
  batch: BatchArrays,
  length: number,
): Record<string, number> {
  switch (objective.kind) {
    case 'sft':
      return { completion_tokens: sum(rowCounts(floats(batch, 'completion_mask'), length)) };
    case 'orpo': {
      const nllMask = floats(batch, objective.nll === 'sequence' ? 'attention_mask' : 'completion_mask');
      const nll = rowCounts(nllMask, length);
      return { chosen_tokens: sum(nll.slice(0, nll.length / 2)), pairs: countPairs(batch, length) };
    }
    case 'dpo':
    case 'rpo':
      return { pairs: countPairs(batch, length) };
    case 'process-reward':
      return { labelled_steps: floats(batch, 'step_labels').filter((label) => label >= 0).length };
    case 'outcome-reward':
      return { labelled_paths: countLabelledRows(floats(batch, 'step_labels'), length) };
    default:
      return assertNever(objective);
  }
}

function ids(rows: string): TensorSpec {
  return { name: 'input_ids', dtype: 'int64', shape: [rows, 'T'] };
}

function perToken(name: string, rows: string): TensorSpec {
  return { name, dtype: 'float32', shape: [rows, 'T'] };
}

function floats(batch: BatchArrays, name: string): Float32Array {
  const array = batch[name];
  if (!(array instanceof Float32Array)) throw new TypeError(`the batch has no float32 ${name}`);
  return array;
}

/** Masked tokens of each row that something predicts: all but the first. */
function rowCounts(mask: Float32Array, length: number): number[] {
  return Array.from({ length: mask.length / length }, (_, row) =>
    sum(mask.subarray(row * length + 1, (row + 1) * length)),
  );
}

function countPairs(batch: BatchArrays, length: number): number {
  const counts = rowCounts(floats(batch, 'completion_mask'), length);
  const half = counts.length / 2;
  return counts.slice(0, half).filter((count, pair) => count > 0 && (counts[half + pair] as number) > 0)
    .length;
}

function countLabelledRows(labels: Float32Array, length: number): number {
  const rows = Array.from({ length: labels.length / length }, (_, row) =>
    labels.subarray(row * length, (row + 1) * length),
  );
  return rows.filter((row) => row.some((label) => label >= 0)).length;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
