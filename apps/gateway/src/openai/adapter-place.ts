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
  const folder = await realpath(place).catch((cause: unknown) => {
    throw notFound(place, 'is not on this server: give the path as the server sees it, or a digest', cause);
  });
  const within = await realpath(root).catch((cause: unknown) => {
    const message = "the server's own folder of adapters cannot be opened: see its --adapters";
    throw new SipfError('failed-precondition', message, { reason: 'FILE_NOT_FOUND', cause });
  });
  const way = relative(within, folder);
  if (way === '' || way.startsWith('..') || isAbsolute(way)) {
    throw wrongPlace('must lie in the folder of adapters of this server');
  }
  return await digestFolder(folder).catch((cause: unknown) => {
    throw notFound(
      place,
      'is not the folder of an adapter: it must hold what `save_pretrained` writes',
      cause,
    );
  });
}

const MAX_NAME = 200;

function notFound(place: string, words: string, cause: unknown): SipfError {
  const description = `${JSON.stringify(place.slice(0, MAX_NAME))} ${words}`;
  const violations = [{ field: 'lora_path', description }];
  return new SipfError('not-found', `lora_path ${description}`, {
    reason: 'FILE_NOT_FOUND',
    violations,
    cause,
  });
}

function wrongPlace(description: string): SipfError {
  const violations = [{ field: 'lora_path', description }];
  return new SipfError('invalid-argument', `lora_path ${description}`, {
    reason: 'INVALID_FIELD',
    violations,
  });
}
