import { expect, it } from 'vitest';
import { inChunks } from './chunks.ts';

const bytesOf = (text: string) => text.length;

it('cuts where a call has as many items, or as many bytes, as it may', () => {
  const items = ['a', 'b', 'c', 'ddd', 'e', 'ffffffff', 'g', ''];
  expect(inChunks(items, { itemsPerCall: 2, bytesPerCall: 4, bytesOf })).toEqual([
    ['a', 'b'],
    ['c', 'ddd'],
    ['e'],
    ['ffffffff'],
    ['g', ''],
  ]);
  expect(inChunks([], { itemsPerCall: 2, bytesPerCall: 4, bytesOf })).toEqual([]);
});
