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

/** How a server is started. */
export interface VllmOptions {
  /** The model's folder. */
  readonly model: string;
  /** E.g. `--enable-lora`, `--runner pooling`; after those of every server. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** @default a free one */
  readonly port?: number;
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

/** Starts a server and waits until it is healthy. @throws Error with the end of its output if it ends before */
export async function startVllm(options: VllmOptions): Promise<VllmServer> {
  const port = options.port ?? (await freePort());
  const cache = mkdtempSync(join(tmpdir(), 'sipf-vllm-'));
  const { child, log } = spawnServer(options, port, cache);
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

function spawnServer({ model, flags = [], environment }: VllmOptions, port: number, cache: string) {
  const network = ['--host', '127.0.0.1', '--port', String(port)];
  const program = ['-m', 'vllm.entrypoints.openai.api_server', '--model', model, ...network];
  const child = spawn(process.env['VLLM_PYTHON'] ?? '', [...program, ...EVERY_SERVER, ...flags], {
    // A group of its own: the engine is a process beside the server, and outlives it where only that is killed.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...plainEnvironment, ...SMALL, VLLM_CACHE_ROOT: cache, ...environment },
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

/** Flags of every server: seeded requests kill vLLM 0.32 on a CPU where a prompt is read in more than one chunk. */
export const EVERY_SERVER = ['--dtype', 'float32', '--enforce-eager', '--no-enable-chunked-prefill'];

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
