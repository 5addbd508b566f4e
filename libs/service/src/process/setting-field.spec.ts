import { bounded, BOUNDS } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { count, text } from './fields.ts';
import { settingField, valueOfText } from './setting-field.ts';

it.each<[string, z.ZodType, object]>([
  ['a bound', bounded(BOUNDS.loraRank).optional(), { kind: 'number', value: 'count', range: '1 to 4096' }],
  ['a bound that takes 0', bounded(BOUNDS.maxGradNorm), { range: '0, or 1e-9 to 1e9', isRequired: true }],
  ['a share', bounded(BOUNDS.beta2).default(0.999), { value: 'share', usual: '0.999', isRequired: false }],
  ['no bound above', count.default(2), { range: 'at least 1', usual: '2' }],
  ['a small default', bounded(BOUNDS.learningRate).default(5e-5), { value: 'number', usual: '5e-5' }],
  ['words', z.enum(['a', 'b']).default('b'), { kind: 'text', value: 'name', range: 'a, b', usual: 'b' }],
  ['a switch', z.boolean().default(false), { kind: 'switch', isOn: false, usual: undefined }],
  ['a switch that is on', z.boolean().default(true), { kind: 'switch', isOn: true, usual: undefined }],
  ['a list', z.array(text('file')).default([]), { kind: 'list', value: 'file', usual: undefined }],
  [
    'transformed text',
    text('ks').default('1,2').transform(Number),
    { kind: 'text', value: 'ks', usual: 'NaN' },
  ],
  ['an inner description', count.describe('how many').default(1), { description: 'how many' }],
  ['an outer description', count.describe('in').default(1).describe('out'), { description: 'out' }],
])('a flag is made of a schema with %s', (_, schema, field) => {
  expect(settingField(schema)).toMatchObject(field);
});

it('reads numbers and switches from text, and leaves other text for the schema to refuse', () => {
  expect(['5', ' 5', '1e3', '', 'five'].map((given) => valueOfText(count, given))).toEqual([
    5,
    5,
    1000,
    '',
    'five',
  ]);
  expect(['true', 'off', 'perhaps'].map((given) => valueOfText(z.boolean(), given))).toEqual([
    true,
    false,
    'perhaps',
  ]);
  expect(valueOfText(text('id').optional(), '5')).toBe('5');
});
