import { temporaryFolder } from '@sipf/runs/testing';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkRunId, claimRun, freeRunId } from './claim-run.ts';

const base = 'sipf-arithmetic-1';

it('numbers default ids, and no two claims get the same one', async () => {
  using folder = temporaryFolder();
  const runs = join(folder.path, 'a', 'runs');
  expect(freeRunId(runs, base)).toBe(base);
  const claimed = await Promise.all(
    Array.from({ length: 3 }, () => claimRun(runs, { wanted: undefined, base })),
  );
  expect(claimed.sort()).toEqual([base, `${base}-2`, `${base}-3`]);
  expect(freeRunId(runs, base)).toBe(`${base}-4`);
});

it('takes a wanted id whose run never began', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'mine', 'logs'), { recursive: true });
  await expect(claimRun(folder.path, { wanted: 'mine', base })).resolves.toBe('mine');
});

it('refuses a wanted id whose run exists, and says how to resume it', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'mine'));
  folder.write('mine/log.jsonl', '');
  await expect(claimRun(folder.path, { wanted: 'mine', base })).rejects.toMatchObject({
    reason: 'RUN_EXISTS',
    message: 'run mine exists: resume it with `sipf resume mine`, or choose another --run-id',
  });
});

it('refuses ids that cannot be part of paths and subjects', () => {
  for (const id of ['', '../x', 'A', 'a_b', 'a.b', 'x'.repeat(65)])
    expect(() => checkRunId(id)).toThrow('is not a run id');
  expect(checkRunId('a-1')).toBe('a-1');
});

it("says when a run's folder cannot be made", async () => {
  using folder = temporaryFolder();
  folder.write('mine', '');
  await expect(claimRun(folder.path, { wanted: 'mine', base })).rejects.toThrow(
    `cannot make the run's folder ${join(folder.path, 'mine')} (EEXIST): choose another by --runs`,
  );
});

it('says when the folder of runs cannot be made', async () => {
  using folder = temporaryFolder();
  const file = folder.write('file', '');
  await expect(claimRun(join(file, 'runs'), { wanted: undefined, base })).rejects.toThrow(
    'choose another by --runs',
  );
});
