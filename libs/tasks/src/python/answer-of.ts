import { afterThoughts, withoutBeginning, withoutThoughtTags } from '../thoughts.ts';
import { tokenisePython } from './tokens.ts';

/** What families of models end a turn with. */
const endTokens = [
  '</s>',
  '<eos>',
  '<|im_end|>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|EOT|>',
  '<EOT>',
  '<|end|>',
  '<|return|>',
  '<end_of_turn>',
  '<\uff5cend\u2581of\u2581sentence\uff5c>',
];
const anyEnd = endTokens.map((token) => token.replaceAll(/[|]/g, '\\|')).join('|');
const endAtLine = new RegExp(`(?:${anyEnd})(?=(?:[ \\t]|${anyEnd})*\\r?$)`, 'gm');

/**
 * What a model's text says to the one who asked: without its thoughts, without what follows the token that ends its turn, and
 * between the marks of examples such as `[BEGIN]` and `[DONE]`, or, where there is no fence, between tags such as `<answer>`.
 */
export function answerOf(text: string): string {
  return betweenTags(betweenMarks(withoutThoughts(untilEnd(withoutBeginning(text.replace(/^\ufeff/, ''))))));
}

/** A token ends the turn where its line ends too, and not inside a string of the program. */
function untilEnd(text: string): string {
  const found = [...text.matchAll(endAtLine)];
  if (found.length === 0) return text;
  const strings = tokenisePython(text).filter(({ kind }) => kind === 'string');
  const end = found.find(
    ({ index }) => !strings.some(({ start, end: after }) => start < index && index < after),
  );
  return end === undefined ? text : text.slice(0, end.index);
}

/** Thoughts may have been opened by the prompt; where nothing follows them, they are all there is. */
function withoutThoughts(text: string): string {
  const answer = afterThoughts(text) ?? text;
  return answer.trim() === '' ? withoutThoughtTags(text) : answer;
}

function betweenMarks(text: string): string {
  const end = /(?:^|[ \t])\[(?:DONE|\/PYTHON)\][ \t]*\r?$/m.exec(text);
  const before = end === null ? text : text.slice(0, end.index);
  const begin = /^[ \t]*\[(?:BEGIN|PYTHON)\][ \t]*(?:\r?\n)?/m.exec(before);
  return begin === null ? before : before.slice(begin.index + begin[0].length);
}

const tag = '(?:answer|code|pre|python|solution)';
const openingTags = new RegExp(`^[ \\t]*(?:<${tag}(?: [^<>\\n]*)?>[ \\t]*)+\\r?\\n`, 'm');
const closingTags = new RegExp(`^[ \\t]*(?:</${tag}>[ \\t]*)+\\r?$`, 'm');

/** Tags count that have a line of their own, and not inside a string of the program; fences say more than they do. */
function betweenTags(text: string): string {
  const opening = openingTags.exec(text);
  if (opening === null || /^[ \t>]*(?:`{3}|~{3})/m.test(text)) return text;
  const start = opening.index + opening[0].length;
  const isInString = tokenisePython(text).some(
    (token) => token.kind === 'string' && token.start < opening.index && opening.index < token.end,
  );
  if (isInString) return text;
  const inside = text.slice(start);
  const closing = closingTags.exec(inside);
  return closing === null ? inside : inside.slice(0, closing.index);
}
