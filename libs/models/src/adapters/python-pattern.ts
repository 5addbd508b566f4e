/** Escapes that mean the same in Python's `re` and in JavaScript, for ASCII text. */
const SHARED_ESCAPE = /^[dDwWsSbB]$/;
/** What is escaped although it need not be, or must be. */
const PUNCTUATION = /^[^A-Za-z0-9]$/;

/**
 * A regular expression of Python's `re` in JavaScript's spelling, for ASCII text without line breaks. What the two read
 * differently and nobody writes for names of modules is refused: groups by name, back references, flags, conditions.
 *
 * @throws SyntaxError that says what is not read, or what is not a regular expression
 */
export function pythonPattern(source: string): string {
  let pattern = '';
  for (let at = 0; at < source.length;) {
    const part = nextPart(source, at);
    pattern += part.pattern;
    at = part.end;
  }
  // JavaScript's own rules for what is left: balanced groups, something before a quantifier, ranges in order.
  new RegExp(pattern);
  return pattern;
}

interface Part {
  readonly pattern: string;
  readonly end: number;
}

function nextPart(source: string, at: number): Part {
  const one = source.charAt(at);
  if (one === '\\') return escaped(source, at);
  if (one === '[') return characterClass(source, at);
  if (one === '(' && source.startsWith('(?', at)) return groupStart(source, at);
  // {,3} is 0 to 3 in Python, and these very characters in JavaScript.
  if (source.startsWith('{,', at)) return { pattern: '{0,', end: at + 2 };
  return { pattern: one, end: at + 1 };
}

function escaped(source: string, at: number): Part {
  const letter = source.charAt(at + 1);
  if (letter === 'A') return { pattern: '^', end: at + 2 };
  if (letter === 'Z') return { pattern: '$', end: at + 2 };
  if (SHARED_ESCAPE.test(letter) || PUNCTUATION.test(letter)) {
    return { pattern: `\\${letter}`, end: at + 2 };
  }
  throw notRead(`\\${letter}`);
}

function groupStart(source: string, at: number): Part {
  const start = /^\(\?(?::|=|!|<=|<!)/.exec(source.slice(at, at + 4))?.[0];
  if (start === undefined) throw notRead(source.slice(at, at + 4));
  return { pattern: start, end: at + start.length };
}

/** `]` first in a class is the character itself in Python, and ends an empty class in JavaScript. */
function characterClass(source: string, at: number): Part {
  const opening = source.startsWith('[^', at) ? '[^' : '[';
  let [pattern, end] = [opening, at + opening.length];
  if (source.charAt(end) === ']') [pattern, end] = [`${opening}\\]`, end + 1];
  while (end < source.length && source.charAt(end) !== ']') {
    const part =
      source.charAt(end) === '\\' ? escaped(source, end) : { pattern: source.charAt(end), end: end + 1 };
    [pattern, end] = [pattern + part.pattern, part.end];
  }
  if (end >= source.length) throw notRead('a class of characters without an end');
  return { pattern: `${pattern}]`, end: end + 1 };
}

function notRead(what: string): SyntaxError {
  return new SyntaxError(
    `${what} in a regular expression is not read here: write it without, or as a list of names`,
  );
}
