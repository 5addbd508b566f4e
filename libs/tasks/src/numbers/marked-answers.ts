import { nextQuestionAfter } from './answer-text.ts';
import { answerWithNeighbours } from './beside-answer.ts';
import { numberWords } from './number-words.ts';

/** Most of an answer that is looked at, in UTF-16 units; bounds the work on hostile text. */
const longest = 300;

/** The answer that begins, or whose mark does, where a text was matched; undefined where the mark is none after all. */
type ReadMark = (text: string, match: RegExpExecArray) => string | undefined;

const verb = '(?:is|equals|would be|will be|should be|must be|comes to|comes out to be|turns out to be)';
const sentenceMark = new RegExp(
  String.raw`(?<!\b(?:if|whether) (?:the |my )?(?:final |correct )?)\banswer(?:,? [\p{L}']+,?){0,12}? ${verb}(?!\p{L})[:,]?`,
  'giu',
);

const hashes: readonly [RegExp, ReadMark] = [/(?<!#)####(?!#)/g, afterHashes];
const marks: readonly (readonly [RegExp, ReadMark])[] = [
  hashes,
  [sentenceMark, afterSentence],
  [/\bans(?:wer)?(?:\*\*|__)?[^\S\n]*(?:[:=]|\*\*|__|$)/gim, afterLabel],
  [/\\(?:boxed|fbox)(?![a-z])/gi, inBox],
  [/<(answer|final_answer)>/gi, inTags],
];

/**
 * The marked answer of a text as written: the last one that holds a number. What follows the first `#### 72`, which ends a
 * solution, does not count, nor does what follows where a model goes on with another question.
 */
export function markedAnswer(text: string): string | undefined {
  let [last, end]: [string | undefined, number] = [undefined, text.length];
  for (const { match, read } of marksOf(text)) {
    if (match.index >= end) break;
    const answer = read(text, match);
    if (answer === undefined || !holdsNumber.test(answer)) continue;
    if (read === afterHashes) return answer;
    if (last === undefined) end = nextQuestionAfter(text, match.index);
    last = answer;
  }
  return last;
}

const holdsNumber = new RegExp(
  String.raw`\p{N}|\\infty|(?<!\p{L})(?:one|${numberWords}|hundred|thousand)(?!\p{L})`,
  'iu',
);

function marksOf(text: string): { readonly match: RegExpExecArray; readonly read: ReadMark }[] {
  const found = marks.flatMap(([pattern, read]) =>
    [...text.matchAll(pattern)].map((match) => ({ match, read })),
  );
  return found.sort((a, b) => a.match.index - b.match.index);
}

/** Blanks and marks of Markdown, TeX and money that open an answer. */
const opening = String.raw`(?:[\s:$*_\x60"'([{]|\\[([{$]|\\(?:text|math|boxed|displaystyle)\w*\{?|<\w+>|\p{Sc})*`;
/** How an answer begins that is nothing but a value: a sign or a name that it equals, then its digits. */
const valueFirst = new RegExp(
  [
    String.raw`^${opening}(?:(?:about|approximately|around|only|exactly|Rs\.?|USD|US|minus|negative) |[a-z] ?[=≈] ?|[=≈~] ?)?`,
    String.raw`${opening}[-+−‑‒–]?${opening}(?:\.?\p{N}|\\[dtc]?frac)`,
  ].join(''),
  'iu',
);
/** `3. Add the totals`: a heading, or an item of a list. */
const listItem = /^[\s*_#]*\d{1,3}[.)](?:\*\*)?[^\S\n]+(?!I hope)[\p{L}*]/iu;

function afterHashes(text: string, match: RegExpExecArray): string | undefined {
  const line = firstLine(textAfter(text, match));
  return valueFirst.test(line) && !listItem.test(line) ? closed(firstSentence(line)) : undefined;
}

function afterSentence(text: string, match: RegExpExecArray): string | undefined {
  const following = textAfter(text, match);
  const line = firstLine(following);
  return isOpening(line) ? valueBelow(following) : closed(firstSentence(line));
}

/** After a label there may be a whole solution, so that only a value itself counts. */
function afterLabel(text: string, match: RegExpExecArray): string | undefined {
  const following = textAfter(text, match);
  const line = firstLine(following);
  if (isOpening(line)) return valueBelow(following);
  const isList = listItem.test(line) && /\n\s*\**2[.)]/.test(text.slice(match.index));
  return valueFirst.test(line) && !isList ? closed(firstSentence(line)) : undefined;
}

function inBox(text: string, match: RegExpExecArray): string | undefined {
  const inside = braced(text, match.index + match[0].length);
  if (inside === undefined) return undefined;
  return closed(answerWithNeighbours(text, [match.index, inside.end], inside.content));
}

function inTags(text: string, match: RegExpExecArray): string | undefined {
  const following = textAfter(text, match);
  const close = following.indexOf(`</${match[1]}>`);
  // A text that was cut off, or one that holds a whole solution.
  if (close === -1) return valueFirst.test(following) ? closed(firstLine(following)) : undefined;
  return closed(following.slice(0, close));
}

function textAfter(text: string, { index, 0: mark }: RegExpExecArray): string {
  return text.slice(index + mark.length, index + mark.length + longest);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

const openingOnly = new RegExp(`^${opening}$`, 'u');

function isOpening(line: string): boolean {
  return openingOnly.test(line);
}

/** The value in the lines below a mark; undefined where something else stands there. */
function valueBelow(following: string): string | undefined {
  const below = following.replace(/^[\s:*_$]*(?:\\\[|\\\()?\s*/, '');
  return valueFirst.test(below) && !listItem.test(below)
    ? closed(firstSentence(firstLine(below)))
    : undefined;
}

/** Up to a period that ends a sentence: `5.50 dollars. Next` gives `5.50 dollars`. */
function firstSentence(text: string): string {
  return /^.*?(?=(?<!\.|\b(?:Rs|approx|No))[.!?](?:[\s*_$")\]<]|$)|$)/.exec(text)?.[0] ?? text;
}

/** Without the period, and what is hoped of the answer. */
function closed(text: string): string | undefined {
  const answer = text
    .replace(/[\s,.;]*\bI hope\b.*$/isu, '')
    .trim()
    .replace(/(?<!\.)\.$/, '')
    .replace(/^(?:\*\*|__|[\s`])+|(?:\*\*|__|[\s`])+$/g, '');
  return answer === '' ? undefined : answer;
}

/** What stands in the braces that open at an offset, or its one character without braces. */
function braced(
  text: string,
  offset: number,
): { readonly content: string; readonly end: number } | undefined {
  const start = text.slice(offset, offset + 4).search(/\S/) + offset;
  if (text[start] !== '{') {
    const digits = /^\d+/.exec(text.slice(start, start + longest))?.[0];
    return digits === undefined ? undefined : { content: digits, end: start + digits.length };
  }
  let depth = 0;
  for (let at = start; at < Math.min(text.length, start + longest); at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return { content: text.slice(start + 1, at), end: at + 1 };
  }
  return undefined;
}
