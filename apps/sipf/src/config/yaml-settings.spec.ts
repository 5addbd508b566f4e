import { SipfError } from '@sipf/errors';
import { describe, expect, it } from 'vitest';
import { parseYamlSettings } from './yaml-settings.ts';

const TEXT = `# comment
seed: 1
sft:
  learningRate: 1e-3
policy:
  lora:
    targetModules:
      - q_proj
      - v_proj
flow: { a: 1, b: { c: 2 } }
`;

describe('positions', () => {
  const { locate } = parseYamlSettings(TEXT, 'x.yaml');

  it.each<[string, (string | number)[], [number, number]]>([
    ['a setting', ['seed'], [2, 1]],
    ['a setting in a section', ['sft', 'learningRate'], [4, 3]],
    ['an item of a list', ['policy', 'lora', 'targetModules', 1], [9, 9]],
    ['an item of a list by a number as text', ['policy', 'lora', 'targetModules', '0'], [8, 9]],
    ['a setting of a flow section', ['flow', 'b', 'c'], [10, 20]],
    ['the section around a setting that is missing', ['sft', 'epochs'], [3, 1]],
    ['the section around a missing section', ['policy', 'lora', 'alpha', 'deep'], [6, 3]],
    ['the first setting for a missing section', ['alignment', 'lambda'], [2, 1]],
  ])('finds %s', (_, path, [line, column]) => {
    expect(locate(path)).toEqual({ line, column });
  });
});

function messagesOf(text: string): string[] {
  try {
    parseYamlSettings(text, 'x.yaml');
  } catch (error) {
    if (!(error instanceof SipfError)) throw error;
    const { message, violations } = error;
    return [message, ...violations.map(({ field, description }) => `${field} ${description}`)];
  }
  return [];
}

it('names line and column of what is not YAML', () => {
  const [message, first] = messagesOf('seed: 1\nsft: [1, 2\nx: 3\n');
  expect(message).toBe('x.yaml is not YAML');
  expect(first).toMatch(/^x\.yaml:3:\d+ .*flow/i);
});

it('refuses a duplicate setting at its second position', () => {
  expect(messagesOf('seed: 1\nseed: 2\n')[1]).toBe('x.yaml:2:1 Map keys must be unique');
});

it('refuses a tag that it does not know', () => {
  expect(messagesOf('seed: !secret 1\n')[1]).toContain('x.yaml:1:7 Unresolved tag');
});

it('refuses what holds no settings', () => {
  expect(messagesOf('')).toEqual(['x.yaml is empty: it must hold settings']);
  expect(messagesOf('# only a comment\n')).toEqual(['x.yaml is empty: it must hold settings']);
  expect(messagesOf('- a\n')[0]).toBe('x.yaml:1:1: must be settings (`key: value`), is a list');
  expect(messagesOf('hello')[0]).toBe('x.yaml:1:1: must be settings (`key: value`), is the string "hello"');
});

it('refuses aliases that grow without bound', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]',
    'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]',
  ];
  expect(messagesOf([...bomb, 'd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]'].join('\n'))[0]).toContain('alias');
});
