import { specialTokens } from '../word-tokenizer.ts';

/** Words of the stories. Each is one token, spaces included, so numbers stand alone with a digit a token. */
export const names = ['Ann', 'Ben', 'Cora', 'Dan', 'Eve', 'Finn', 'Gus', 'Hana'] as const;
export const items = [
  'pens',
  'cups',
  'eggs',
  'caps',
  'nuts',
  'toys',
  'keys',
  'coins',
  'books',
  'shells',
] as const;
export const gainVerbs = ['buys', 'finds', 'gets', 'wins'] as const;
export const lossVerbs = ['loses', 'sells', 'gives', 'drops'] as const;
export const bagWords = ['bags', 'packs'] as const;
export const timesAdverbs = ['now', 'soon', 'then'] as const;
export const boxWords = ['boxes', 'trays', 'crates'] as const;

export type Name = (typeof names)[number];
export type Item = (typeof items)[number];
export type GainVerb = (typeof gainVerbs)[number];
export type LossVerb = (typeof lossVerbs)[number];
export type BagWord = (typeof bagWords)[number];
export type TimesAdverb = (typeof timesAdverbs)[number];
export type BoxWord = (typeof boxWords)[number];

const before = (word: string) => ` ${word}`;
const around = (word: string) => ` ${word} `;

/**
 * Every token of the task, id = position: 4 special, 67 ordinary. No ordinary token is the beginning of another, so
 * every sequence of ordinary tokens is read back as itself from its text.
 */
export const vocabulary: readonly string[] = [
  ...Object.values(specialTokens),
  ...Array.from('0123456789'),
  ...['+', '-', '*', '//', '=', '<<', '>>', '#### ', '\n', ',', '.', '?'],
  ...names,
  ...items.map(before),
  ...[...gainVerbs, ...lossVerbs, 'has', 'of'].map(around),
  ...[...bagWords, ...timesAdverbs, ...boxWords].map(before),
  ...['and', 'times', 'as', 'many', 'How', 'full', 'are', 'left', 'remain'].map(before),
];
