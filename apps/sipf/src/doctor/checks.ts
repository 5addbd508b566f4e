import { findNatsServer } from '@sipf/events';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, TOOLS } from '../places.ts';
import { fail, ok, warn, type Finding } from './finding.ts';
import { judgeDisk, judgeMemory, judgeNativeModule, judgeNode, type ProbeResult } from './judge.ts';

const PROBE_MS = 60_000;

/** What the checks look at. */
export interface Surroundings {
  /** Folder of the runs; need not exist. */
  readonly runs: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Every check, in the order in which they are shown. */
export const checks: readonly ((surroundings: Surroundings) => Promise<Finding>)[] = [
  async () => judgeNode(process.version, (await readFile(join(ROOT, '.nvmrc'), 'utf8')).trim()),
  () => Promise.resolve(ok('processors', `${availableParallelism()} cores`)),
  ({ signal }) => probe('onnxruntime-node', './probe-onnxruntime.ts', signal),
  ({ signal }) => probe('isolated-vm', './probe-isolated-vm.ts', signal),
  checkNats,
  async ({ runs }) => {
    const existing = await nearestFolder(runs);
    const info = await statfs(existing).catch(() => undefined);
    return judgeDisk(info === undefined ? undefined : info.bavail * info.bsize, runs);
  },
  () => Promise.resolve(judgeMemory(process.availableMemory())),
  checkPorts,
  checkRuns,
];

async function probe(name: string, program: string, signal: AbortSignal): Promise<Finding> {
  const main = fileURLToPath(new URL(program, import.meta.url));
  const args = ['--no-node-snapshot', main];
  const result = await new Promise<ProbeResult>((resolve) => {
    const options = { timeout: PROBE_MS, signal };
    const child = execFile(process.execPath, args, options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr });
    });
  });
  signal.throwIfAborted();
  return judgeNativeModule(name, result);
}

async function checkNats({ env }: Surroundings): Promise<Finding> {
  const found = await findNatsServer({ toolsFolder: TOOLS, env, download: false });
  if (found?.kind === 'url') return ok('nats-server', `NATS_URL names one: ${found.url}`);
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

async function checkRuns({ runs }: Surroundings): Promise<Finding> {
  const folder = await nearestFolder(runs);
  try {
    await rm(await mkdtemp(join(folder, '.sipf-doctor-')), { recursive: true });
    return ok('runs', `${runs} can be written`);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    return fail('runs', `${runs} cannot be written (${why})`, 'choose another folder by --runs');
  }
}

/** The folder itself, or the nearest one above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined);
  return info?.isDirectory() === true || dirname(path) === path ? path : nearestFolder(dirname(path));
}
