import { expect, it } from 'vitest';
import { SipfError } from './sipf-error.ts';
import { isStorageTrouble, storageTrouble } from './storage-trouble.ts';

function systemError(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: '/secret/folder'`), {
    code,
    ...(path === undefined ? {} : { path }),
  });
}

it.each([
  ['ENOSPC', 'STORAGE_FULL', /no room is left on a disk of the training service/],
  ['EDQUOT', 'STORAGE_FULL', /no room is left/],
  ['EROFS', 'STORAGE_READ_ONLY', /a disk of the training service is read-only/],
])('knows %s, also as a cause, as transient, and reports it without the path', (code, reason, words) => {
  const error = new Error('a checkpoint cannot be written', { cause: systemError(code) });
  const typed = storageTrouble('the training service', error);
  expect(isStorageTrouble(error)).toBe(true);
  expect(isStorageTrouble(typed)).toBe(true);
  expect(typed).toMatchObject({ kind: 'resource-exhausted', reason });
  expect(typed?.message).toMatch(words);
  expect(typed?.message).not.toContain('secret');
});

it('says what this user may not do with a file, and does not wait for that', () => {
  const typed = storageTrouble('the training service', systemError('EACCES', '/secret/folder'));
  expect(typed).toMatchObject({ kind: 'failed-precondition', reason: 'STORAGE_READ_ONLY' });
  expect(typed?.message).toContain('the right to read and write');
  expect(isStorageTrouble(typed)).toBe(false);
});

it('keeps what a service said, and knows no trouble in other errors', () => {
  const said = new SipfError('resource-exhausted', 'full', { reason: 'STORAGE_FULL' });
  expect(storageTrouble('us', said)).toBe(said);
  for (const other of [
    new Error('x'),
    systemError('ENOENT', '/x'),
    systemError('EACCES'),
    'EROFS',
    undefined,
  ]) {
    expect(storageTrouble('us', other)).toBeUndefined();
    expect(isStorageTrouble(other)).toBe(false);
  }
});
