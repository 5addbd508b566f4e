import { describe, expect, it } from 'vitest';
import { pythonPattern } from './python-pattern.ts';

const matches = (source: string, text: string) => new RegExp(`^(?:${pythonPattern(source)})$`).test(text);

describe('pythonPattern', () => {
  it.each([
    [String.raw`.*\.(q|v)_proj`, 'model.layers.0.self_attn.q_proj', true],
    [String.raw`.*\.(q|v)_proj`, 'model.layers.0.self_attn.k_proj', false],
    [String.raw`model\.layers\.\d{,2}\.mlp\.up\_proj`, 'model.layers.12.mlp.up_proj', true],
    [String.raw`model\.layers\.\d{,2}\.mlp\.up\_proj`, 'model.layers.123.mlp.up_proj', false],
    [String.raw`\A(?!.*lm_head).*\Z`, 'model.norm', true],
    [String.raw`\A(?!.*lm_head).*\Z`, 'lm_head', false],
    ['a[]b]c', 'a]c', true],
    ['a[^]b]c', 'a]c', false],
    ['a[^]b]c', 'axc', true],
    [String.raw`[\w\-\]]+`, 'a-]', true],
    ['(?:ab){2}', 'abab', true],
  ])('%s reads %s as Python does: %s', (source, text, expected) => {
    expect(matches(source, text)).toBe(expected);
  });

  it.each([
    [String.raw`(a)\1`, String.raw`\1`],
    ['(?P<name>a)', '(?P<'],
    ['(?i)a', '(?i)'],
    ['(?>a)', '(?>a'],
    [String.raw`\Qa`, String.raw`\Q`],
    ['(a', 'nterminated group'],
    ['*a', 'othing to repeat'],
    ['a++', 'othing to repeat'],
    ['[a', 'without an end'],
    [String.raw`a\\`.slice(0, 2), '\\'],
  ])('refuses %s', (source, said) => {
    expect(() => pythonPattern(source)).toThrow(said);
  });
});
