// Scored paths a second and latency of the verification service at 1, 8, 64 and 128 clients (twice what it admits), over gRPC.
import { createRng } from '@sipf/random';
import { initialParameters } from '@sipf/models';
import { connectVerifier, type PathToScore } from '@sipf/client';
import { SipfError } from '@sipf/errors';
import { wordTokenizer } from '@sipf/serving/testing';
import { temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram } from '../../support/start-program.ts';
import { llamaConfig, LLAMA_SHAPES, type ShapeName } from '../support/llama-shapes.ts';
import { table } from '../support/table.ts';

const seconds = Number(process.argv[2] ?? 10);
const shape = (process.argv[3] ?? 'small') as ShapeName;
const CLIENTS = [1, 8, 64, 128];
const WORDS = Array.from({ length: 500 }, (_, word) => `w${word}`);
const rng = createRng('bench');

/** Paths of 3 to 8 steps of 8 to 40 tokens: ragged as GSM8K's are. */
const paths: readonly PathToScore[] = Array.from({ length: 1000 }, () => ({
  question: text(20 + rng.integer(60)),
  steps: Array.from({ length: 3 + rng.integer(6) }, () => text(8 + rng.integer(33))),
}));

function text(words: number): string {
  return Array.from({ length: words }, () => rng.pick(WORDS)).join(' ');
}

interface Measured {
  readonly clients: number;
  readonly pathsPerSecond: number;
  /** Of answered calls, in milliseconds. */
  readonly latencyMs: readonly number[];
  /** Calls that were told to come back. */
  readonly refused: number;
  /** Calls that ended otherwise. */
  readonly failed: number;
}

/** Every client asks again as soon as it was answered; one that is refused waits as long as it was told. */
async function measure(address: string, clients: number): Promise<Measured> {
  const latencies: number[] = [];
  let [refused, failed] = [0, 0];
  const started = performance.now();
  const isOver = (): boolean => performance.now() - started > 1000 * seconds;
  const work = Array.from({ length: clients }, async (_, client) => {
    using verifier = connectVerifier(address, { clientId: String(client), retry: { attempts: 1 } });
    for (let call = client; !isOver(); call += clients) {
      const path = paths[call % paths.length];
      if (path === undefined) return;
      const asked = performance.now();
      try {
        await verifier.score([path]);
        latencies.push(performance.now() - asked);
      } catch (error) {
        if (!(error instanceof SipfError) || error.retryAfterMs === undefined) failed += 1;
        else refused += 1;
        await new Promise((resolve) =>
          setTimeout(resolve, error instanceof SipfError ? (error.retryAfterMs ?? 0) : 0),
        );
      }
    }
  });
  await Promise.all(work);
  const pathsPerSecond = latencies.length / ((performance.now() - started) / 1000);
  const sorted = latencies.sort((a, b) => a - b);
  const latencyMs = [0.5, 0.95, 0.99].map((share) => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN);
  return { clients, pathsPerSecond, latencyMs, refused, failed };
}

const folder = temporaryFolder();
try {
  const head = { kind: 'token-classification', numLabels: 2, features: 'hidden' } as const;
  const config = { ...llamaConfig(LLAMA_SHAPES[shape]), head };
  const parameters = initialParameters(config, rng.split('model'));
  const model = await writeModel(folder.path, 'verifier', {
    config,
    parameters,
    tokenizer: wordTokenizer(WORDS),
  });
  await using program = await startProgram('verification', ['--model', model]);
  await measure(program.address, 1);
  const rows: Measured[] = [];
  for (const clients of CLIENTS) rows.push(await measure(program.address, clients));
  const cells = rows.map(({ clients, pathsPerSecond, latencyMs, refused, failed }) => [
    ...[String(clients), pathsPerSecond.toFixed(1), ...latencyMs.map((value) => value.toFixed(0))],
    ...[refused, failed].map(String),
  ]);
  process.stdout.write(
    `${table(['clients', 'paths/s', 'p50 ms', 'p95 ms', 'p99 ms', 'refused', 'failed'], cells)}\n`,
  );
  process.stdout.write(`${JSON.stringify({ shape, seconds, rows })}\n`);
} finally {
  folder.remove();
}
