import { vllmCommand, type VllmCommand, type VllmNeed } from '@sipf/runs';
import { plainEnvironment } from '@sipf/service/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';

/** Longest start of a server; it takes 80 seconds of a processor, and a busy machine gives few. */
export const VLLM_START_MS = 600_000;

const nightly = process.env['SIPF_NIGHTLY'] === '1';

/** Whether a suite of real vLLM must be skipped; says why, and what runs it, on stderr. */
export function vllmIsAbsent(suite: string): boolean {
  if (nightly && process.env['VLLM_PYTHON'] !== undefined) return false;
  const why = nightly
    ? 'vLLM is not here: `npm run tools -- vllm` brings it'
    : 'real vLLM is for `npm run nightly`';
  process.stderr.write(`skipping ${suite}: ${why} (test/engines/README.md)\n`);
  return true;
}

/** What a server must be able to do; on a CPU in float32 where no other precision is named. */
export type ServerNeed = Partial<VllmNeed> & Pick<Required<VllmNeed>, 'model'>;

/** What the suites' machines ask of a server beside it. */
export interface VllmOptions {
  /** @default a free one */
  readonly port?: number;
  /** Beside those of every server. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A real vLLM in processes of its own; disposing ends all of them. */
export interface VllmServer extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  readonly port: number;
  /** Of the API server, whose children the engine's processes are. */
  readonly pid: number;
  /** Its output so far. */
  log(): string;
  /** Ends it at once, as a lost machine would. */
  kill(): Promise<void>;
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
}

/**
 * Starts a server as plans say, and waits until it is healthy.
 * @param planned what it must do, or how a plan has it started
 * @throws Error with the end of its output if it ends before
 */
export async function startVllm(
  planned: ServerNeed | VllmCommand,
  options: VllmOptions = {},
): Promise<VllmServer> {
  const command = 'program' in planned ? planned : neededVllm(planned);
  const port = options.port ?? (await freePort());
  const cache = mkdtempSync(join(tmpdir(), 'sipf-vllm-'));
  const { child, log } = spawnServer(command, { ...options, port }, cache);
  const ended = once(child, 'close').then(() => {
    rmSync(cache, { recursive: true, force: true });
  });
  const kill = async (): Promise<void> => {
    killGroup(child);
    await ended;
  };
  const { pid = 0 } = child;
  const origin = `http://127.0.0.1:${port}`;
  const server = { origin, port, pid, log, kill, ended, [Symbol.asyncDispose]: kill };
  try {
    await healthy(server);
  } catch (error) {
    await kill();
    throw error;
  }
  return server;
}

/** How plans have such a server started. */
function neededVllm(need: Partial<VllmNeed>): VllmCommand {
  return vllmCommand({ runner: 'generate', dtype: 'float32', ...need });
}

function spawnServer(command: VllmCommand, options: VllmOptions & { readonly port: number }, cache: string) {
  const { port, flags = [], environment } = options;
  const own = ['--host', '127.0.0.1', '--port', String(port), ...EVERY_SERVER, ...flags];
  const args = [...command.program, ...command.model, ...command.flags, ...own];
  const child = spawn(process.env['VLLM_PYTHON'] ?? '', args, {
    // A group of its own: the engine is a process beside the server, and outlives it where only that is killed.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...plainEnvironment, ...SMALL, ...command.environment, VLLM_CACHE_ROOT: cache, ...environment },
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
  // Where the tests' process ends, the server does not stay.
  const stop = (): void => {
    killGroup(child);
  };
  process.once('exit', stop);
  child.once('close', () => process.off('exit', stop));
  return { child, log: () => chunks.join('') };
}

/** Of servers on a CPU: seeded requests kill vLLM 0.32 there where a prompt is read in more than one chunk. */
export const EVERY_SERVER = ['--enforce-eager', '--no-enable-chunked-prefill'];

/** The environment of a server of one thread, 1 GiB of cache, no network. */
export const SMALL = {
  OMP_NUM_THREADS: '1',
  VLLM_CPU_OMP_THREADS_BIND: 'nobind',
  VLLM_CPU_KVCACHE_SPACE: '1',
  HF_HUB_OFFLINE: '1',
  VLLM_NO_USAGE_STATS: '1',
  TOKENIZERS_PARALLELISM: 'false',
};

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

async function healthy({ origin, log, ended }: Pick<VllmServer, 'origin' | 'log' | 'ended'>): Promise<void> {
  const over = ended.then(() => 'over' as const);
  const deadline = Date.now() + VLLM_START_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${origin}/health`).catch(() => undefined);
    if (answer?.status === 200) return;
    if ((await Promise.race([over, sleep(500)])) === 'over')
      throw new Error(`vLLM ended: ${log().slice(-4000)}`);
  }
  throw new Error(`vLLM is not healthy after ${VLLM_START_MS} ms: ${log().slice(-4000)}`);
}
