import { connectVerifier, type PathToScore, type VerifierClient } from '@sipf/client';
import { SipfError } from '@sipf/errors';
import { createRng } from '@sipf/random';
import { setTimeout as sleep } from 'node:timers/promises';
import { raggedPaths } from './ragged-paths.ts';

/** What a number of clients saw. */
export interface Seen {
  readonly clients: number;
  readonly seconds: number;
  /** Of answered calls, in milliseconds, from the first attempt on. */
  readonly latencies: readonly number[];
  /** Attempts that were told to come back. */
  readonly refused: number;
  /** What calls ended with otherwise; none may. */
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

/** Clients that each ask for a path, and again when it is answered; a refused one comes back when it is told to. */
export async function runClients(options: ClientsOptions): Promise<Seen> {
  const latencies: number[] = [];
  const failures: string[] = [];
  let refused = 0;
  const started = performance.now();
  const isOver = (): boolean => performance.now() - started > 1000 * options.seconds;
  const work = Array.from({ length: options.clients }, async (_, client) => {
    using verifier = connectVerifier(options.address, { clientId: String(client), retry: { attempts: 1 } });
    for (let call = client; !isOver(); call += options.clients) {
      const asked = performance.now();
      try {
        const refusals = await scored(verifier, PATHS[call % PATHS.length] as PathToScore);
        refused += refusals;
        latencies.push(performance.now() - asked);
      } catch (error) {
        failures.push(String(error));
      }
      if (options.pauseMs !== undefined) await sleep(options.pauseMs);
    }
  });
  await Promise.all(work);
  const seconds = (performance.now() - started) / 1000;
  return { clients: options.clients, seconds, latencies: latencies.sort((a, b) => a - b), refused, failures };
}

/** Asks until it is answered. @returns how often it was told to come back */
async function scored(verifier: VerifierClient, path: PathToScore): Promise<number> {
  const asked = performance.now();
  for (let refusals = 0; performance.now() - asked < PATIENCE_MS; refusals++) {
    try {
      const [score] = await verifier.score([path]);
      if (score?.kind !== 'scored') throw new Error(score?.message ?? 'no answer');
      return refusals;
    } catch (error) {
      if (!(error instanceof SipfError) || error.retryAfterMs === undefined) throw error;
      await sleep(error.retryAfterMs);
    }
  }
  throw new Error(`no answer after ${PATIENCE_MS} ms`);
}

/** A quantile of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}
