import { readSummedJson, summedJson, writeDurably } from '@sipf/artifacts';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, platform, arch, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { z } from 'zod';

/** Longest wait for git, which is absent from images. */
const GIT_TIMEOUT_MS = 2000;

const environment = z.record(z.string(), z.union([z.string(), z.number()])).readonly();
/** The machine and the versions of a run, by what they are called. */
export type Environment = z.infer<typeof environment>;

/** Writes environment.json of a run that this process begins. */
export async function writeEnvironment(path: string): Promise<void> {
  await writeDurably(path, summedJson(await describeEnvironment()));
}

/** The machine and the versions of a run; undefined where it does not say, or is damaged. */
export async function readEnvironment(path: string): Promise<Environment | undefined> {
  try {
    const read = readSummedJson(await readFile(path, 'utf8'));
    return 'why' in read ? undefined : environment.parse(read.value);
  } catch {
    return undefined;
  }
}

/** The machine of this process and the versions of what it runs, as reports show them. */
export async function describeEnvironment(): Promise<Environment> {
  const commit = await commitOfSources();
  const onnxruntime = await versionOf('onnxruntime-node');
  return {
    ...(commit === undefined ? {} : { commit }),
    node: process.versions.node,
    ...(onnxruntime === undefined ? {} : { onnxruntime }),
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
  };
}

/** The commit of the sources that run, with `+` where files differ from it; undefined where there is no git, as in images. */
export async function commitOfSources(): Promise<string | undefined> {
  const git = promisify(execFile);
  const options = { cwd: import.meta.dirname, timeout: GIT_TIMEOUT_MS };
  try {
    const { stdout: head } = await git('git', ['rev-parse', 'HEAD'], options);
    const { stdout: changes } = await git('git', ['status', '--porcelain', '--untracked-files=no'], options);
    return head.trim() + (changes === '' ? '' : '+');
  } catch {
    return undefined;
  }
}

async function versionOf(name: string): Promise<string | undefined> {
  try {
    const path = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return z.object({ version: z.string() }).parse(JSON.parse(await readFile(path, 'utf8'))).version;
  } catch {
    return undefined;
  }
}
