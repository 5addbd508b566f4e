import { expect, it } from 'vitest';
import { formatModel, parseModel } from './model-name.ts';

it.each([
  ['sha256:1', { digest: 'sha256:1', adapterDigest: '' }],
  ['sha256:1+sha256:2', { digest: 'sha256:1', adapterDigest: 'sha256:2' }],
])('reads and writes %s', (text, model) => {
  expect(parseModel(text)).toMatchObject(model);
  expect(formatModel(parseModel(text))).toBe(text);
});
