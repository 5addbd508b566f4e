import { SipfError } from '@sipf/errors';
import { z } from 'zod';
import { parseFileContent } from '../config/schema-violations.ts';
import { overran } from '../limits/with-deadline.ts';
import { inFolder } from '../storage/in-folder.ts';
import { readJsonFile, readOptionalJsonFile } from '../storage/read-json-file.ts';
import { readChatTemplate } from './chat-template.ts';
import { faithfulPreTokenizer } from './faithful-pre-tokenizer.ts';
import { boundSplitting, createLibraryTokenizer, type LibraryTokenizer } from './hugging-face-library.ts';
import { createIncrementalDecoder } from './incremental-decoder.ts';
import { checkGrowth, hasPatterns, inProportion } from './tokenizer-bounds.ts';
import type { Tokenizer } from './tokenizer.ts';

const REASON = 'TOKENIZER_INVALID';
const MAX_TOKEN_ID = 1 << 24;

/** Longest text that is encoded, in UTF-16 code units: seconds of work, and beyond any model's context. */
const MAX_TEXT_LENGTH = 1 << 20;

const tokenName = z
  .union([z.string(), z.looseObject({ content: z.string() })])
  .nullish()
  .transform((token) => (typeof token === 'object' ? token?.content : token));
const configSchema = z.looseObject({
  bos_token: tokenName,
  eos_token: tokenName,
  pad_token: tokenName,
  unk_token: tokenName,
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish()
    .transform((template) => template ?? undefined),
});
const tokenizerSchema = z.looseObject({
  model: z.looseObject({ type: z.string().optional(), vocab: z.unknown() }),
  added_tokens: z.array(z.looseObject({ id: z.int().min(0).max(MAX_TOKEN_ID), content: z.string() })),
  pre_tokenizer: z.unknown(),
});

const SPECIAL_TOKENS = ['bos_token', 'eos_token', 'pad_token', 'unk_token'] as const;
type TokenNames = Readonly<Record<(typeof SPECIAL_TOKENS)[number], string | undefined>>;

/**
 * Loads tokenizer.json, with the names of the special tokens from tokenizer_config.json.
 *
 * Text is never cleaned up (`clean_up_tokenization_spaces` is ignored), so that decoding gives back what was encoded.
 *
 * @throws SipfError that names the folder, not-found MODEL_FILE_NOT_FOUND; failed-precondition MODEL_FILE_INVALID or
 * TOKENIZER_INVALID
 */
export function loadTokenizer(dir: string): Tokenizer {
  return inFolder(dir, () => readTokenizer(dir));
}

function readTokenizer(dir: string): Tokenizer {
  const content = parseFileContent(tokenizerSchema, readJsonFile(dir, 'tokenizer.json'), {
    fileName: 'tokenizer.json',
    reason: REASON,
  });
  checkVocabulary(content.model.vocab);
  checkGrowth(content);
  const config = parseFileContent(configSchema, readOptionalJsonFile(dir, 'tokenizer_config.json') ?? {}, {
    fileName: 'tokenizer_config.json',
    reason: REASON,
  });
  const texts = Object.fromEntries(SPECIAL_TOKENS.map((name) => [name, config[name]]));
  const chatTemplate = readChatTemplate(dir, config.chat_template, texts);
  return { ...createTokenizer(build(content, config), config), chatTemplate };
}

function build(content: Readonly<Record<string, unknown>>, config: object): LibraryTokenizer {
  const preTokenizer = faithfulPreTokenizer(content['pre_tokenizer']);
  const library = withLibrary(() =>
    createLibraryTokenizer({ ...content, pre_tokenizer: preTokenizer }, config),
  );
  return bounded(library, content);
}

/** With bounds of time where the file's own expressions decide what a text takes; they cost a little at every call. */
function bounded(
  library: LibraryTokenizer,
  { normalizer, pre_tokenizer, decoder }: Readonly<Record<string, unknown>>,
): LibraryTokenizer {
  const decode = library.decode.bind(library);
  if (hasPatterns([normalizer, pre_tokenizer])) boundSplitting(library, inProportion);
  if (hasPatterns(decoder)) {
    library.decode = (ids, options) => inProportion(ids.length, () => decode(ids, options));
  }
  return library;
}

/** The library reads much of tokenizer.json only when a text comes to it; whatever it stumbles over is the file's fault. */
function withLibrary<T>(use: () => T): T {
  try {
    return use();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : 'unknown cause';
    const why = overran(cause) ? 'its regular expressions come to no end on this text' : reason;
    throw new SipfError('failed-precondition', `tokenizer.json cannot be used: ${why}`, {
      reason: REASON,
      cause,
    });
  }
}

/** A map from token to id (BPE, WordPiece, WordLevel); the library trusts the ids, so they are checked here. */
function checkVocabulary(vocabulary: unknown): void {
  if (Array.isArray(vocabulary)) return;
  const ids: unknown[] = Object.values(vocabulary ?? {});
  const wrong = ids.find((id) => !Number.isInteger(id) || Number(id) < 0 || Number(id) > MAX_TOKEN_ID);
  if (ids.length > 0 && wrong === undefined) return;
  const description =
    ids.length === 0 ? 'is empty' : `holds ${JSON.stringify(wrong)}, which is not a token id`;
  throw new SipfError('failed-precondition', `tokenizer.json/model/vocab: ${description}`, {
    reason: REASON,
    violations: [{ field: 'tokenizer.json/model/vocab', description }],
  });
}

interface SpecialTokens {
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
  readonly unkTokenId: number | null;
}

function createTokenizer(library: LibraryTokenizer, names: TokenNames): Omit<Tokenizer, 'chatTemplate'> {
  const tokens = findSpecialTokens(library, names);
  const special = specialIds(library, tokens);
  const isText = (id: number) => library.id_to_token(id) !== undefined && !special.has(id);
  const decodeKnown = (ids: number[]): string =>
    ids.length === 0 ? '' : withLibrary(() => library.decode(ids, { clean_up_tokenization_spaces: false }));
  return {
    vocabSize: library.model.vocab.length,
    bosTokenId: tokens.bosTokenId,
    eosTokenId: tokens.eosTokenId,
    padTokenId: tokens.padTokenId,
    encode: (text, { addSpecialTokens = true } = {}) => {
      checkLength(text);
      const { ids } = withLibrary(() => library.encode(text, { add_special_tokens: addSpecialTokens }));
      return checkEncoded(ids, text);
    },
    decode: (ids, { skipSpecialTokens = true } = {}) => {
      checkIds(ids);
      return decodeKnown(ids.filter((id) => isText(id) || (!skipSpecialTokens && special.has(id))));
    },
    createIncrementalDecoder: ({ promptIds = [] } = {}) =>
      createIncrementalDecoder((ids) => decodeKnown([...ids]), isText, promptIds),
  };
}

function findSpecialTokens(library: LibraryTokenizer, names: TokenNames): SpecialTokens {
  const idOf = (name: string | undefined) =>
    name === undefined ? null : (library.token_to_id(name) ?? null);
  return {
    bosTokenId: idOf(names.bos_token),
    eosTokenId: idOf(names.eos_token),
    padTokenId: idOf(names.pad_token),
    unkTokenId: idOf(names.unk_token),
  };
}

/** Tokens marked special in tokenizer.json and those that tokenizer_config.json names. */
function specialIds(library: LibraryTokenizer, tokens: SpecialTokens): ReadonlySet<number> {
  const added = [...library.get_added_tokens_decoder().values()].filter(({ special }) => special);
  const named = [tokens.bosTokenId, tokens.eosTokenId, tokens.padTokenId, tokens.unkTokenId];
  return new Set([...added.map(({ id }) => id), ...named.filter((id) => id !== null)]);
}

function checkLength(text: string): void {
  if (text.length <= MAX_TEXT_LENGTH) return;
  const message = `the text is ${text.length} characters long, over the limit of ${MAX_TEXT_LENGTH}`;
  throw new SipfError('invalid-argument', message, { reason: 'TEXT_TOO_LONG' });
}

/** A word that a vocabulary without an unknown token lacks has no id. */
function checkEncoded(ids: readonly (number | undefined)[], text: string): number[] {
  if (ids.every((id) => id !== undefined)) return [...ids];
  const message = `the vocabulary has no tokens for ${JSON.stringify(text.slice(0, 80))}, and none for unknown text`;
  throw new SipfError('invalid-argument', message, { reason: 'TEXT_NOT_ENCODABLE' });
}

function checkIds(ids: readonly number[]): void {
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0);
  if (wrong === undefined) return;
  throw new SipfError('invalid-argument', `${wrong} is not a token id`, { reason: 'TOKEN_OUT_OF_RANGE' });
}
