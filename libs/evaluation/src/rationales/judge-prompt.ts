import { dimensions, dimensionNames } from './dimensions.ts';

/** A message of a conversation with a judge. */
export interface JudgeMessage {
  readonly role: 'system' | 'user';
  readonly content: string;
}

/** A question and two answers to it, in the order in which the judge sees them. */
export interface ShownPair {
  readonly question: string;
  readonly first: string;
  readonly second: string;
}

const SYSTEM = [
  'You compare two worked solutions of the same problem. Judge each aspect on its own and by the texts alone.',
  'Which solution stands first says nothing about its quality, and neither does its length.',
].join(' ');

/** The question to a judge about two answers. */
export function judgePrompt({ question, first, second }: ShownPair): JudgeMessage[] {
  const aspects = dimensionNames.map((name) => `- ${name}: ${dimensions[name]}`);
  const form = JSON.stringify(Object.fromEntries(dimensionNames.map((name) => [name, '1, 2 or tie'])));
  const content = [
    `Problem:\n${question.trim()}`,
    `Solution 1:\n${first.trim()}`,
    `Solution 2:\n${second.trim()}`,
    `Say for each aspect which solution is better, or that they tie:\n${aspects.join('\n')}`,
    `Answer with one JSON object and nothing else, in this form:\n${form}`,
  ].join('\n\n');
  return [
    { role: 'system', content: SYSTEM },
    { role: 'user', content },
  ];
}
