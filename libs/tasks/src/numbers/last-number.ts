import { answerWithNeighbours } from './beside-answer.ts';
import { withoutBullets } from './bullets.ts';
import { numbersIn, parseNumber } from './parse-number.ts';
import { plainText } from './plain-text.ts';

/**
 * The last number of a text, plain, with its sign and its scale: `2` of `72 clips in 2 boxes`, `minus 3` of `it is minus 3`.
 * @returns undefined where there is none, or where it is part of something else: `7 or 8`, `2x`, `5:30`
 */
export function lastNumber(text: string): string | undefined {
  const plain = plainText(withoutBullets(text));
  const last = numbersIn(plain).at(-1);
  if (last === undefined) return undefined;
  const [number, start] = last;
  const sign = /^[-+ ]*/.exec(number)?.[0].length ?? 0;
  const span = [start + sign, start + number.length] as const;
  const answer = answerWithNeighbours(plain, span, number.slice(sign)).trim();
  return parseNumber(answer) === undefined ? undefined : answer;
}
