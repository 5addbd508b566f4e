import { connectVerifier, type PathToScore, type VerifierClient } from '@sipf/client';
import { createRng } from '@sipf/random';
import { setTimeout as sleep } from 'node:timers/promises';
import { raggedPaths } from './ragged-paths.ts';

/** What a number of clients saw. */
export interface Seen {
  readonly clients: number;
  readonly seconds: number;
  /** While all of them asked: what is answered after that is a queue that runs dry. */
  readonly pathsPerSecond: number;
  /** Of answered calls, in milliseconds, from the first attempt on. */
  readonly latencies: readonly number[];
  /** What calls ended with that were not answered; none may. */
  readonly failures: readonly string[];
}

/** How clients ask. */
export interface ClientsOptions {
  readonly address: string;
  readonly clients: number;
  readonly seconds: number;
  /** Wait between an answer and the next call. @default 0 */
  readonly pauseMs?: number;
}

const PATHS: readonly PathToScore[] = raggedPaths(1000, createRng('clients'));
/** Longest life of a call, refusals included: one that takes longer hangs. */
const PATIENCE_MS = 60_000;

/**
 * Clients that each ask for a path, and again when it is answered; a refused one comes back at the time it is given, as its
 * client does.
 */
export async function runClients(options: ClientsOptions): Promise<Seen> {
  const latencies: number[] = [];
  const failures: string[] = [];
  let inTime = 0;
  const started = performance.now();
  const isOver = (): boolean => performance.now() - started > 1000 * options.seconds;
  const work = Array.from({ length: options.clients }, async (_, client) => {
    const retry = { attempts: Infinity };
    const settings = { clientId: String(client), deadlineMs: PATIENCE_MS, retry };
    using verifier = connectVerifier(options.address, settings);
    for (let call = client; !isOver(); call += options.clients) {
      const asked = performance.now();
      try {
        await scored(verifier, PATHS[call % PATHS.length] as PathToScore);
        latencies.push(performance.now() - asked);
        if (!isOver()) inTime++;
      } catch (error) {
        failures.push(String(error));
      }
      if (options.pauseMs !== undefined) await sleep(options.pauseMs);
    }
  });
  await Promise.all(work);
  const seconds = (performance.now() - started) / 1000;
  const pathsPerSecond = inTime / options.seconds;
  latencies.sort((a, b) => a - b);
  return { clients: options.clients, seconds, pathsPerSecond, latencies, failures };
}

/** @throws Error for an answer without a score */
async function scored(verifier: VerifierClient, path: PathToScore): Promise<void> {
  const [score] = await verifier.score([path]);
  if (score?.kind !== 'scored') throw new Error(score?.message ?? 'no answer');
}

/** A quantile of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}
