import type { TrainingDataset } from '@sipf/learning';
import { open } from 'node:fs/promises';
import { unsupported } from './order.ts';

/**
 * Writes a dataset's tokens, one row per line, for `trl/trainers.py`.
 * @throws SipfError unimplemented OBJECTIVE_UNSUPPORTED for pairs with weights
 */
export async function writeRows(path: string, dataset: TrainingDataset): Promise<void> {
  if (dataset.kind === 'preference' && dataset.examples.some(({ weight }) => weight !== undefined)) {
    throw unsupported('dataset', 'no pairs with weights');
  }
  const file = await open(path, 'w');
  try {
    for (const example of dataset.examples) await file.write(`${JSON.stringify(example)}\n`);
  } finally {
    await file.close();
  }
}
