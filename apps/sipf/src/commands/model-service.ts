import type { RemoteServer } from '../options/server-options.ts';
import type { ServiceName } from '../repository.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';
import { checkModelFolder } from './model-folder.ts';

/** The service for a command that works with one model: an own one for `--model`, or the one at `--server`. */
export async function modelService(
  name: ServiceName,
  { model, server }: { readonly model?: string | undefined; readonly server: RemoteServer | undefined },
  terminal: Pick<Terminal, 'cwd' | 'screen'>,
): Promise<{ name: ServiceName; flags: readonly string[]; server: RemoteServer | undefined }> {
  if (server !== undefined) {
    if (model === undefined) return { name, flags: [], server };
    throw usageError(
      '--model and --server exclude each other: a server answers with the model it was started with',
    );
  }
  if (model === undefined) throw usageError('--model is required (a Hugging Face folder), or --server');
  return { name, flags: ['--model', await checkModelFolder(model, terminal)], server };
}
