import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { usageError } from '../usage-error.ts';

/** @throws SipfError `invalid-argument` for what is plainly no model folder; the service checks the rest */
export async function checkModelFolder(path: string, cwd: string): Promise<string> {
  const folder = resolve(cwd, path);
  const isThere = async (name: string): Promise<boolean> =>
    (await stat(join(folder, name)).catch(() => undefined)) !== undefined;
  if (!(await isThere('.'))) throw usageError(`--model: there is no folder ${folder}`);
  if (!(await isThere('config.json'))) {
    throw usageError(
      `--model: ${folder} is not a model: it has no config.json (a Hugging Face folder is needed)`,
    );
  }
  return folder;
}
