import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, arch, platform, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { commitOfSources, describeEnvironment, readEnvironment, writeEnvironment } from './environment.ts';

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();

function environmentFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-environment-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'environment.json');
}

it('gives the machine and the versions', async () => {
  const { onnxruntime, commit, ...machine } = await describeEnvironment();
  expect(machine).toEqual({
    node: process.versions.node,
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
  });
  expect(onnxruntime).toMatch(/^\d+\.\d+\.\d+/);
  expect(commit).toBe(await commitOfSources());
});

it('gives the commit of the sources, and whether files differ from it', async () => {
  const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
  expect(await commitOfSources()).toBe(git('rev-parse', 'HEAD') + (isChanged ? '+' : ''));
});

it('reads what was written, and nothing of a file that is missing or damaged', async () => {
  const path = environmentFile();
  expect(await readEnvironment(path)).toBeUndefined();
  await writeEnvironment(path);
  expect(await readEnvironment(path)).toEqual(await describeEnvironment());
  for (const text of ['{', '[]', '{"node": {}}', '{"cores": true}']) {
    writeFileSync(path, text);
    expect(await readEnvironment(path), text).toBeUndefined();
  }
});
