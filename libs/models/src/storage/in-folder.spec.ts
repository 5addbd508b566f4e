import { SipfError } from '@sipf/errors';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadTokenizer } from '../tokenizer/load-tokenizer.ts';
import { loadAdapterFolder } from './load-adapter-folder.ts';
import { loadModelFolder } from './load-model-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-named-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const config = {
  ...{ model_type: 'llama', architectures: ['LlamaForCausalLM'], vocab_size: 8, hidden_size: 8 },
  ...{ intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 1, num_key_value_heads: 1 },
  ...{ max_position_embeddings: 16, rms_norm_eps: 1e-6, rope_theta: 10000 },
};

/** Reads the folder in every way. */
const LOADERS: Readonly<Record<string, () => unknown>> = {
  model: () => loadModelFolder(`${folder}/`),
  adapter: () => loadAdapterFolder(folder, { config: {} as never, digest: '' }),
  tokenizer: () => loadTokenizer(folder),
};
const FILES = ['config.json', 'adapter_config.json', 'tokenizer.json'];
const CONTENTS: readonly (string | undefined)[] = [undefined, '', '{', '[]', '{}', JSON.stringify(config)];
const cases = Object.keys(LOADERS).flatMap((loader) => CONTENTS.map((content) => ({ loader, content })));

async function thrownBy(loader: string): Promise<unknown> {
  try {
    await LOADERS[loader]?.();
    return undefined;
  } catch (error) {
    return error;
  }
}

it.each(cases)(
  'names the folder, once and without its path: $loader of $content',
  async ({ loader, content }) => {
    if (content !== undefined) for (const file of FILES) writeFileSync(join(folder, file), content);
    const error = await thrownBy(loader);
    expect(error).toBeInstanceOf(SipfError);
    const { message, reason } = error as SipfError;
    expect(message.split(basename(folder))).toHaveLength(2);
    expect(message.startsWith(`${basename(folder)}: `)).toBe(true);
    expect(message).not.toContain(folder);
    expect(reason).not.toBe('');
  },
);
