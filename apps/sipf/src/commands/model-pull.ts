import { downloadModel } from '@sipf/models';
import { folder } from '@sipf/service';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { displayPath } from '../display-path.ts';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';
import { createDownloadReporter } from '../progress/download-reporter.ts';
import { usageError } from '../usage-error.ts';

/** The hub that people mean who do not say another, as Hugging Face's own tools do. */
const DEFAULT_ENDPOINT = 'https://huggingface.co';

const shape = {
  out: folder.optional().describe('where it goes (default: ./models/<name>)'),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .meta({ value: 'url' })
    .optional()
    .describe(`the hub (default: HF_ENDPOINT, else ${DEFAULT_ENDPOINT}); a token by HF_TOKEN`),
  json: z.boolean().default(false).describe('commit, digest and files as one JSON object'),
} as const;

/** `sipf model pull`: a model or an adapter from a hub into a folder, checked. */
export const modelPullCommand = defineCommand({
  name: 'model pull',
  description:
    'download org/name[@revision] (configuration, tokenizer, safetensors); a second call continues a broken download',
  arguments: { '<repository>': 'org/name, or org/name@revision' },
  shape,
  action: async ({ flags: { out, endpoint, json }, args, terminal }) => {
    const { repo, revision } = parseRepository(args[0] ?? '');
    const { cwd, env, screen, signal, stdout, now } = terminal;
    const dir = resolve(cwd, out ?? `models/${basename(repo)}`);
    const reporter = createDownloadReporter(screen, now);
    const model = await downloadModel({
      repo,
      revision,
      dir,
      baseUrl: endpoint ?? env.HF_ENDPOINT ?? DEFAULT_ENDPOINT,
      ...(env.HF_TOKEN === undefined ? {} : { token: env.HF_TOKEN }),
      signal,
      onProgress: reporter.progress,
    }).finally(reporter.close);
    const shown = displayPath(cwd, dir);
    if (json) stdout.write(`${JSON.stringify({ repository: repo, folder: shown, ...model })}\n`);
    else stdout.write(`${shown}\n  commit ${model.commit}\n  digest ${model.digest}\n`);
    return EXIT.ok;
  },
});

function parseRepository(text: string): { readonly repo: string; readonly revision: string } {
  const [repo = '', revision = 'main', ...rest] = text.split('@');
  if (rest.length === 0 && repo !== '' && revision !== '') return { repo, revision };
  throw usageError(`${JSON.stringify(text)} is not a repository: write org/name or org/name@revision`);
}
