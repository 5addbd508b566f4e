import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadCheckpoint, saveCheckpoint, trainingFingerprint } from './checkpoint.ts';
import { jobOn } from './testing/tiny-jobs.ts';

const state = {
  history: [{ step: 1, epoch: 1, values: { loss: 2 } }],
  parameters: Float32Array.of(1, 2, 3),
  firstMoment: Float32Array.of(4, 5, 6),
  secondMoment: Float32Array.of(7, 8, 9),
} as unknown as Parameters<typeof saveCheckpoint>[1];
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-checkpoint-'));
  file = join(folder, 'checkpoint.safetensors');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('gives back what was saved, and nothing to another training', async () => {
  await saveCheckpoint(file, state, 'a');
  expect(loadCheckpoint(file, 'a')).toEqual(state);
  expect(() => loadCheckpoint(file, 'b')).toThrow(
    `the checkpoint ${file.split('/').slice(-2).join('/')} belongs to a training with other settings`,
  );
  expect(loadCheckpoint(join(folder, 'none'), 'a')).toBeUndefined();
});

it.each([
  [
    'a flipped bit in its numbers',
    (path: string) => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      writeFileSync(path, bytes);
    },
  ],
  [
    'its end torn off',
    (path: string) => {
      truncateSync(path, readFileSync(path).length - 4);
    },
  ],
  [
    'zeros alone',
    (path: string) => {
      writeFileSync(path, new Uint8Array(64));
    },
  ],
])('is refused with %s, and says what is safe to delete', async (_, damage) => {
  await saveCheckpoint(file, state, 'a');
  damage(file);
  expect(() => loadCheckpoint(file, 'a')).toThrow(
    /checkpoint\.safetensors is damaged: it is safe to delete it/,
  );
});

it('names a training alike whether its settings of memory are one object or stand alone, as they did once', () => {
  const job = jobOn('base');
  const memory = { recomputeLayers: true, recomputeActivations: false, vocabularyPiece: undefined };
  const inOne = trainingFingerprint({ ...job, memory }, 'sha256:start');
  expect(inOne).toBe(trainingFingerprint({ ...job, ...memory }, 'sha256:start'));
  expect(inOne).not.toBe(trainingFingerprint(job, 'sha256:start'));
});
