import { specialTokens } from '../word-tokenizer.ts';

const question = [
  'Return the',
  ...[' sum', ' count', ' largest', ' of the', ' of xs', ', less ', ' if over ', '.'],
  ...[' numbers times ', ' numbers plus ', ' numbers minus ', ' remainders by ', ' squares'],
  ...[' even ones', ' odd ones', ' multiples of ', ' ones over ', ' ones under '],
  ...[' first ', ' last ', ' sorted ones'],
];

const program = [
  ...['def f(xs):', '    ', '\n', 'xs', ' = ', 'return ', 'if n', 'n', '[', ']', ':', '(', ')', '-'],
  ...['v', ' for v in xs', ' if v', 'sorted', 'sum', 'len', 'max'],
  ...[' * ', ' + ', ' - ', ' % ', ' == ', ' > ', ' < '],
];

/**
 * Every token of the task, id = position: the special ones, digits, words of questions, pieces of programs. No ordinary token
 * is the beginning of another, so every sequence of ordinary tokens is read back as itself from its text.
 */
export const programVocabulary: readonly string[] = [
  ...Object.values(specialTokens),
  ...Array.from('0123456789'),
  ...question,
  ...program,
];
