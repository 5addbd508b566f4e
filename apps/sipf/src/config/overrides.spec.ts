import { describe, expect, it } from 'vitest';
import { applyOverrides, overrideOf, parseOverride } from './overrides.ts';

const apply = (settings: Record<string, unknown>, ...texts: string[]) =>
  applyOverrides(settings, texts.map(parseOverride));

it.each<[string, unknown]>([
  ['seed=7', { seed: 7 }],
  ['sft.learningRate=1e-3', { sft: { learningRate: 0.001 } }],
  [
    'policy.lora.targetModules=[q_proj, v_proj]',
    { policy: { lora: { targetModules: ['q_proj', 'v_proj'] } } },
  ],
  ['task={name: gsm8k}', { task: { name: 'gsm8k' } }],
  ['policy.model=a=b', { policy: { model: 'a=b' } }],
  ['x="12"', { x: '12' }],
  ['x=true', { x: true }],
])('reads %s', (text, expected) => {
  expect(apply({}, text)).toEqual(expected);
});

it('changes settings in order and leaves the others and the original alone', () => {
  const original = { sft: { epochs: 1, batchSize: 4 } };
  expect(apply(original, 'sft.epochs=2', 'sft.epochs=3')).toEqual({ sft: { epochs: 3, batchSize: 4 } });
  expect(original.sft.epochs).toBe(1);
});

it('removes a setting that is set to null', () => {
  expect(apply({ sft: { epochs: 1, batchSize: 4 } }, 'sft.epochs=null', 'x=')).toEqual({
    sft: { batchSize: 4 },
  });
});

it('says where a setting comes from: from the last override that gives it, whole or in an object', () => {
  const overrides = ['task={name: gsm8k}', 'task.train=x', 'tasks=1'].map(parseOverride);
  expect(overrideOf(overrides, 'task.train')?.text).toBe('task.train=x');
  expect(overrideOf(overrides, 'task.test')?.text).toBe('task={name: gsm8k}');
  expect(overrideOf(overrides, 'policy.model')).toBeUndefined();
});

describe('messages', () => {
  it.each([
    ['seed', '--set seed: must be key=value, e.g. sft.epochs=3'],
    ['=3', '--set =3: "" is not a key: write names joined by dots, e.g. sft.epochs'],
    ['a..b=3', '--set a..b=3: "a..b" is not a key: write names joined by dots, e.g. sft.epochs'],
    [
      '__proto__.x=3',
      '--set __proto__.x=3: "__proto__.x" is not a key: write names joined by dots, e.g. sft.epochs',
    ],
    ['seed.x=3', '--set seed.x=3: seed is not a section: it is 1'],
  ])('says what is wrong with %s', (text, message) => {
    expect(() => apply({ seed: 1 }, text)).toThrow(message);
  });

  it('says what is wrong with a value that is not YAML', () => {
    expect(() => parseOverride('x=[1')).toThrow(/^--set x=\[1: the value is not YAML: /);
  });

  it('treats names of built-in properties as names', () => {
    expect(apply({}, 'constructor.name=1')).toEqual({ constructor: { name: 1 } });
  });
});
