import { digestFolder } from '@sipf/models';
import { fileURLToPath } from 'node:url';
import { startVllm } from '../../engines/support/vllm-server.ts';
import { peerArguments, type Computing } from '../support/computing.ts';
import { startJsonPeer } from '../support/json-peer.ts';

/** Rows to be scored at the ends of their steps. */
export interface ScoreOrder {
  readonly rows: readonly (readonly number[])[];
  /** Tokens of each row's prompt. */
  readonly prompts: readonly number[];
  /** Positions of each row's last tokens of steps. */
  readonly ends: readonly (readonly number[])[];
}

/** An engine that scores, in processes of its own: per row the probability that each step is right. */
export interface ScoreSide {
  readonly name: string;
  readonly pid: number;
  score(order: ScoreOrder): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}

/** What every side is opened for: a folder of a two-label verifier with a tokenizer. */
export interface ScoreWork {
  readonly folder: string;
  readonly threads: number;
  readonly computing: Computing;
  /** Of a row, in tokens. */
  readonly longest: number;
}

/** Rows of a request, or of a padded batch. */
const BATCH = 16;
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export async function openOwnScorer({ folder, threads, computing }: ScoreWork): Promise<ScoreSide> {
  const { device, precision } = computing;
  const args = [here('own-child.ts'), 'score', folder, String(threads), device, precision];
  const peer = await startJsonPeer<ScoreOrder, { scores: number[][] }>(process.execPath, args, threads);
  const { pid } = peer;
  return {
    name: 'here',
    pid,
    score: async (order) => (await peer.ask(order)).scores,
    close: () => peer.close(),
  };
}

/** Rows sorted by length. @param python with transformers */
export async function openTransformersScorer(
  { folder, threads, computing }: ScoreWork,
  python: string,
): Promise<ScoreSide> {
  const args = [here('../verifier/peer.py'), folder, String(threads), ...peerArguments(computing)];
  const peer = await startJsonPeer<object, { scores: number[][] }>(python, args, threads);
  return {
    ...{ name: 'transformers, sorted', pid: peer.pid },
    score: async ({ rows, ends }) => (await peer.ask({ rows, ends, batch: BATCH, by_length: true })).scores,
    close: () => peer.close(),
  };
}

/** By `POST /pooling`, all requests at once, as its own batching is best used. */
export async function openPooling({ folder, threads, longest, computing }: ScoreWork): Promise<ScoreSide> {
  const server = await startVllm(
    {
      ...{ runner: 'pooling', dtype: computing.precision, maxModelLen: longest },
      model: { folder, digest: await digestFolder(folder), name: 'verifier' },
    },
    {
      flags: computing.device === 'cpu' ? [] : ['--no-enforce-eager'],
      environment: { OMP_NUM_THREADS: String(threads) },
    },
  );
  const ask = async (rows: readonly (readonly number[])[]): Promise<Float32Array[]> => {
    const body = { model: 'verifier', input: rows, task: 'token_classify', use_activation: false };
    const answer = await fetch(`${server.origin}/pooling`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, encoding_format: 'base64' }),
    });
    if (!answer.ok) throw new Error(`vLLM: ${answer.status} ${await answer.text()}`);
    const { data } = (await answer.json()) as { data: { data: string }[] };
    return data.map(({ data: text }) => floatsOf(text));
  };
  return {
    ...{ name: 'vLLM pooling', pid: server.pid },
    score: async ({ rows, ends }) => {
      const batches = Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, at) =>
        rows.slice(at * BATCH, (at + 1) * BATCH),
      );
      const logits = (await Promise.all(batches.map(ask))).flat();
      return ends.map((positions, row) => positions.map((at) => probability(logits[row], at)));
    },
    close: () => server.kill(),
  };
}

function floatsOf(base64: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer);
}

/** Of "right", from the two logits of a token. */
function probability(logits: Float32Array | undefined, at: number): number {
  const [wrong = NaN, right = NaN] = logits?.subarray(2 * at, 2 * at + 2) ?? [];
  return 1 / (1 + Math.exp(wrong - right));
}
