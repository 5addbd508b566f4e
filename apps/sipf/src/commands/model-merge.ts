import { PRECISIONS } from '@sipf/contracts/devices';
import { mergeFolder } from '@sipf/inference';
import { folder } from '@sipf/service';
import { resolve } from 'node:path';
import { z } from 'zod';
import { displayPath } from '../display-path.ts';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';

const shape = {
  model: folder.describe('the base: a Hugging Face folder'),
  adapter: folder.describe('a PEFT folder'),
  out: folder.describe('a new folder'),
  dtype: z
    .enum(['base', ...PRECISIONS])
    .default('base')
    .describe("of the written tensors: base's own, rounded once, or one for all"),
  json: z.boolean().default(false).describe('folder and digest as one JSON object'),
} as const;

/** `sipf model merge`: a base with an adapter as a model of its own, for servers that take no adapters of this kind. */
export const modelMergeCommand = defineCommand({
  name: 'model merge',
  description:
    'write a base with an adapter merged in: for servers that take whole models only, e.g. verifiers on vLLM',
  shape,
  action: async ({ flags: { model, adapter, out, dtype, json }, terminal: { cwd, stdout } }) => {
    const [base, adapterFolder, merged] = [model, adapter, out].map((path) => resolve(cwd, path)) as [
      string,
      string,
      string,
    ];
    const digest = await mergeFolder({
      ...{ folder: base, adapterFolder, out: merged },
      ...(dtype !== 'base' && { dtype }),
    });
    const shown = displayPath(cwd, merged);
    if (json) stdout.write(`${JSON.stringify({ folder: shown, digest })}\n`);
    else stdout.write(`${shown}\n  digest ${digest}\n`);
    return EXIT.ok;
  },
});
