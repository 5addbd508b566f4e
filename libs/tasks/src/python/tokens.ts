import { scanString } from './scan-string.ts';

/**
 * What a token is. `newline` is any line break and `space` any blank or joined line (`\` at its end); `unknown` is text that
 * no Python program has there, an unterminated string included.
 */
type PythonTokenKind =
  | 'name'
  | 'number'
  | 'string'
  | 'operator'
  | 'comment'
  | 'newline'
  | 'space'
  | 'unknown';

/** A token by its offsets, in UTF-16 units. */
export interface PythonToken {
  readonly kind: PythonTokenKind;
  readonly start: number;
  /** Offset after its last unit. */
  readonly end: number;
}

/** Tried in order at every offset; strings are scanned before names, whose beginning their prefixes share. */
const patterns: readonly (readonly [PythonTokenKind, RegExp])[] = [
  ['newline', /\r\n|\r|\n/y],
  ['space', /(?:[ \t\f]|\\(?:\r\n|\r|\n))+/y],
  ['comment', /#[^\r\n]*/y],
  ['name', /[\p{ID_Start}_][\p{ID_Continue}]*/uy],
  [
    'number',
    /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?/y,
  ],
  [
    'operator',
    /\*\*=|\/\/=|>>=|<<=|\.\.\.|\*\*|\/\/|>>|<<|!=|->|:=|[=<>+\-*/%&|^@]=|[-+*/%@&|^~<>()[\]{},:.;=]/y,
  ],
];

/**
 * Splits any text into Python's tokens (Python 3.12's f-strings included), spaces too: joined, they are the text. Text that is no
 * Python becomes `unknown` tokens; nothing is refused.
 */
export function tokenisePython(text: string): PythonToken[] {
  const tokens: PythonToken[] = [];
  for (let start = 0; start < text.length;) {
    const token = tokenAt(text, start);
    tokens.push(token);
    start = token.end;
  }
  return tokens;
}

function tokenAt(text: string, start: number): PythonToken {
  const string = scanString(text, start);
  if (string !== undefined) {
    return { kind: string.isTerminated ? 'string' : 'unknown', start, end: string.end };
  }
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = start;
    const match = pattern.exec(text);
    if (match !== null) return { kind, start, end: start + match[0].length };
  }
  // A code point, so that no surrogate pair is torn.
  return { kind: 'unknown', start, end: start + String.fromCodePoint(text.codePointAt(start) ?? 0).length };
}
