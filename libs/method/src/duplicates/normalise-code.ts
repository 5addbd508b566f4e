import { normalisePython } from './normalise-python.ts';

/** Languages whose comments and strings are known. */
export type CodeLanguage = 'python' | 'javascript';

// Strings come first, so that a comment sign inside one is left alone.
const javascriptParts =
  /(?<string>`(?:\\[^]|[^`\\])*`?|"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?)|(?<comment>\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))|(?<blank>\s+)/g;

/**
 * A program without comments and formatting; strings are kept as they are, and so is what formatting means: a blank between
 * two words, Python's levels of indentation and its ends of lines, JavaScript's line break behind `return` and its like. Python's
 * documentation strings are dropped. For comparing programs, not for running them.
 */
export function normaliseCode(text: string, language: CodeLanguage): string {
  return language === 'python' ? normalisePython(text) : normaliseJavaScript(text);
}

function normaliseJavaScript(text: string): string {
  let bare = '';
  let last = 0;
  let isBroken = false;
  const add = (part: string): void => {
    if (part === '') return;
    const isEnded = isBroken && /\b(?:return|break|continue|throw|yield)$/.test(bare);
    if (isEnded) bare += '\n';
    else if (areOneToken(bare, part)) bare += ' ';
    bare += part;
    isBroken = false;
  };
  for (const match of text.matchAll(javascriptParts)) {
    add(text.slice(last, match.index));
    if (match.groups?.['string'] !== undefined) add(match[0]);
    else isBroken ||= match[0].includes('\n');
    last = match.index + match[0].length;
  }
  add(text.slice(last));
  return bare;
}

/** Whether two parts would read as one word or operator without a blank between them. */
function areOneToken(before: string, after: string): boolean {
  return /[\w$]$/.test(before) ? /^[\w$]/.test(after) : /[+-]$/.test(before) && before.at(-1) === after[0];
}
