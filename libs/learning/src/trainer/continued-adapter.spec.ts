import type { LoraConfig } from '@sipf/models';
import { afterAll, describe, expect, it } from 'vitest';
import { checkContinued } from './continued-adapter.ts';
import { TINY_CONFIG, removeTemporaryFolders } from './testing/tiny-base.ts';

afterAll(removeTemporaryFolders);

const LORA: LoraConfig = { rank: 4, alpha: 8, targetModules: ['q_proj', 'v_proj'], dropout: 0 };

const check =
  (there: Partial<LoraConfig>, savedTensors: readonly string[] = [], modulesToSave?: string[]) =>
  () => {
    const trainable = { kind: 'lora', lora: LORA, ...(modulesToSave && { modulesToSave }) } as const;
    checkContinued(TINY_CONFIG, trainable, { lora: { ...LORA, ...there }, savedTensors });
  };

describe('a training continues an adapter', () => {
  it.each<[string, Partial<LoraConfig>]>([
    ['of the same settings, whatever its dropout', { dropout: 0.3 }],
    ['that says the same modules by a pattern', { targetModules: { pattern: '.*(q|v)_proj' } }],
    ['that comes to the same factor by the root of its rank', { rankStabilised: true, alpha: 4 }],
    [
      'whose patterns say for every module what the settings say',
      { alpha: 1, alphaPattern: { '(q|v)_proj': 8 } },
    ],
  ])('%s', (_, there) => {
    expect(check(there)).not.toThrow();
  });

  it('that replaces a matrix, where it is trained on', () => {
    expect(check({}, ['model.embed_tokens.weight'], ['embed_tokens'])).not.toThrow();
  });

  it.each<[string, Partial<LoraConfig>, readonly string[], string]>([
    ['rank', { rank: 2, alpha: 4 }, [], 'trainable.rank'],
    ['alpha', { alpha: 16 }, [], 'trainable.alpha'],
    ['scaling', { rankStabilised: true }, [], 'trainable.alpha'],
    ['alpha in one module', { alphaPattern: { q_proj: 2 } }, [], 'trainable.alpha'],
    ['rank in one layer', { rankPattern: { 'layers.0.*': 8 } }, [], 'trainable.rank'],
    ['modules, fewer', { targetModules: ['q_proj'] }, [], 'trainable.targetModules'],
    ['modules, more', { targetModules: 'all-linear' }, [], 'trainable.targetModules'],
    ['layers', { layers: { indices: [0], lists: [] } }, [], 'trainable.targetModules'],
    ['matrix that would be lost', {}, ['model.norm.weight'], 'trainable.modulesToSave'],
  ])('but not of another %s', (_, there, saved, field) => {
    expect(check(there, saved)).toThrow(
      expect.objectContaining({
        reason: 'TRAINING_INVALID',
        violations: [expect.objectContaining({ field })],
      }) as Error,
    );
  });

  it('but not with a DoRA', () => {
    expect(check({ decomposed: true })).toThrow(/use_dora/);
  });
});
