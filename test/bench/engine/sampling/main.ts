import { createGenerator, type EngineGenerator } from '@sipf/inference';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { interleave, median, type Timed } from '../../support/interleave.ts';
import { LLAMA_SHAPES, llamaConfig } from '../../support/llama-shapes.ts';
import { table } from '../../support/table.ts';
import { compareLoading } from './loading.ts';
import { randomModelFolder } from './model-folder.ts';
import { startPeer, type Peer } from './peer.ts';
import type { Result } from './result.ts';
import { promptsOf, SAMPLING_ROWS, type SamplingRow } from './rows.ts';

/** Sampling and loading against transformers on the same weights, `PEER_PYTHON` being a Python that has it. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '7' },
    slots: { type: 'string', default: '64' },
  },
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
const python = process.env['PEER_PYTHON'];

async function ownTokens(generator: EngineGenerator, row: SamplingRow, round: number): Promise<number[][]> {
  const sampling = { maxNewTokens: row.newTokens, greedy: row.greedy, stopTokenIds: [] };
  const requests = promptsOf(row, generator.model.config.vocabSize).map((promptIds, index) => {
    return { promptIds, n: row.n, seed: `round/${round}`, key: String(index), sampling };
  });
  const tokens: number[][] = [];
  for await (const { tokenIds } of generator.generate(requests)) tokens.push([...tokenIds]);
  return tokens;
}

/** Both sides must write the same where the weights are the same, or their speeds do not compare. */
async function checkAgreement(generator: EngineGenerator, peer: Peer, row: SamplingRow): Promise<void> {
  const short = { ...row, prompts: 1, n: 1, newTokens: 8, greedy: true };
  const [own] = await ownTokens(generator, short, 0);
  const prompts = promptsOf(short, generator.model.config.vocabSize);
  const { ids } = await peer.generate({ prompts, n: 1, new_tokens: 8, greedy: true });
  if (JSON.stringify(ids[0]) !== JSON.stringify(own)) {
    throw new Error(`${row.name}: the sides disagree: ${JSON.stringify(own)} and ${JSON.stringify(ids[0])}`);
  }
}

async function compare(row: SamplingRow, folder: string, peerPython: string): Promise<Result> {
  const peer = await startPeer(peerPython, folder, { threads });
  const options = { slots: Number(values.slots), threadsPerWorker: threads };
  const exact = await createGenerator({ folder }, options);
  await checkAgreement(exact, peer, row);
  await exact.close();
  const generator = await createGenerator({ folder, quantisation: row.quantisation }, options);
  const prompts = promptsOf(row, generator.model.config.vocabSize);
  let round = 0;
  const sides = new Map<string, Timed>([
    ['ours', () => ownTokens(generator, row, round)],
    [
      'peer',
      () => {
        const first = (round++ * row.peerPrompts) % row.prompts;
        const some = prompts.slice(first, first + row.peerPrompts);
        return peer.generate({ prompts: some, n: row.n, new_tokens: row.newTokens, greedy: row.greedy });
      },
    ],
  ]);
  const times = await interleave(sides, { rounds, warmUp: 1 });
  await Promise.all([peer.close(), generator.close()]);
  const rate = (side: string, count: number) =>
    (1000 * count * row.n * row.newTokens) / median(times.get(side) ?? []);
  const [own, other] = [rate('ours', row.prompts), rate('peer', row.peerPrompts)];
  const perSecond = (tokens: number) => `${tokens.toFixed(tokens < 100 ? 1 : 0)} tokens/s`;
  return {
    name: row.name,
    threads,
    ours: perSecond(own),
    peer: perSecond(other),
    ratio: own / other,
    target: `>= ${row.target}`,
  };
}

async function main(peerPython: string): Promise<void> {
  const under = mkdtempSync(join(tmpdir(), 'sipf-bench-'));
  const wanted = (name: string) =>
    positionals.length === 0 || positionals.some((word) => name.includes(word));
  const results: Result[] = [];
  try {
    const folders = new Map<string, string>();
    for (const shape of ['small', 'smol'] as const) {
      folders.set(shape, await randomModelFolder(under, shape, llamaConfig(LLAMA_SHAPES[shape])));
    }
    const folderOf = (shape: string) => folders.get(shape) as string;
    for (const row of SAMPLING_ROWS) {
      if (wanted(row.name)) results.push(await compare(row, folderOf(row.shape), peerPython));
    }
    if (wanted('loading')) {
      results.push(await compareLoading(folderOf('smol'), { python: peerPython, threads, rounds }));
    }
  } finally {
    rmSync(under, { recursive: true });
  }
  const lines = results.map(({ name, ours, peer, ratio, target }) => {
    return [name, String(threads), ours, peer, ratio.toFixed(2), target];
  });
  const text = table(['what', 'threads', 'here', 'transformers', 'ratio', 'target'], lines);
  process.stdout.write(`${text}\n${JSON.stringify({ sampling: results })}\n`);
}

if (python === undefined) {
  process.stdout.write('PEER_PYTHON names no Python with transformers: nothing to compare with\n');
} else {
  await main(python);
}
