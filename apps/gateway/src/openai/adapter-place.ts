import type { common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { digestFolder } from '@sipf/models';
import { realpath } from 'node:fs/promises';
import { relative, isAbsolute } from 'node:path';

/**
 * The adapter that a client's `lora_path` means: a digest of the artifact store, or a folder, whose digest it then is in that store.
 * @param root the folder below which clients may name folders; undefined where they may not
 * @throws SipfError invalid-argument INVALID_FIELD; not-found FILE_NOT_FOUND
 */
export async function adapterAt(
  place: string,
  root: string | undefined,
): Promise<common.ModelRef['adapterDigest']> {
  if (/^sha256:[0-9a-f]{64}$/.test(place)) return place;
  if (root === undefined) throw wrongPlace('must be a digest: this server reads no folders, see --adapters');
  const [folder, within] = await Promise.all([realpath(place), realpath(root)]).catch((cause: unknown) => {
    throw new SipfError('not-found', 'lora_path is no folder here', { reason: 'FILE_NOT_FOUND', cause });
  });
  const way = relative(within, folder);
  if (way === '' || way.startsWith('..') || isAbsolute(way)) {
    throw wrongPlace('must lie in the folder of adapters of this server');
  }
  return await digestFolder(folder).catch((cause: unknown) => {
    throw new SipfError('not-found', 'lora_path is no adapter', { reason: 'FILE_NOT_FOUND', cause });
  });
}

function wrongPlace(description: string): SipfError {
  const violations = [{ field: 'lora_path', description }];
  return new SipfError('invalid-argument', `lora_path ${description}`, {
    reason: 'INVALID_FIELD',
    violations,
  });
}
