/** Where a string literal ends. */
export interface ScannedString {
  /** Offset after its last unit. */
  readonly end: number;
  /** False where its closing quotes are missing: it then ends before the line break, or at the text's end if triple-quoted. */
  readonly isTerminated: boolean;
}

const opening = /([rRbBuUfFtT]{0,2})("""|'''|"|')/y;

/** The string literal that begins at `start`, prefix included; undefined where none does. */
export function scanString(text: string, start: number): ScannedString | undefined {
  opening.lastIndex = start;
  const [all = '', prefix = '', quotes = ''] = opening.exec(text) ?? [];
  if (all === '') return undefined;
  const from = start + all.length;
  if (/[ft]/i.test(prefix)) {
    const end = endOfFormatted(text, from, quotes);
    if (end !== undefined) return { end, isTerminated: true };
  }
  return endOfPlain(text, from, quotes);
}

/** A backslash hides the next character also in raw strings. */
function endOfPlain(text: string, from: number, quotes: string): ScannedString {
  for (let at = from; at < text.length; at++) {
    if (text.startsWith(quotes, at)) return { end: at + quotes.length, isTerminated: true };
    if (quotes.length === 1 && isBreak(text, at)) return { end: at, isTerminated: false };
    if (text[at] === '\\') at += text.startsWith('\r\n', at + 1) ? 2 : 1;
  }
  return { end: text.length, isTerminated: false };
}

/** End of a formatted string, whose fields hold expressions with strings of their own (PEP 701). */
function endOfFormatted(text: string, from: number, quotes: string): number | undefined {
  for (let at = from; at < text.length;) {
    if (text.startsWith(quotes, at)) return at + quotes.length;
    if (quotes.length === 1 && isBreak(text, at)) return undefined;
    const next = text.startsWith('{{', at) ? at + 2 : afterPart(text, at, quotes);
    if (next === undefined) return undefined;
    at = next;
  }
  return undefined;
}

/** After a replacement field, an escaped character or any other one. */
function afterPart(text: string, at: number, quotes: string): number | undefined {
  if (text[at] === '{') return endOfField(text, at + 1, quotes);
  if (text[at] !== '\\') return at + 1;
  // The backslash hides no brace: `\{x}` is a backslash and a field.
  return text[at + 1] === '{' ? at + 1 : at + 2;
}

/** Offset after the `}` of a replacement field; undefined where it is never closed. */
function endOfField(text: string, from: number, quotes: string): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length;) {
    const character = text[at] ?? '';
    if (character === '}' && depth === 0) return at + 1;
    if (character === ':' && depth === 0) return endOfFormat(text, at + 1, quotes);
    if (character === '#') return undefined;
    if ('([{'.includes(character)) depth++;
    if (')]}'.includes(character)) depth--;
    const isWord = /[\w"']/.test(character);
    const inner = isWord ? scanString(text, at) : undefined;
    if (inner?.isTerminated === false) return undefined;
    at = inner?.end ?? (isWord ? afterWord(text, at) : at + 1);
  }
  return undefined;
}

/** After a word, so that its last letters are not taken for a string's prefix. */
function afterWord(text: string, at: number): number {
  let end = at + 1;
  while (/\w/.test(text[end] ?? '')) end++;
  return end;
}

/** A format may hold fields again; the string's own quotes end neither. */
function endOfFormat(text: string, from: number, quotes: string): number | undefined {
  for (let at = from; at < text.length;) {
    if (text[at] === '}') return at + 1;
    if (text.startsWith(quotes, at)) return undefined;
    const next = text[at] === '{' ? endOfField(text, at + 1, quotes) : at + 1;
    if (next === undefined) return undefined;
    at = next;
  }
  return undefined;
}

function isBreak(text: string, at: number): boolean {
  return text[at] === '\n' || text[at] === '\r';
}
