import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { modelChanged } from '../storage/model-changed.ts';
import { loadTokenizer } from './load-tokenizer.ts';
import type { TokenizerFacts, TokenizerTask } from './tokenizer-task.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What a helper is asked about a tokenizer. */
export interface TokenizerOrder {
  readonly folder: string;
  /** Of its files when it was opened, see {@link filesOf}. */
  readonly identity: string;
  /** URL of a module with a TokenizerTask; undefined: the facts. */
  readonly task?: string;
  readonly input?: unknown;
}

const FILES = ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'];

let known: { readonly folder: string; readonly tokenizer: Tokenizer } | undefined;

/** A helper's answers, see HelperModule; it keeps the tokenizer that it was asked about last. */
export async function answer(order: TokenizerOrder): Promise<unknown> {
  const tokenizer = tokenizerOf(order);
  if (order.task === undefined) return factsOf(tokenizer);
  const { task } = (await import(order.task)) as { readonly task: TokenizerTask<unknown, unknown> };
  return task.run(tokenizer, order.input);
}

/** What is known of a tokenizer without asking it. */
export function factsOf({ vocabSize, bosTokenId, eosTokenId, padTokenId }: Tokenizer): TokenizerFacts {
  return { vocabSize, bosTokenId, eosTokenId, padTokenId };
}

/**
 * The bytes of a tokenizer's files, and an identity that changes with their content. (Their times do not help: files of model
 * folders are links to those of the artifact store, which notes there when it was last asked for them.)
 */
export function filesOf(folder: string): { readonly sizeBytes: number; readonly identity: string } {
  const files = FILES.map((name) => contentOf(join(folder, name)));
  return {
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    identity: files.map(({ digest }) => digest).join(),
  };
}

/** Loading refuses what is larger, or no regular file. */
const MAX_HASHED_BYTES = 2 ** 28;

function contentOf(path: string): { readonly sizeBytes: number; readonly digest: string } {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { sizeBytes: 0, digest: '-' };
  if (!stat.isFile() || stat.size > MAX_HASHED_BYTES)
    return { sizeBytes: stat.size, digest: String(stat.size) };
  return { sizeBytes: stat.size, digest: hash('sha256', readFileSync(path)).slice(0, 16) };
}

function tokenizerOf({ folder, identity }: TokenizerOrder): Tokenizer {
  if (known?.folder === folder) return known.tokenizer;
  const tokenizer = loadTokenizer(folder);
  const { identity: actual } = filesOf(folder);
  if (actual !== identity) throw modelChanged(folder, { expected: identity, actual });
  known = { folder, tokenizer };
  return tokenizer;
}
