import { SipfError } from '@sipf/errors';
import { openSafetensors, writeSafetensors } from '@sipf/models';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { StepMetrics, TrainingJob } from './training-job.ts';

/** Everything an interrupted training goes on from: the state vectors, each [size], and what has been reported. */
export interface TrainingState {
  /** One entry an update; their number is the position in the data. */
  readonly history: StepMetrics[];
  readonly parameters: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
}

const VECTORS = ['parameters', 'firstMoment', 'secondMoment'] as const;

/** Writes a checkpoint durably in the place of the one before. */
export async function saveCheckpoint(file: string, state: TrainingState, fingerprint: string): Promise<void> {
  const tensors = VECTORS.map((name) => {
    const data = state[name];
    return [name, { dtype: 'float32', shape: [data.length], data }] as const;
  });
  await writeSafetensors(file, new Map(tensors), { history: JSON.stringify(state.history), fingerprint });
}

/**
 * Reads a checkpoint, where there is one.
 * @throws SipfError failed-precondition CHECKPOINT_MISMATCH where it is another training's; as openSafetensors
 */
export function loadCheckpoint(file: string, fingerprint: string): TrainingState | undefined {
  if (!existsSync(file)) return undefined;
  const saved = openSafetensors(file);
  try {
    if (saved.metadata['fingerprint'] !== fingerprint) {
      throw new SipfError('failed-precondition', 'the checkpoint belongs to a training with other settings', {
        reason: 'CHECKPOINT_MISMATCH',
      });
    }
    return {
      history: JSON.parse(saved.metadata['history'] ?? '[]') as StepMetrics[],
      parameters: saved.float32('parameters'),
      firstMoment: saved.float32('firstMoment'),
      secondMoment: saved.float32('secondMoment'),
    };
  } finally {
    saved.close();
  }
}

/**
 * `sha256:<hex>` of everything that a training's result depends on.
 * @param startDigest of the weights it starts from; undefined for fresh ones, which depend on the seed
 */
export function trainingFingerprint(job: TrainingJob, startDigest: string | undefined): string {
  const elsewhere = { start: undefined, checkpoint: undefined, outputFolder: undefined, threads: undefined };
  const settings = { ...job, ...elsewhere, dataset: job.dataset.kind, base: startDigest ?? job.start };
  const hash = createHash('sha256').update(JSON.stringify(settings, sortedKeys));
  for (const example of job.dataset.examples) hash.update(JSON.stringify(example, sortedKeys));
  return `sha256:${hash.digest('hex')}`;
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
