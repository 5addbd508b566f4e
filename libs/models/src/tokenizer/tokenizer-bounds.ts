import { invalidFields } from '../config/schema-violations.ts';
import { withProcessorTime } from '../limits/with-deadline.ts';

/** Most characters that may be made of one; NFKC's worst makes 18. */
const MAX_GROWTH = 64;
/** Longest text that may be put before every other. */
const MAX_PREFIX = 1024;

/**
 * Processor time for any text, and a character's beyond that. Common tokenizers split a
 * mebibyte of prose in half a second, of the worst text (line ends) in two, and a short text in 10 ms the first time.
 */
const LEAST_MS = 40;
const CHARACTER_MS = 0.006;

/** Texts that other parts put for a character or beside it. */
const REPEATED = ['replacement', 'str_rep', 'continuing_subword_prefix', 'end_of_word_suffix'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Refuses a tokenizer.json whose replacements make of one character more than any model's do, so that a short text fills the
 * memory.
 *
 * @throws SipfError failed-precondition TOKENIZER_INVALID
 */
export function checkGrowth(tokenizer: Fields): void {
  for (const field of ['normalizer', 'pre_tokenizer', 'model', 'decoder']) {
    if (growthOf(tokenizer[field]) <= MAX_GROWTH) continue;
    const description = `makes more than ${MAX_GROWTH} characters of one, as no model's tokenizer does`;
    throw invalidFields([{ field: `tokenizer.json/${field}`, description }], 'TOKENIZER_INVALID');
  }
}

/** Most characters that a part of a tokenizer.json makes of one. */
function growthOf(part: unknown): number {
  const { type, normalizers, pretokenizers, decoders, content, prepend, pattern, ...own } = fieldsOf(part);
  if (type === 'Sequence') {
    const parts = [normalizers, pretokenizers, decoders].filter(Array.isArray).flat() as unknown[];
    return parts.reduce<number>((growth, one) => growth * growthOf(one), 1);
  }
  if (type === 'Prepend') return lengthOf(prepend) > MAX_PREFIX ? Infinity : 1;
  if (type !== 'Replace') return Math.max(1, ...REPEATED.map((name) => lengthOf(own[name])));
  const { String: text } = fieldsOf(pattern);
  // An expression may match the nothing between any two characters, as the empty text does.
  return typeof text === 'string' && text !== ''
    ? Math.max(1, lengthOf(content) / text.length)
    : 1 + lengthOf(content);
}

/**
 * Runs what a tokenizer's own regular expressions do to a text of so many characters, and stops them where they backtrack
 * without an end in sight.
 *
 * @throws what {@link withProcessorTime} throws
 */
export function inProportion<T>(characters: number, work: () => T): T {
  return withProcessorTime(LEAST_MS + CHARACTER_MS * characters, work);
}

/** Whether a part of a tokenizer.json holds regular expressions of its own. */
export function hasPatterns(part: unknown): boolean {
  if (Array.isArray(part)) return part.some(hasPatterns);
  return Object.entries(fieldsOf(part)).some(([name, value]) => name === 'Regex' || hasPatterns(value));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function lengthOf(text: unknown): number {
  return typeof text === 'string' ? text.length : 0;
}
