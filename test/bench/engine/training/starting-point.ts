import { locateMapped } from '@sipf/inference';
import { countItems, type PlaceFrozen, type ReadFrozen, trainableLayout } from '@sipf/learning';
import type { StepBatch } from '@sipf/learning/testing';
import {
  initialLora,
  initialParameters,
  openSafetensors,
  parameterShapes,
  saveModelFolder,
  writeSafetensors,
  type HostTensor,
} from '@sipf/models';
import { createRng } from '@sipf/random';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { llamaConfig } from '../../support/llama-shapes.ts';
import type { Work } from './works.ts';

const DEVIATION = 0.02;
const MODEL = 'model';
const ADAPTER = 'adapter.safetensors';

/** The batch of a work: random ids, every row full, the two rows of a pair with one prompt. */
export function workBatch({ shape, objective, rows, length, promptLength }: Work): StepBatch {
  const rng = createRng('bench/batch');
  const ids = BigInt64Array.from({ length: rows * length }, () => BigInt(rng.integer(shape.V)));
  const half = ids.length / 2;
  if (objective.kind === 'orpo') {
    for (let at = 0; at < half; at += length) ids.copyWithin(half + at, at, at + promptLength);
  }
  const perToken = (value: (column: number) => number) =>
    Float32Array.from({ length: rows * length }, (_, index) => value(index % length));
  const arrays = {
    input_ids: ids,
    attention_mask: perToken(() => 1),
    completion_mask: perToken((column) => Number(column >= promptLength)),
  };
  return { rows, length, arrays, counts: countItems(objective, arrays, length) };
}

/** Writes what both sides of a work start from: a folder `model`, `adapter.safetensors` by PEFT name and `work.json`. */
export async function saveStartingPoint(work: Work, folder: string): Promise<void> {
  const config = llamaConfig(work.shape);
  const shapes = parameterShapes(config);
  const base = initialParameters(config, createRng('bench/base'), DEVIATION);
  await saveModelFolder(join(folder, MODEL), { config, tensors: asTensors(base, shapes) });
  if (work.trainable.kind === 'lora') {
    const { slots } = trainableLayout(config, work.trainable);
    const adapterShapes = new Map(slots.map(({ name, shape }) => [name, shape]));
    const adapter = initialLora(adapterShapes, createRng('bench/adapter'));
    await writeSafetensors(join(folder, ADAPTER), asTensors(adapter, adapterShapes));
  }
  const ids = Array.from(workBatch(work).arrays['input_ids'] ?? [], Number);
  await writeFile(join(folder, 'work.json'), JSON.stringify({ ...work, ids }));
}

/** What was saved, by the names of the training's tensors. */
export interface StartingPoint {
  readonly read: ReadFrozen;
  /** Where the frozen tensors lie in files of `folder`. */
  readonly outside: PlaceFrozen;
  readonly folder: string;
}

export function openStartingPoint({ trainable }: Work, folder: string): StartingPoint {
  const model = openSafetensors(join(folder, MODEL, 'model.safetensors'));
  const adapter = trainable.kind === 'lora' ? openSafetensors(join(folder, ADAPTER)) : undefined;
  return {
    read: (name) => (adapter?.has(name) === true ? adapter : model).float32(name),
    outside: locateMapped(model),
    folder: join(folder, MODEL),
  };
}

function asTensors(
  values: ReadonlyMap<string, Float32Array>,
  shapes: ReadonlyMap<string, readonly number[]>,
): Map<string, HostTensor> {
  return new Map(
    [...values].map(([name, data]) => [name, { dtype: 'float32', shape: shapes.get(name) ?? [], data }]),
  );
}
