import type { TrainingDataset } from '@sipf/learning';
import { open } from 'node:fs/promises';

/** Writes a dataset's tokens, one row per line, for `trl/train.py`. */
export async function writeRows(path: string, dataset: TrainingDataset): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const example of dataset.examples) await file.write(`${JSON.stringify(example)}\n`);
  } finally {
    await file.close();
  }
}
