import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { peerArguments, type Computing } from '../../support/computing.ts';
import type { EngineSide } from './works.ts';

/** One step: the side's own clocks, and the loss before the update. */
export interface SideStep {
  readonly ms: number;
  /** Processor time of all threads: on a machine that others use too, what the step itself costs. */
  readonly cpuMs: number;
  readonly loss: number;
}

/** What a side reports at its end. */
export interface SideReport {
  /** Largest resident memory during the steps, the process' own included. */
  readonly peakMiB: number;
  /** Frozen weights as they are kept. */
  readonly weightsMiB: number;
}

/** A process that takes training steps on request. */
export interface Side {
  step(): Promise<SideStep>;
  report(): Promise<SideReport>;
  close(): void;
}

type Ask = (message: object) => Promise<unknown>;

/** Starts the engine's process on a folder of saveStartingPoint. */
export async function openEngine(side: EngineSide, folder: string): Promise<Side> {
  const child = fork(new URL('./engine-child.ts', import.meta.url), { execArgv: ['--expose-gc'] });
  const ask: Ask = async (message) => {
    child.send(message);
    return orEnd(child, once(child, 'message'));
  };
  await ask({ kind: 'prepare', side, folder });
  return asSide(child, ask);
}

/** How PyTorch works. */
export interface PeerOptions {
  readonly threads: number;
  /** How the frozen weights are kept; `nf4` by bitsandbytes. */
  readonly base: 'float32' | 'nf4';
  /** @default 'cpu' */
  readonly device?: Computing['device'] | undefined;
}

/** Starts PyTorch on a folder of saveStartingPoint. @param python an interpreter that has torch, transformers, peft */
export async function openPeer(
  python: string,
  folder: string,
  { threads, base, device = 'cpu' }: PeerOptions,
): Promise<Side> {
  const script = new URL('./peer.py', import.meta.url).pathname;
  const child = spawn(
    python,
    [script, folder, String(threads), base, ...peerArguments({ device, precision: 'float32' })],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Else bitsandbytes' products are compiled anew for every shape.
      env: { ...process.env, TORCHDYNAMO_DISABLE: '1' },
    },
  );
  const lines = createInterface({ input: child.stdout });
  const ask: Ask = async (message) => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    return JSON.parse((await orEnd(child, once(lines, 'line'))) as string) as unknown;
  };
  await ask({ kind: 'prepare' });
  return asSide(child, ask);
}

function asSide(child: ChildProcess, ask: Ask): Side {
  return {
    step: async () => (await ask({ kind: 'step' })) as SideStep,
    report: async () => (await ask({ kind: 'report' })) as SideReport,
    close: () => void child.kill(),
  };
}

/** The first of what an event gives; an error where the process ends before. */
async function orEnd(child: ChildProcess, answer: Promise<unknown[]>): Promise<unknown> {
  const stopped = new AbortController();
  const ended = once(child, 'exit', { signal: stopped.signal }).then(() => {
    throw new Error('a side of the comparison ended before it answered');
  });
  const [first] = await Promise.race([answer, ended]).finally(() => {
    stopped.abort();
  });
  return first;
}
