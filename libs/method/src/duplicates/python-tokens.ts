/** A token of a program as far as comparing programs needs it. */
export interface ComparedToken {
  readonly kind: 'string' | 'comment' | 'break' | 'blank' | 'word' | 'other';
  readonly text: string;
}

const patterns: readonly (readonly [ComparedToken['kind'], RegExp])[] = [
  ['comment', /#[^\r\n]*/y],
  ['break', /\r\n|\r|\n/y],
  ['blank', /(?:[ \t\f\v]|\\(?:\r\n|\r|\n))+/y],
  ['word', /[\p{L}\p{N}_.]+/uy],
];

/** The tokens of any text, read as Python; joined, they are the text. */
export function pythonTokens(text: string): ComparedToken[] {
  const tokens: ComparedToken[] = [];
  for (let at = 0; at < text.length;) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(text: string, at: number): ComparedToken {
  const end = endOfString(text, at);
  if (end !== undefined) return { kind: 'string', text: text.slice(at, end) };
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    if (match !== undefined) return { kind, text: match };
  }
  return { kind: 'other', text: text.slice(at, at + 1) };
}

const opening = /([a-zA-Z]{0,2})("""|'''|"|')/y;

/** The end of the string that begins at an offset, or undefined if none begins. An unterminated one ends with its line. */
function endOfString(text: string, at: number): number | undefined {
  opening.lastIndex = at;
  const [all = '', prefix = '', quotes = ''] = opening.exec(text) ?? [];
  if (all === '') return undefined;
  const hasFields = /[ft]/i.test(prefix);
  for (let next = at + all.length; next < text.length; next++) {
    if (text.startsWith(quotes, next)) return next + quotes.length;
    if (quotes.length === 1 && /[\r\n]/.test(text.charAt(next))) return next;
    if (text[next] === '\\') next++;
    else if (hasFields && text.startsWith('{{', next)) next++;
    else if (hasFields && text[next] === '{') next = endOfField(text, next + 1) ?? next;
  }
  return text.length;
}

/** The brace that closes a field, in whose expression strings may have the outer one's quotes; undefined where none does. */
function endOfField(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '}' && depth === 0) return at;
    if (/[\r\n]/.test(character)) return undefined;
    if ('([{'.includes(character)) depth++;
    if (')]}'.includes(character)) depth--;
    // A quote begins a string; one without an end goes to its line's, where the field has none either.
    if (character === '"' || character === "'") at = (endOfString(text, at) as number) - 1;
  }
  return undefined;
}
