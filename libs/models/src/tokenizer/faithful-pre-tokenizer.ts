import { SipfError } from '@sipf/errors';

type Config = Readonly<Record<string, unknown>>;

/** What the Rust library splits text by where a pre-tokenizer has no pattern of its own. */
const NUMBER = String.raw`\p{N}`;
const PUNCTUATION = String.raw`[\p{P}!-/:-@\[-` + '`' + String.raw`{-~]`;
const WORDS = String.raw`\w+|[^\w\s]+`;
const WHITESPACE = String.raw`\s+`;
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/**
 * A pre_tokenizer of tokenizer.json spelt so that @huggingface/tokenizers cuts text where the Rust library does. It
 * deviates in these, which are spelt as `Split` by the pattern that Rust has; a pattern's `\s` and `\w` are Unicode's
 * there, while JavaScript's own, which the library uses elsewhere, take U+FEFF for a space and U+0085 for none:
 * `Digits` takes 0-9 for a number only, not every character of Unicode's category N (½, ², Ⅷ, Arabic digits);
 * `ByteLevel`, `Whitespace` and `WhitespaceSplit` have JavaScript's `\s` and `\w`; `Punctuation` and `Split` know no
 * `behavior` but `Isolated` and `Removed`, and `Split` drops what lies between the matches where it is inverted;
 * `Metaspace` does not split before the replaced spaces.
 *
 * @throws SipfError failed-precondition TOKENIZER_INVALID for a behaviour that no pattern can express
 */
export function faithfulPreTokenizer(config: unknown): unknown {
  if (typeof config !== 'object' || config === null) return config;
  const fields: Config = { ...config };
  switch (fields['type']) {
    case 'Sequence':
      return { ...fields, pretokenizers: asList(fields['pretokenizers']).map(faithfulPreTokenizer) };
    case 'Digits':
      return split(NUMBER, fields['individual_digits'] === true ? 'Isolated' : 'Contiguous');
    case 'Punctuation':
      return split(PUNCTUATION, fields['behavior'] ?? 'Isolated');
    case 'Whitespace':
      return { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Removed', invert: true };
    case 'WhitespaceSplit':
      return split(WHITESPACE, 'Removed');
    case 'ByteLevel':
      return byteLevel(fields);
    case 'Metaspace':
      return metaspace(fields);
    case 'Split':
      return faithfulSplit(fields);
    default:
      return config;
  }
}

/** The words of GPT-2 are cut before bytes become characters; a prefix space must come before that. */
function byteLevel(fields: Config): unknown {
  if (fields['use_regex'] === false || fields['add_prefix_space'] === true) return fields;
  return sequence(split(GPT2, 'Isolated'), { ...fields, use_regex: false });
}

function metaspace(fields: Config): unknown {
  if (fields['split'] === false) return fields;
  const replacement = typeof fields['replacement'] === 'string' ? fields['replacement'] : '▁';
  return sequence(fields, split(literal(replacement), 'MergedWithNext'));
}

function faithfulSplit(fields: Config): unknown {
  const pattern: Config = { ...(fields['pattern'] as object | undefined) };
  const regex = typeof pattern['String'] === 'string' ? literal(pattern['String']) : pattern['Regex'];
  if (typeof regex !== 'string') return fields;
  if (fields['invert'] !== true) return split(regex, fields['behavior'] ?? 'Isolated');
  if (fields['behavior'] === 'Removed') return { ...fields, pattern: { Regex: regex } };
  if (fields['behavior'] === 'Isolated') return split(regex, 'Isolated');
  throw unsupported(fields['behavior']);
}

/** A Split by a regular expression of Oniguruma whose matches are pieces, or no part of the text. */
function split(regex: string, behavior: unknown): object {
  const pattern = (Regex: string) => ({
    type: 'Split',
    pattern: { Regex },
    behavior: 'Isolated',
    invert: false,
  });
  const others = String.raw`(?:(?!${regex})[\s\S])*`;
  switch (behavior) {
    case 'Isolated':
      return pattern(regex);
    case 'Removed':
      return { ...pattern(regex), behavior };
    case 'Contiguous':
      return pattern(`(?:${regex})+`);
    case 'MergedWithPrevious':
      return pattern(`${others}(?:${regex})`);
    case 'MergedWithNext':
      return pattern(`(?:${regex})${others}`);
    default:
      throw unsupported(behavior);
  }
}

function sequence(...pretokenizers: readonly unknown[]): object {
  return { type: 'Sequence', pretokenizers };
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function unsupported(behavior: unknown): SipfError {
  const description = `a pre-tokenizer splits with the behaviour ${JSON.stringify(behavior)}, which is not supported`;
  const violations = [{ field: 'tokenizer.json/pre_tokenizer', description }];
  return new SipfError('failed-precondition', `tokenizer.json/pre_tokenizer: ${description}`, {
    reason: 'TOKENIZER_INVALID',
    violations,
  });
}
