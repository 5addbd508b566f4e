import { expect, it } from 'vitest';
import { requireTrainingMemory, type KeptByTraining } from './require-memory.ts';

const GIB = 1024 ** 3;
/** A model of 7 billion parameters, all of them trained, and one with an adapter of 40 million. */
const WHOLE: KeptByTraining = {
  frozen: { bytes: 0, float32Bytes: 0 },
  trainedElements: 7_000_000_000,
  device: 'cpu',
};
const ADAPTER: KeptByTraining = {
  frozen: { bytes: 4 * GIB, float32Bytes: 28e9 },
  trainedElements: 40_000_000,
  device: 'cuda',
};

it('says what a training keeps, where that fits or nobody says how much there is', () => {
  expect(requireTrainingMemory(WHOLE, 128 * GIB)).toBe(
    'beside activations, of memory: 104.31 GiB are needed (trained parameters 104.31 GiB: 7,000,000,000 x 16 bytes, ' +
      'with gradient and moments), 128.00 GiB are available',
  );
  expect(requireTrainingMemory(ADAPTER, 8 * GIB)).toMatch(
    /^beside activations, of the memory of cuda: 4\.60 GiB are needed \(frozen weights 4\.00 GiB: as they are kept; trained/,
  );
  expect(requireTrainingMemory({ ...ADAPTER, device: 'webgpu' })).toMatch(/nobody says how much there is$/);
});

it('refuses one that does not fit, with its figures', () => {
  const refusal = (words: RegExp): unknown =>
    expect.objectContaining({
      reason: 'MEMORY_INSUFFICIENT',
      message: expect.stringMatching(words) as string,
    });
  expect(() => requireTrainingMemory(WHOLE, 24 * GIB)).toThrow(
    refusal(
      /not fit into memory, not even without activations: 104\.31 GiB .* 24\.00 GiB are available\. Train an adapter/,
    ),
  );
  expect(() => requireTrainingMemory(ADAPTER, 4 * GIB)).toThrow(refusal(/into the memory of cuda/));
});
