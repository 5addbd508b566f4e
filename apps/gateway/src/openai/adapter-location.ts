import type { common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { digestFolder } from '@sipf/models';
import { realpath } from 'node:fs/promises';
import { relative, isAbsolute } from 'node:path';

/**
 * The digest of the adapter that a client's `lora_path` names: a digest of the artifact store, or a folder, whose digest is
 * computed.
 * @param root clients may name folders below this one; undefined where they may name none
 * @throws SipfError invalid-argument INVALID_FIELD; not-found FILE_NOT_FOUND
 */
export async function adapterAt(
  location: string,
  root: string | undefined,
): Promise<common.ModelRef['adapterDigest']> {
  if (/^sha256:[0-9a-f]{64}$/.test(location)) return location;
  if (root === undefined)
    throw wrongLocation('must be a digest: this server reads no folders, see --adapters');
  const folder = await realpath(location).catch((cause: unknown) => {
    throw notFound(
      location,
      'is not on this server: give the path as the server sees it, or a digest',
      cause,
    );
  });
  const within = await realpath(root).catch((cause: unknown) => {
    const message = "the server's own folder of adapters cannot be opened: see its --adapters";
    throw new SipfError('failed-precondition', message, { reason: 'FILE_NOT_FOUND', cause });
  });
  const way = relative(within, folder);
  if (way === '' || way.startsWith('..') || isAbsolute(way)) {
    throw wrongLocation('must lie in the folder of adapters of this server');
  }
  return await digestFolder(folder).catch((cause: unknown) => {
    throw notFound(
      location,
      'is not the folder of an adapter: it must hold what `save_pretrained` writes',
      cause,
    );
  });
}

const MAX_NAME = 200;

function notFound(location: string, words: string, cause: unknown): SipfError {
  const description = `${JSON.stringify(location.slice(0, MAX_NAME))} ${words}`;
  const violations = [{ field: 'lora_path', description }];
  return new SipfError('not-found', `lora_path ${description}`, {
    reason: 'FILE_NOT_FOUND',
    violations,
    cause,
  });
}

function wrongLocation(description: string): SipfError {
  const violations = [{ field: 'lora_path', description }];
  return new SipfError('invalid-argument', `lora_path ${description}`, {
    reason: 'INVALID_FIELD',
    violations,
  });
}
