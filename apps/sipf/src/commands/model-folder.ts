import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';

/**
 * The folder of a model; a warning is shown where something of it is not used.
 * @throws SipfError `invalid-argument` for what is plainly no model folder; the service checks the rest
 */
export async function checkModelFolder(
  path: string,
  { cwd, screen }: Pick<Terminal, 'cwd' | 'screen'>,
): Promise<string> {
  const folder = resolve(cwd, path);
  const isThere = async (name: string): Promise<boolean> =>
    (await stat(join(folder, name)).catch(() => undefined)) !== undefined;
  if (!(await isThere('.'))) throw usageError(`--model: there is no folder ${folder}`);
  if (!(await isThere('config.json'))) {
    throw usageError(
      `--model: ${folder} is not a model: it has no config.json (a Hugging Face folder is needed)`,
    );
  }
  // Loads the engine's packages, which few commands of this program need.
  const { describeUnused, unusedTensorsIn } = await import('@sipf/models');
  const unused = describeUnused(unusedTensorsIn(folder));
  if (unused !== undefined) screen.write(`warning: --model ${path}: ${unused}\n`);
  return folder;
}
