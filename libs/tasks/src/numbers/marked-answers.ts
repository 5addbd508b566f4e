import { firstSentence, onlySentence, valueAlone } from './answer-sentence.ts';
import { nextQuestionAfter } from './answer-text.ts';
import { answerWithNeighbours } from './beside-answer.ts';
import { anyBullet, withoutBullets } from './bullets.ts';
import { numberWords, parts } from './number-words.ts';

/** Most of an answer that is looked at, in UTF-16 units; bounds the work on hostile text. */
const longest = 300;

/** The answer that begins, or whose mark does, where a text was matched; undefined where the mark is none after all. */
type ReadMark = (text: string, match: RegExpExecArray) => string | undefined;

const verb =
  '(?:is|equals|would be|will be|should be|must be|comes to|comes? out (?:to|at|as)(?: be)?|amounts to|turns out to be)';
/** What points from the label to the answer; a dash does with blanks around it, else it is a sign. */
const pointer = String.raw`(?:[:：](?:-(?=[^\S\n]))?|=>?|-+>|[→⇒⟶]|[-–—](?=[^\S\n])|(?<=\bans)\.(?=\s))`;
/** The marks by the names of {@link readers}: a text may have a million, so that they are looked for one by one. */
const anyMark = new RegExp(
  [
    String.raw`(?<hashes>(?<!#)####(?!#))`,
    String.raw`(?<sentence>(?<!\b(?:if|whether) (?:the |my )?(?:final |correct )?)\banswer(?:,? [\p{L}']+){0,12}?,? ${verb}(?!\p{L})[:：,]?)`,
    String.raw`(?<label>(?<![\p{L}\d])ans(?:wer)?(?:[*_]{1,3}|</\w+>)?[^\S\n]*(?:${pointer}|[*_]{2,3}|$))`,
    String.raw`(?<asian>(?:答案|答え|正解|정답|답)[*_]*[^\S\n]*(?:[是为為は은는]|应该是|等于)?[^\S\n]*(?:[:：][*_]*|(?<=[是为為は은는于]))|答[:：])`,
    String.raw`(?<box>\\(?:boxed|fbox|framebox)(?![a-z]))`,
    String.raw`(?<tag><(?:final|(?:final[ _-]?)?ans(?:wer)?)>)`,
  ].join('|'),
  'gimu',
);
const readers: Readonly<Record<string, ReadMark>> = {
  hashes: afterHashes,
  sentence: afterSentence,
  label: afterLabel,
  asian: afterLabel,
  box: inBox,
  tag: inTags,
};

/** Marks at either end of a text that are read; bounds the work on hostile text. */
const mostMarks = 64;

/**
 * The marked answer of a text as written: the last one that holds a number. What follows the first `#### 72`, which ends a
 * solution, does not count, nor does what follows where a model continues with another question.
 */
export function markedAnswer(text: string): string | undefined {
  const latest: RegExpExecArray[] = [];
  let [end, tried] = [text.length, 0];
  for (const match of text.matchAll(anyMark)) {
    if (match.index >= end) break;
    if (match.groups?.['hashes'] !== undefined) {
      const solved = answerAt(text, match);
      if (solved !== undefined) return solved;
      continue;
    }
    const isFirst = end === text.length && ++tried <= mostMarks && answerAt(text, match) !== undefined;
    if (isFirst) end = nextQuestionAfter(text, match.index);
    latest.push(match);
    if (latest.length > mostMarks) latest.shift();
  }
  return lastOf(latest, (match) => answerAt(text, match));
}

/** What the last of some items comes to that comes to something. */
function lastOf<T, R>(items: readonly T[], read: (item: T) => R | undefined): R | undefined {
  for (const item of items.toReversed()) {
    const found = read(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The answer at a mark; undefined where it holds no number. */
function answerAt(text: string, match: RegExpExecArray): string | undefined {
  const { groups = {} } = match;
  const name = Object.keys(readers).find((mark) => groups[mark] !== undefined);
  const answer = name === undefined ? undefined : readers[name]?.(text, match);
  const isOne = answer !== undefined && (holdsNumber.test(answer) || numberInWords.test(answer));
  return isOne ? answer : undefined;
}

const holdsNumber = new RegExp(
  String.raw`\p{N}|\\infty|(?<!\p{L})(?:one|${numberWords}|hundred|thousand|an? (?:${parts}|dozen))(?!\p{L})`,
  'iu',
);

/** Blanks and marks of Markdown, TeX and money that open an answer. */
const opening = String.raw`(?:[\s\p{Cf}:：$*_\x60"'([{（「『【《]|\\[([{$]|\\(?:text|math|boxed|displaystyle)\w*\{?|</?\w+>|\p{Sc})*`;
/** Bounds that include their number. */
const included =
  '(?:at (?:most|least)|up to|(?:a )?(?:maximum|minimum) of|(?:no|not) (?:more|less|fewer) than)';
/** How an answer begins that is nothing but a value: a sign or a name that it equals, then its digits. */
const valueFirst = new RegExp(
  [
    String.raw`^${opening}(?:(?:about|approximately|around|roughly|only|exactly|(?:a|the) total of|${included}|Rs\.?|USD|US|minus|negative) |[A-Z]{1,3}(?=\$)|[a-z] ?[=≈] ?|[=≈~] ?|[约約共])?`,
    String.raw`${opening}[-+−‑‒–－＋﹣负負]?${opening}(?:\.?\p{N}|\\[dtc]?frac)`,
  ].join(''),
  'iu',
);
/** A line of nothing but a number in words, which is not read: another number elsewhere is not the answer either. */
const numberInWords = new RegExp(
  String.raw`^${opening}(?:(?:minus|negative|and|an?|one|${numberWords}|${parts}|hundred|thousand|million)(?:[ -]|${opening}\.?${opening}$))+$`,
  'iu',
);
/** `3. Add the totals`: a heading, or an item of a list. */
const listItem = /^[\s*_#]*\d{1,3}[.)](?:\*\*)?[^\S\n]+(?!I hope)[\p{L}*]/iu;

function afterHashes(text: string, match: RegExpExecArray): string | undefined {
  const line = firstLine(textAfter(text, match));
  const isValue = (valueFirst.test(line) && !listItem.test(line)) || numberInWords.test(line);
  return isValue ? closed(valueAlone(line)) : undefined;
}

function afterSentence(text: string, match: RegExpExecArray): string | undefined {
  const following = textAfter(text, match);
  const line = firstLine(following);
  return isOpening(line) ? valueBelow(following) : closed(firstSentence(line));
}

/** After a label there may be a whole solution, so that only a value itself counts, or the one sentence that ends the text. */
function afterLabel(text: string, match: RegExpExecArray): string | undefined {
  const following = textAfter(text, match);
  const line = firstLine(following);
  if (isOpening(line)) return valueBelow(following);
  const isList = listItem.test(line) && /\n\s*\**2[.)]/.test(text.slice(match.index));
  if (valueFirst.test(line)) return isList ? undefined : closed(valueAlone(line));
  const rest = text.slice(0, nextQuestionAfter(text, match.index)).slice(match.index + match[0].length);
  const said = rest.length > longest ? undefined : onlySentence(rest);
  return said === undefined ? undefined : closed(said);
}

function inBox(text: string, match: RegExpExecArray): string | undefined {
  const inside = braced(text, match.index + match[0].length);
  if (inside === undefined) return undefined;
  return closed(answerWithNeighbours(text, [match.index, inside.end], inside.content));
}

function inTags(text: string, match: RegExpExecArray): string | undefined {
  const following = textAfter(text, match);
  const close = following.toLowerCase().indexOf(match[0].toLowerCase().replace('<', '</'));
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

/** The value in the lines below a mark; undefined where something else stands there, or a list. */
function valueBelow(following: string): string | undefined {
  if ((following.match(anyBullet) ?? []).length > 1) return undefined;
  const below = withoutBullets(following).replace(/^[\s:*_$]*(?:```\w*\n)?(?:\\\[|\\\()?\s*/, '');
  return valueFirst.test(below) && !listItem.test(below)
    ? closed(firstSentence(firstLine(below)))
    : undefined;
}

/** Without the period, and what is hoped of the answer. */
function closed(text: string): string | undefined {
  const answer = text
    .replace(/[\s,.;]*\bI hope\b.*$/isu, '')
    .trim()
    .replace(/(?<!\.)\.$|。$/, '')
    .replace(/^[\s`*_]+|[\s`*_]+$/g, '');
  return answer === '' ? undefined : answer;
}

/** What stands in the braces that open at an offset, or its one character without braces. */
function braced(
  text: string,
  offset: number,
): { readonly content: string; readonly end: number } | undefined {
  const size = /^(?:\s*\[[^[\]\n]{0,40}\])*/.exec(text.slice(offset, offset + 100))?.[0].length ?? 0;
  const start = text.slice(offset + size, offset + size + 4).search(/\S/) + offset + size;
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
