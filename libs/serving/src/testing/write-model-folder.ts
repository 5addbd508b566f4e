import { parameterShapes, saveModelFolder, type DecoderConfig, type HostTensor } from '@sipf/models';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A model small enough for a test. */
export interface TinyModel {
  readonly config: DecoderConfig;
  /** By Hugging Face name, row-major. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** `tokenizer.json` and `tokenizer_config.json`. */
  readonly tokenizer: {
    readonly tokenizer: Readonly<Record<string, unknown>>;
    readonly config: Readonly<Record<string, unknown>>;
  };
}

/** Writes it as a Hugging Face folder. @param folder must not exist yet @returns the folder's digest */
export async function writeModelFolder(folder: string, model: TinyModel): Promise<string> {
  const { config, parameters, tokenizer } = model;
  const tokenizerFrom = await mkdtemp(join(tmpdir(), 'sipf-tokenizer-'));
  try {
    await writeFile(join(tokenizerFrom, 'tokenizer.json'), JSON.stringify(tokenizer.tokenizer));
    await writeFile(join(tokenizerFrom, 'tokenizer_config.json'), JSON.stringify(tokenizer.config));
    const tensors = new Map(
      [...parameterShapes(config)].map(([name, shape]): [string, HostTensor] => {
        const data = parameters.get(name);
        if (data === undefined) throw new Error(`the model has no ${name}`);
        return [name, { dtype: 'float32', shape, data }];
      }),
    );
    return await saveModelFolder(folder, { config, tensors, tokenizerFrom });
  } finally {
    await rm(tokenizerFrom, { recursive: true, force: true });
  }
}
