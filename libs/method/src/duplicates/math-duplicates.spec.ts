import fc from 'fast-check';
import { expect, it } from 'vitest';
import { paths } from '../testing/arbitrary-paths.ts';
import { deduplicateMath } from './math-duplicates.ts';

const calculationsOf = (text: string) => text.match(/\d+[+*]\d+=\d+/g) ?? [];
const dedupe = (...texts: string[]) =>
  deduplicateMath(
    texts.map((text) => ({ questionId: 'q', text })),
    calculationsOf,
  ).map((path) => path.text);

it('compares calculations, not the words around them', () => {
  expect(dedupe('First 1+1=2', 'Then 1+1=2 !', '1+1=2 2*2=4', '2*2=4 1+1=2')).toEqual([
    'First 1+1=2',
    '1+1=2 2*2=4',
    '2*2=4 1+1=2',
  ]);
});

it('compares normalised words where there are no calculations', () => {
  expect(dedupe('It is four.', 'it  is FOUR', 'It is five.')).toEqual(['It is four.', 'It is five.']);
});

it('keeps words apart that differ in where one ends, and texts of letters from those without', () => {
  expect(dedupe('now here', 'nowhere', 'a', '?!', '...')).toEqual(['now here', 'nowhere', 'a', '?!']);
  expect(dedupe('?!', '')).toEqual(['?!']);
  // Upper case of both is the same: SS.
  expect(dedupe('Straße', 'Strasse')).toEqual(['Straße', 'Strasse']);
});

it('never takes words for calculations', () => {
  const both = [
    { questionId: 'q', text: 'words' },
    { questionId: 'q', text: 'calculated' },
  ];
  expect(deduplicateMath(both, (text) => (text === 'words' ? [] : ['words']))).toHaveLength(2);
});

it('keeps questions apart', () => {
  const same = ['a', 'b'].map((questionId) => ({ questionId, text: '1+1=2' }));
  expect(deduplicateMath(same, calculationsOf)).toEqual(same);
});

it('keeps a first of every kind, in order, and changes nothing when applied again', () => {
  fc.assert(
    fc.property(paths, (all) => {
      const kept = deduplicateMath(all, calculationsOf);
      expect(kept).toEqual(all.filter((path) => kept.includes(path)));
      expect(deduplicateMath(kept, calculationsOf)).toEqual(kept);
      expect(deduplicateMath([...all, ...all], calculationsOf)).toEqual(kept);
    }),
  );
});
