import { expect, it } from 'vitest';
import { engineWords, shortDigest } from './engine-words.ts';

const nothing = { kind: 'openai', version: '', precision: '', device: '', processes: 0, sharding: '' };

it.each([
  [{}, 'openai'],
  [
    { kind: 'engine', version: '1.2', precision: 'float32', device: 'cpu x 2' },
    'engine 1.2, float32, cpu x 2',
  ],
  [
    { kind: 'trl', version: '1.16.0', device: 'cpu', processes: 2, sharding: 'fsdp2' },
    'trl 1.16.0, cpu, fsdp2 on 2 processes',
  ],
  [{ kind: 'trl', processes: 1, sharding: 'ddp' }, 'trl'],
])('says of %j what it says of itself', (engine, words) => {
  expect(engineWords({ ...nothing, ...engine })).toBe(words);
});

it('shortens the digests of a model and of its adapter', () => {
  const [base, adapter] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}`);
  expect(shortDigest(base ?? '')).toBe('a'.repeat(12));
  expect(shortDigest(`${base ?? ''}+${adapter ?? ''}`)).toBe(`${'a'.repeat(12)} + ${'b'.repeat(12)}`);
});
