import { findNatsServer } from '@sipf/events';
import { missingLibrary } from '@sipf/inference/missing-library';
import { nearestFolder } from '@sipf/runs/preflight';
import { findConfinement } from '@sipf/sandbox';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, TOOLS } from '../repository.ts';
import { fail, ok, warn, type Finding } from './finding.ts';
import {
  judgeConfinement,
  judgeInstallation,
  judgeLibc,
  judgeNatsServer,
  judgeOpenFiles,
  judgeProcessors,
  judgeProviders,
  judgeProxy,
  judgeStraySettings,
} from './judge-host.ts';
import { judgeDisk, judgeMemory, judgeNativeModule, judgeNode, type ProbeResult } from './judge.ts';
import { cpuQuota, glibcVersion, installation, natsGreeting, openFilesLimit } from './look-at-host.ts';

const PROBE_MS = 60_000;

/** What the checks look at. */
export interface Surroundings {
  /** Folder of the runs; need not exist. */
  readonly runs: string;
  /** An execution provider that must compute. */
  readonly provider?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Every check, in the order in which they are shown. */
export const checks: readonly ((surroundings: Surroundings) => Promise<Finding>)[] = [
  async () => judgeNode(process.version, (await readFile(join(ROOT, '.nvmrc'), 'utf8')).trim()),
  () => Promise.resolve(judgeLibc(glibcVersion())),
  async () => {
    const { installed, wanted } = await installation();
    return judgeInstallation(installed, wanted);
  },
  async () => judgeProcessors(availableParallelism(), await cpuQuota()),
  ({ signal }) => probe('onnxruntime-node', './probe-onnxruntime.ts', signal),
  ({ signal }) => probe('isolated-vm', './probe-isolated-vm.ts', signal),
  async () => judgeConfinement(await findConfinement('best')),
  checkProviders,
  checkNats,
  async ({ runs }) => {
    const existing = await nearestFolder(runs);
    const info = await statfs(existing).catch(() => undefined);
    return judgeDisk(info === undefined ? undefined : info.bavail * info.bsize, runs);
  },
  () => Promise.resolve(judgeMemory(process.availableMemory())),
  async () => judgeOpenFiles(await openFilesLimit()),
  checkPorts,
  ({ env }) => Promise.resolve(judgeProxy(env)),
  ({ env }) => Promise.resolve(judgeStraySettings(env)),
  ({ runs }) => checkWritable('runs', runs, 'choose another folder by --runs'),
  () => checkWritable('temporary', tmpdir(), 'set TMPDIR to a folder that can be written'),
];

async function probe(name: string, program: string, signal: AbortSignal): Promise<Finding> {
  return judgeNativeModule(name, await runProbe(program, signal));
}

async function checkProviders({ provider, signal }: Surroundings): Promise<Finding> {
  const result = await runProbe(import.meta.resolve('@sipf/inference/probe-devices'), signal);
  if (result.code !== 0) return judgeNativeModule('providers', result);
  const answers = JSON.parse(result.stdout) as Record<string, string>;
  const { cuda } = answers;
  // Of all providers CUDA's alone is a library that links others.
  const named =
    cuda === undefined || cuda === 'computes' ? {} : { cuda: `${cuda}${missingLibrary(result.stderr)}` };
  return judgeProviders({ ...answers, ...named }, provider);
}

/** Runs a program of this folder in a process of its own, which a fault in native code may take down. */
async function runProbe(program: string, signal: AbortSignal): Promise<ProbeResult> {
  const main = fileURLToPath(new URL(program, import.meta.url));
  const args = ['--no-node-snapshot', main];
  const result = await new Promise<ProbeResult>((resolve) => {
    const options = { timeout: PROBE_MS, signal };
    const child = execFile(process.execPath, args, options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr });
    });
  });
  signal.throwIfAborted();
  return result;
}

async function checkNats({ env, signal }: Surroundings): Promise<Finding> {
  const found = await findNatsServer({ toolsFolder: TOOLS, env, download: false });
  if (found?.kind === 'url') return judgeNatsServer(found.url, await natsGreeting(found.url, signal));
  if (found?.kind === 'binary') return ok('nats-server', found.binary);
  const fix = 'install nats-server or set NATS_URL; a run fetches it itself where it can, and works without';
  return warn('nats-server', 'none yet', fix);
}

async function checkPorts(): Promise<Finding> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return ok('loopback', 'ports of 127.0.0.1 can be used');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    return fail(
      'loopback',
      `no port of 127.0.0.1 can be used (${why})`,
      'allow local connections in the sandbox or firewall',
    );
  } finally {
    server.close();
  }
}

async function checkWritable(name: string, path: string, fix: string): Promise<Finding> {
  const folder = await nearestFolder(path);
  try {
    await rm(await mkdtemp(join(folder, '.sipf-doctor-')), { recursive: true });
    return ok(name, `${path} can be written`);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    return fail(name, `${path} cannot be written (${why})`, fix);
  }
}
