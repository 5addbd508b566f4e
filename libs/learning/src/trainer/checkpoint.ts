import { SipfError } from '@sipf/errors';
import { openSafetensors, writeSafetensors } from '@sipf/models';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { StepMetrics, TrainingJob } from './training-job.ts';

/** Everything an interrupted training resumes from: the state vectors, each [size], and what has been reported. */
export interface TrainingState {
  /** One entry an update; their number is the position in the data. */
  readonly history: StepMetrics[];
  readonly parameters: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
}

const PIECE_BYTES = 1 << 26;
const VECTORS = ['parameters', 'firstMoment', 'secondMoment'] as const;

/** Replaces the previous checkpoint durably. */
export async function saveCheckpoint(file: string, state: TrainingState, fingerprint: string): Promise<void> {
  const tensors = VECTORS.map((name) => {
    const data = state[name];
    return [name, { dtype: 'float32', shape: [data.length], data }] as const;
  });
  const history = JSON.stringify(state.history);
  await writeSafetensors(file, new Map(tensors), {
    history,
    fingerprint,
    content: contentOf(state, history),
  });
}

/** `sha256:<hex>` of what a checkpoint holds. */
function contentOf(state: Omit<TrainingState, 'history'>, history: string): string {
  const hash = createHash('sha256').update(history);
  for (const name of VECTORS) {
    const { buffer, byteOffset, byteLength } = state[name];
    // In pieces: one update takes less than 2 GiB.
    for (let at = 0; at < byteLength; at += PIECE_BYTES)
      hash.update(new Uint8Array(buffer, byteOffset + at, Math.min(PIECE_BYTES, byteLength - at)));
  }
  return `sha256:${hash.digest('hex')}`;
}

/**
 * Reads a checkpoint, where there is one.
 * @throws SipfError failed-precondition CHECKPOINT_MISMATCH where it is another training's; data-loss CHECKPOINT_DAMAGED
 */
export function loadCheckpoint(file: string, fingerprint: string): TrainingState | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return read(file, fingerprint);
  } catch (error) {
    if (error instanceof SipfError && error.reason.startsWith('CHECKPOINT_')) throw error;
    throw damaged(file, error);
  }
}

function read(file: string, fingerprint: string): TrainingState {
  const saved = openSafetensors(file);
  try {
    if (saved.metadata['fingerprint'] !== fingerprint) {
      const message = `the checkpoint ${nameOf(file)} belongs to a training with other settings`;
      throw new SipfError('failed-precondition', message, { reason: 'CHECKPOINT_MISMATCH' });
    }
    const { history = '[]', content } = saved.metadata;
    const state = {
      parameters: saved.float32('parameters'),
      firstMoment: saved.float32('firstMoment'),
      secondMoment: saved.float32('secondMoment'),
    };
    // Checkpoints of before there was a checksum have none.
    if (content !== undefined && content !== contentOf(state, history)) throw damaged(file);
    return { history: JSON.parse(history) as StepMetrics[], ...state };
  } finally {
    saved.close();
  }
}

/** The file in its folder, which names the training: errors must not show whole paths. */
function nameOf(file: string): string {
  return file.split('/').slice(-2).join('/');
}

function damaged(file: string, cause?: unknown): SipfError {
  const message =
    `the checkpoint ${nameOf(file)} is damaged: it is safe to ` +
    'delete it; the training then begins with its first step';
  return new SipfError('data-loss', message, { reason: 'CHECKPOINT_DAMAGED', cause });
}

/**
 * `sha256:<hex>` of everything that a training's result depends on.
 * @param startDigest of the weights it starts from; undefined for fresh ones, which depend on the seed
 */
export function trainingFingerprint(job: TrainingJob, startDigest: string | undefined): string {
  const elsewhere = { start: undefined, checkpoint: undefined, outputFolder: undefined, threads: undefined };
  // Settings of memory stand beside the others, as in the checkpoints of before they were one object.
  const flat = { ...job, ...job.memory, memory: undefined };
  const settings = { ...flat, ...elsewhere, dataset: job.dataset.kind, base: startDigest ?? job.start };
  const hash = createHash('sha256').update(JSON.stringify(settings, sortedKeys));
  for (const example of job.dataset.examples) hash.update(JSON.stringify(example, sortedKeys));
  return `sha256:${hash.digest('hex')}`;
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
