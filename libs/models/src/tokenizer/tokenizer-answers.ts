import { statSync } from 'node:fs';
import { join } from 'node:path';
import { modelChanged } from '../storage/model-changed.ts';
import type { TokenizerFacts, TokenizerTask } from './async-tokenizer.ts';
import { loadTokenizer } from './load-tokenizer.ts';
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

/** The bytes of a tokenizer's files, and an identity that changes with them. */
export function filesOf(folder: string): { readonly sizeBytes: number; readonly identity: string } {
  const stats = FILES.map((name) => statSync(join(folder, name), { throwIfNoEntry: false }));
  return {
    sizeBytes: stats.reduce((sum, stat) => sum + (stat?.size ?? 0), 0),
    identity: stats
      .map((stat) => (stat === undefined ? '-' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`))
      .join(),
  };
}

function tokenizerOf({ folder, identity }: TokenizerOrder): Tokenizer {
  if (known?.folder === folder) return known.tokenizer;
  const tokenizer = loadTokenizer(folder);
  const { identity: actual } = filesOf(folder);
  if (actual !== identity) throw modelChanged(folder, { expected: identity, actual });
  known = { folder, tokenizer };
  return tokenizer;
}
