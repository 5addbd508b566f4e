import { FolderArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { putRecords } from './records.ts';
import { isMissing, openRunArtifacts } from './run-artifacts.ts';

it('reads the rows of a folder that is there, and opens nothing otherwise', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-artifacts-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const { digest } = await putRecords(new FolderArtifactStore(folder), [{ id: 1 }, { id: 2 }]);
  const opened = openRunArtifacts(folder);
  expect(await opened?.records(digest, z.object({ id: z.int() }))).toEqual([{ id: 1 }, { id: 2 }]);
  const gone = await opened
    ?.records(`sha256:${'0'.repeat(64)}`, z.unknown())
    .catch((error: unknown) => error);
  expect(isMissing(gone)).toBe(true);
  expect(openRunArtifacts(undefined)).toBeUndefined();
  expect(openRunArtifacts(join(folder, 'nowhere'))).toBeUndefined();
});

it('takes no other failure for a missing artifact', () => {
  expect(isMissing(new SipfError('data-loss', 'x', { reason: 'ARTIFACT_CORRUPT' }))).toBe(false);
  expect(isMissing(Object.assign(new Error('x'), { reason: 'ARTIFACT_NOT_FOUND' }))).toBe(false);
});
