import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { someResult } from '../testing/some-result.ts';
import { digestsIn, faultIn, folderRef, outputsOf, verifyArtifact } from './verify-artifact.ts';

const digestOf = (sign: string): string => `sha256:${sign.repeat(64)}`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-verify-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('names every digest by its stage and output, both of an adapted model, and none of what is not a digest', () => {
  const adapted = `${digestOf('1')}+${digestOf('2')}`;
  const outputs = { model: adapted, dataset: digestOf('3') };
  const completed = new Map([
    ['sft-0', someResult('sft-0', { outputs })],
    ['sample-1', someResult('sample-1', { outputs: { paths: digestOf('4') } })],
  ]) as Parameters<typeof outputsOf>[0]['completed'];
  const named = outputsOf({ completed }).filter(({ digest }) => digest !== digestOf('0'));
  expect(named.toSorted((a, b) => a.digest.localeCompare(b.digest))).toEqual([
    { stage: 'sft-0', name: 'sft-0: model', digest: digestOf('1') },
    { stage: 'sft-0', name: 'sft-0: model', digest: digestOf('2') },
    { stage: 'sft-0', name: 'sft-0: dataset', digest: digestOf('3') },
    { stage: 'sample-1', name: 'sample-1: paths', digest: digestOf('4') },
  ]);
  expect(digestsIn('none')).toEqual([]);
});

it('refers to a folder by its digest alone', () => {
  expect(folderRef(digestOf('1'))).toEqual({
    digest: digestOf('1'),
    sizeBytes: 0,
    mediaType: MEDIA_TYPES.folder,
  });
});

it('says how long a whole artifact is, and of a missing one what is wrong', async () => {
  const store = new FolderArtifactStore(folder);
  const { digest } = await store.putBytes(Buffer.from('{}\n'), MEDIA_TYPES.jsonLines);
  expect(await verifyArtifact(store, { digest, name: 'a' })).toEqual({
    ...{ subject: digest, name: 'a', sizeBytes: 3 },
  });
  expect(await verifyArtifact(store, { digest: digestOf('1'), name: 'b' })).toEqual({
    ...{ subject: digestOf('1'), name: 'b', sizeBytes: 0 },
    fault: `artifact ${digestOf('1')} is not in the store`,
  });
});

it('is a finding where a file cannot be read', () => {
  const refused = Object.assign(new Error('refused'), { code: 'EIO', syscall: 'read' });
  expect(faultIn(refused)).toBe('cannot be read (EIO): look at its rights and at its disk');
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET', syscall: 'read' });
  expect(() => faultIn(reset)).toThrow(reset);
});

it('is not a finding where the store is away, or something else fails', () => {
  expect(faultIn(new SipfError('data-loss', 'damaged', { reason: 'ARTIFACT_CORRUPT' }))).toBe('damaged');
  const away = new SipfError('unavailable', 'away', { reason: 'STORE_UNAVAILABLE' });
  for (const error of [away, new RangeError('x')]) expect(() => faultIn(error)).toThrow(error);
});
