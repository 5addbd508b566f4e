// Our engine beside vLLM, transformers and llama.cpp on the same weights. See test/bench/README.md.
import { createRng } from '@sipf/random';
import { wordTokenizer } from '@sipf/serving/testing';
import { parseArgs } from 'node:util';
import { temporaryFolder, writeModel } from '../../support/models.ts';
import { promptsOf } from '../engine/sampling/rows.ts';
import { computingOf, computingOptions } from '../support/computing.ts';
import { LLAMA_SHAPES, llamaConfig, type ShapeName } from '../support/llama-shapes.ts';
import { noiseParameters } from '../support/noise-parameters.ts';
import { table } from '../support/table.ts';
import { writeAdapter } from '../support/write-adapter.ts';
import { raggedPaths } from '../verifier/ragged-paths.ts';
import { encodePath } from '../verifier/throughput.ts';
import { writeVerifier } from '../verifier/verifier-folder.ts';
import { openOwnScorer, openPooling, openTransformersScorer, type ScoreSide } from './score-side.ts';
import { takeTurns, type SideResult } from './take-turns.ts';
import { openLlamaCpp, openOwn, openTransformers, openVllm, type TextSide } from './text-side.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: 'string', default: 'smol' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '1' },
    prompts: { type: 'string', default: '16' },
    tokens: { type: 'string', default: '128' },
    paths: { type: 'string', default: '96' },
    adapter: { type: 'boolean', default: false },
    ...computingOptions,
  },
});
const shape = Object.keys(LLAMA_SHAPES).find((name) => name === values.shape) as ShapeName | undefined;
if (shape === undefined) throw new Error(`--shape is one of ${Object.keys(LLAMA_SHAPES).join(', ')}`);
const threads = Number(values.threads);
const computing = computingOf(values);
const [what = 'sampling'] = positionals;
const isExact = computing.precision === 'float32';
/** Scores of both sides may differ by so much: the products' sums are cut differently, and in half precision rounded. */
const TOLERANCE = isExact ? 1e-4 : 0.05;
/** Tokens of the greedy texts that sides of float32 weights must agree on. */
const AGREED = 8;

/** Settings that name what is installed, and the tools that bring it (`npm run tools -- NAME`). */
const TOOLS = { VLLM_PYTHON: 'vllm', PEER_PYTHON: 'peers', LLAMA_CPP: 'llama-cpp' } as const;

/** Opens a side whose tool is there, with what the tool's setting names; else says what would bring it. */
async function withTool<S>(setting: keyof typeof TOOLS, open: (found: string) => Promise<S>): Promise<S[]> {
  const found = process.env[setting];
  if (found !== undefined) return [await open(found)];
  process.stderr.write(`without ${setting}: \`npm run tools -- ${TOOLS[setting]}\` prints it\n`);
  return [];
}

async function compareTexts(under: string, name: ShapeName): Promise<SideResult[]> {
  const [prompts, newTokens] = [Number(values.prompts), Number(values.tokens)];
  const length = 2 * newTokens;
  const config = { ...llamaConfig(LLAMA_SHAPES[name]), maxPositionEmbeddings: Math.max(length, 1024) };
  // No token is without a text: a server decodes all of them.
  const words = Array.from({ length: config.vocabSize - 3 }, (_, word) => `w${word}`);
  const parameters = noiseParameters(config, `engines/${name}`);
  const folder = await writeModel(under, name, { config, parameters, tokenizer: wordTokenizer(words) });
  const adapter = values.adapter ? await writeAdapter(under, folder, 0) : undefined;
  const work = { folder, config, threads, computing, prompts, length, adapter };
  const sides: TextSide[] = [
    await openOwn(work),
    ...(await withTool('VLLM_PYTHON', () => openVllm(work))),
    ...(await withTool('PEER_PYTHON', (python) => openTransformers(work, python))),
    // Its package here computes on CPUs, and reads adapters in a format of its own alone.
    ...(computing.device === 'cpu' && adapter === undefined
      ? [
          ...(await withTool('LLAMA_CPP', () => openLlamaCpp(work, 'f32'))),
          ...(await withTool('LLAMA_CPP', () => openLlamaCpp(work, 'f16'))),
        ]
      : []),
  ];
  const texts = promptsOf({ promptTokens: newTokens, prompts }, config.vocabSize);
  const short = { prompts: texts.slice(0, 1), newTokens: AGREED, greedy: true, seed: 0 };
  const found: string[] = [];
  for (const side of sides) found.push(JSON.stringify(await side.write(short)));
  sides.forEach(({ name: side }, at) => {
    // Half precision may choose another token.
    if (found[at] === found[0] || side.endsWith('f16') || !isExact) return;
    throw new Error(`${side} and ${sides[0]?.name} disagree: ${found[at]} and ${found[0]}`);
  });
  const order = (seed: number) => ({ prompts: texts, newTokens, greedy: false, seed });
  const results = await takeTurns(sides, (side, round) => side.write(order(round)), Number(values.rounds));
  await Promise.all(sides.map((side) => side.close()));
  show(results, { unit: 'tokens', count: prompts * newTokens });
  return results;
}

async function compareScores(under: string, name: ShapeName): Promise<SideResult[]> {
  const folder = await writeVerifier(under, name);
  // Paths of one question are side by side, so that a server may keep its prefix.
  const rows = raggedPaths(Number(values.paths), createRng('engines'), 8).map(encodePath);
  const longest = Math.max(...rows.map(({ ids }) => ids.length)) + 1;
  const work = { folder, threads, computing, longest };
  const sides: ScoreSide[] = [
    await openOwnScorer(work),
    ...(await withTool('VLLM_PYTHON', () => openPooling(work))),
    ...(await withTool('PEER_PYTHON', (python) => openTransformersScorer(work, python))),
  ];
  const order = {
    rows: rows.map(({ ids }) => ids),
    prompts: rows.map(({ promptLength }) => promptLength),
    ends: rows.map(({ stepEndPositions }) => stepEndPositions),
  };
  const expected = (await sides[0]?.score(order))?.flat() ?? [];
  const scoreAgain = async (side: ScoreSide) => {
    const scores = (await side.score(order)).flat();
    const difference = Math.max(...scores.map((score, at) => Math.abs(score - (expected[at] ?? NaN))));
    if (!(difference <= TOLERANCE)) throw new Error(`${side.name}: scores differ by ${difference}`);
  };
  const results = await takeTurns(sides, scoreAgain, Number(values.rounds));
  await Promise.all(sides.map((side) => side.close()));
  show(results, { unit: 'paths', count: rows.length });
  return results;
}

function show(results: readonly SideResult[], { unit, count }: { unit: string; count: number }): void {
  const [own] = results;
  const rate = (ms: number) => ((1000 * count) / ms).toFixed(1);
  const ratio = (other: number, ours = NaN) => `${(other / ours).toFixed(2)} x`;
  const lines = results.map(({ name, ms, processorMs, peakMiB }) => [
    ...[name, rate(ms), ratio(ms, own?.ms), rate(processorMs), ratio(processorMs, own?.processorMs)],
    `${peakMiB.toFixed(0)} MiB`,
  ]);
  const head = ['engine', `${unit}/s`, 'time / ours', `${unit} per processor second`, 'cost / ours', 'peak'];
  process.stdout.write(`${table(head, lines)}\n`);
}

const folder = temporaryFolder();
try {
  const compare = { sampling: compareTexts, scoring: compareScores }[what];
  if (compare === undefined) throw new Error('sampling or scoring');
  const results = await compare(folder.path, shape);
  const { adapter } = values;
  process.stdout.write(`${JSON.stringify({ [what]: results, shape, threads, adapter, ...computing })}\n`);
} finally {
  folder.remove();
}
