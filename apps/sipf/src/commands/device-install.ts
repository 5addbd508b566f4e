import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';
import { createDownloadReporter } from '../progress/download-reporter.ts';
import { usageError } from '../usage-error.ts';

const shape = {
  index: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .meta({ value: 'url' })
    .optional()
    .describe(
      'index of a Python registry, as pip takes it (default: PIP_INDEX_URL; needed where that is not set)',
    ),
} as const;

/** `sipf device install`: what a kind of device needs and npm does not bring. */
export const deviceInstallCommand = defineCommand({
  name: 'device install',
  description:
    "bring onnxruntime's CUDA provider and its libraries into SIPF_TOOLS, by pinned hashes (0.7 GB); " +
    'a second call continues a broken download',
  arguments: { '<kind>': 'cuda; webgpu needs nothing' },
  shape,
  action: async ({ flags: { index }, args: [kind = ''], terminal }) => {
    if (kind !== 'cuda') throw usageError(`${JSON.stringify(kind)} cannot be installed: write cuda`);
    const { env, screen, signal, stdout, now } = terminal;
    const registry = index ?? env['PIP_INDEX_URL'];
    if (registry === undefined)
      throw usageError(
        "--index: name a Python registry's index, the one that pip uses, or set PIP_INDEX_URL",
      );
    const { installCuda, linkProvider } = await import('@sipf/inference');
    const reporter = createDownloadReporter(screen, now);
    const folder = await installCuda({
      index: registry,
      signal,
      onProgress: reporter.progress,
    }).finally(reporter.close);
    // Where the program runs it may not write there.
    linkProvider(folder);
    stdout.write(`${folder}\n`);
    return EXIT.ok;
  },
});
