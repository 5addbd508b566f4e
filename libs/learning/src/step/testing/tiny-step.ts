import {
  type DecoderConfig,
  initialLora,
  initialParameters,
  type ObjectiveSettings,
  UNLABELLED,
} from '@sipf/models';
import { batchOfIds } from '@sipf/models/testing';
import { createRng } from '@sipf/random';
import { countItems } from '../objective-inputs.ts';
import { packState } from '../state-layout.ts';
import { trainableLayout, type Trainable } from '../trainable-layout.ts';
import type { StepBatch } from './open-step.ts';

/** A right-padded random batch that serves every objective; rows have different lengths, the last may be all padding. */
export function tinyBatch(
  config: DecoderConfig,
  objective: ObjectiveSettings,
  { rows = 4, length = 8, emptyRows = [] as readonly number[] } = {},
): StepBatch {
  const promptLength = 2;
  const end = (row: number) => (emptyRows.includes(row) ? 0 : length - (row % 3));
  const perToken = (value: (row: number, column: number) => number) =>
    Float32Array.from({ length: rows * length }, (_, index) =>
      value(Math.floor(index / length), index % length),
    );
  const arrays = {
    input_ids: BigInt64Array.from(batchOfIds(rows * length, config), (id) => BigInt(id)),
    attention_mask: perToken((row, column) => Number(column < end(row))),
    completion_mask: perToken((row, column) => Number(column >= promptLength && column < end(row))),
    reference_logps: Float32Array.from({ length: rows }, (_, row) => -10 - row),
    step_labels: perToken((row, column) =>
      column >= promptLength && column < end(row) && column % 2 === 1 ? (row + column) % 2 : UNLABELLED,
    ),
    ...('pairWeights' in objective
      ? { pair_weights: Float32Array.from({ length: rows / 2 }, (_, pair) => 0.5 + pair) }
      : {}),
  };
  return { rows, length, arrays, counts: countItems(objective, arrays, length) };
}

/** Some rows of a batch, as a micro-batch that is averaged over the whole batch's counts. */
export function rowsOf(batch: StepBatch, picked: readonly number[]): StepBatch {
  const pick = <T extends Float32Array | BigInt64Array>(array: T): T => {
    const width = array.length / batch.rows;
    const parts = picked.flatMap((row) => [...array.subarray(row * width, (row + 1) * width)]);
    return (
      array instanceof Float32Array
        ? Float32Array.from(parts as number[])
        : BigInt64Array.from(parts as bigint[])
    ) as T;
  };
  const arrays = Object.fromEntries(Object.entries(batch.arrays).map(([name, array]) => [name, pick(array)]));
  return { ...batch, rows: picked.length, arrays };
}

/**
 * The starting values of the trainable tensors and of the frozen ones, seeded.
 * @param deviation of the matrices. @default 0.4, so that every part of a tiny model matters
 */
export function tinyState(config: DecoderConfig, trainable: Trainable, seed = 'state', deviation = 0.4) {
  const base = initialParameters(config, createRng(seed), deviation);
  const layout = trainableLayout(config, trainable);
  const adapter =
    trainable.kind === 'lora' ? adapterValues(layout.slots, seed) : new Map<string, Float32Array>();
  const read = (name: string): Float32Array => {
    const values = adapter.get(name) ?? base.get(name) ?? base.get(name.replace('base_model.model.', ''));
    if (values === undefined) throw new TypeError(`no tensor ${name}`);
    return values;
  };
  return { parameters: packState(layout, read), frozen: read, layout };
}

function adapterValues(slots: readonly { name: string; shape: readonly number[] }[], seed: string) {
  const rng = createRng(`${seed}/adapter`);
  const shapes = new Map(
    slots.filter(({ name }) => name.includes('.lora_')).map(({ name, shape }) => [name, shape]),
  );
  return new Map(
    [...initialLora(shapes, rng)].map(([name, values]) => [name, values.map(() => 0.2 * rng.normal())]),
  );
}
