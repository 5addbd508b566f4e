import { SipfError } from '@sipf/errors';
import { basename } from 'node:path';

/** The error of a folder whose files are not those that a digest names: somebody wrote to them, or they rotted. */
export function modelChanged(
  dir: string,
  digests: { readonly expected: string; readonly actual: string },
): SipfError {
  const { expected, actual } = digests;
  const message =
    `the files of model folder ${basename(dir)} have changed or are damaged: they should be ${expected} and are ${actual}. ` +
    'Restore the folder, or start again with the new content';
  return new SipfError('data-loss', message, { reason: 'MODEL_CHANGED', metadata: { ...digests } });
}
