// Perplexity and speed of rounded weights beside llama.cpp's. See test/bench/README.md.
import { loadModelFolder } from '@sipf/models';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../run/step.ts';
import { temporaryFolder } from '../../support/models.ts';
import { takeTurns } from '../engines/take-turns.ts';
import { table } from '../support/table.ts';
import { shuffleModel } from './shuffled-model.ts';
import { openLlamaCpp, openOwn, writeHalves, type RoundedSide } from './sides.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    shuffle: { type: 'boolean', default: false },
    texts: { type: 'string', default: '24' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '1' },
    tokens: { type: 'string', default: '64' },
  },
});
const threads = Number(values.threads);
const newTokens = Number(values.tokens);
const LONGEST = 256;
const AT_ONCE = 16;
const PROMPT = 32;

/** Questions and worked answers of GSM8K, and programs of MBPP with their tasks. */
function textsOfShared(count: number): string[] {
  const lines = (file: string) =>
    readFileSync(join(root, '../shared/data', file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
  const questions = lines('gsm8k/test.jsonl').slice(0, count);
  const programs = lines('mbpp/mbpp.jsonl').slice(10, 10 + Math.ceil(count / 3));
  return [
    ...questions.map(({ question = '', answer = '' }) => `${question}\n${answer}`),
    ...programs.map(({ text = '', code = '' }) => `${text}\n${code}`),
  ];
}

async function rowsOf(folder: string): Promise<number[][]> {
  const model = await loadModelFolder(folder);
  const { tokenizer } = model;
  if (tokenizer === undefined) throw new Error('--model has no tokenizer');
  const rows = textsOfShared(Number(values.texts)).map((text) =>
    [...tokenizer.encode(text)].slice(0, LONGEST),
  );
  model.close();
  return rows;
}

async function perplexity(side: RoundedSide, rows: readonly (readonly number[])[]): Promise<number> {
  const all = (await side.logProbs(rows)).flat();
  return Math.exp(-all.reduce((sum, value) => sum + value, 0) / all.length);
}

async function compare(folder: string, under: string) {
  const work = { folder, threads, sequences: AT_ONCE, length: PROMPT + newTokens };
  const [python, llama] = [process.env['PEER_PYTHON'], process.env['LLAMA_CPP']];
  const sides = [await openOwn(work, 'none'), await openOwn(work, 'int8'), await openOwn(work, 'int4')];
  if (python !== undefined && llama !== undefined) {
    const halves = join(under, 'f16.gguf');
    await writeHalves(folder, halves);
    for (const kind of ['q8_0', 'q4_0'] as const)
      sides.push(await openLlamaCpp(work, kind, { halves, python }));
  }
  const rows = await rowsOf(folder);
  const prompts = rows.slice(0, AT_ONCE).map((ids) => ids.slice(0, PROMPT));
  const order = { prompts, newTokens, greedy: true, seed: 0 };
  const rounds = Number(values.rounds);
  const alone = await takeTurns(
    sides,
    (side) => side.write({ ...order, prompts: prompts.slice(0, 1) }),
    rounds,
  );
  const many = await takeTurns(sides, (side) => side.write(order), rounds);
  const results = [];
  for (const [at, side] of sides.entries()) {
    const [one, all] = [alone[at]?.processorMs ?? NaN, many[at]?.processorMs ?? NaN];
    const perSecond = { one: (1000 * newTokens) / one, many: (1000 * newTokens * prompts.length) / all };
    const { peakMiB = NaN } = many[at] ?? {};
    results.push({ name: side.name, perplexity: await perplexity(side, rows), ...perSecond, peakMiB });
    await side.close();
  }
  return { results, tokens: rows.reduce((sum, ids) => sum + ids.length - 1, 0) };
}

if (values.model === undefined) throw new Error('--model names a Llama with tied embeddings and a tokenizer');
const scratch = temporaryFolder();
try {
  const folder = values.shuffle ? join(scratch.path, 'shuffled') : values.model;
  if (values.shuffle) await shuffleModel(values.model, folder);
  const { results, tokens } = await compare(folder, scratch.path);
  const exact = results[0]?.perplexity ?? NaN;
  const lines = results.map(({ name, perplexity: found, one, many, peakMiB }) => [
    ...[name, found.toFixed(4), `${(100 * (found / exact - 1)).toFixed(2)} %`],
    ...[one.toFixed(1), many.toFixed(1), `${peakMiB.toFixed(0)} MiB`],
  ]);
  const head = [
    'weights',
    'perplexity',
    'over fp32',
    'tokens per processor second',
    `${AT_ONCE} at once`,
    'peak',
  ];
  const processor = cpus()[0]?.model;
  process.stdout.write(
    `${table(head, lines)}\n${JSON.stringify({ rounding: results, tokens, processor, threads })}\n`,
  );
} finally {
  scratch.remove();
}
