import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { callCli, startCli, testFolder } from './cli-process.ts';

const STORIES = fileURLToPath(new URL('../../../shared/models/stories260K', import.meta.url));
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const parse = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

const TOO_LARGE =
  /^the row on line 4: .*\(45\d+ vs 4194304\)\): send less at once, or give .* --max-request-bytes/;

/** What a row has that is too long to be read. */
function longRow(id: string, line: number, longest: string): object {
  const words = `^the row on line ${line} has 16777\\d+ bytes, at most 16777216 are read; shorten ${longest},`;
  return { id, error: { reason: 'DATA_LINE_TOO_LONG', message: expect.stringMatching(words) as string } };
}

it('finds this machine fit', async () => {
  const { status, stdout } = await callCli(testFolder(), ['doctor', '--json']);
  const { findings } = JSON.parse(stdout) as { findings: { name: string; status: string }[] };
  expect(findings.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['node', 'onnxruntime-node', 'isolated-vm', 'nats-server', 'loopback', 'runs']),
  );
  expect(findings.filter((finding) => finding.status === 'fail')).toEqual([]);
  expect(status).toBe(0);
});

it('says in the words of the service, without a stack, why a model cannot be loaded', async () => {
  const folder = testFolder();
  writeFileSync(join(folder, 'config.json'), '{"model_type":"perceptron"}');
  writeFileSync(join(folder, 'tokenizer.json'), '{}');
  const flags = ['sample', '--model', '.', '--prompts', '-', '--out', 'out.jsonl'];
  const { status, stderr } = await callCli(folder, flags, '{"prompt":"x"}\n');
  expect(stderr).toMatch(/^sipf: .*(?:config|tokenizer)\.json/);
  expect(stderr).not.toMatch(/\n {4}at /);
  expect([64, 69]).toContain(status);
  expect(readdirSync(folder)).not.toContain('out.jsonl');
});

describe.skipIf(!existsSync(STORIES))('with the weights of stories260K', () => {
  it('samples the text that the reference implementation does', async () => {
    const expected = JSON.parse(readFileSync(join(STORIES, 'expected.json'), 'utf8')) as {
      prompt: string;
      greedy_200_text: string;
    };
    const flags = ['sample', '--model', STORIES, '--prompts', '-', '--greedy', '--max-new-tokens', '200'];
    const input = lines([{ id: 'a', prompt: expected.prompt }]);
    const { status, stdout } = await callCli(testFolder(), flags, input);
    expect(status).toBe(0);
    const [row] = parse(stdout) as [{ text: string; token_count: number }];
    expect(expected.prompt + row.text).toBe(expected.greedy_200_text);
  });

  it('gives the same samples for the same seed, in the order of the prompts, however they are batched', async () => {
    const folder = testFolder();
    const prompts = Array.from({ length: 5 }, (_, index) => ({ id: `p${index}`, prompt: `Once ${index}` }));
    writeFileSync(join(folder, 'prompts.jsonl'), lines(prompts));
    const flags = [
      'sample',
      '--model',
      STORIES,
      '--prompts',
      'prompts.jsonl',
      '--n',
      '2',
      '--max-new-tokens',
      '12',
    ];
    const [all, single] = await Promise.all([
      callCli(folder, [...flags, '--out', 'all.jsonl']),
      callCli(folder, [...flags, '--batch', '1']),
    ]);
    expect([all.status, single.status]).toEqual([0, 0]);
    expect(readFileSync(join(folder, 'all.jsonl'), 'utf8')).toBe(single.stdout);
    const ids = (parse(single.stdout) as { id: string; sample_index: number }[]).map(
      (row) => `${row.id}/${row.sample_index}`,
    );
    expect(ids).toEqual(prompts.flatMap(({ id }) => [`${id}/0`, `${id}/1`]));
  });

  it('trains a verifier, then scores with it, and names the line of a row that is wrong', async () => {
    const folder = testFolder();
    const row = { prompt: '1+1?', completions: ['1+1=2', '#### 2'], labels: [true, true] };
    writeFileSync(join(folder, 'steps.jsonl'), lines([row, { ...row, labels: [false, false] }]));
    const training = [
      '--objective',
      'process-reward',
      '--learning-rate',
      '1e-3',
      '--batch-size',
      '2',
      '--max-steps',
      '3',
    ];
    const files = ['--model', STORIES, '--data', 'steps.jsonl', '--out', 'verifier'];
    const trained = await callCli(folder, ['train', ...training, ...files, '--json']);
    expect(trained.stderr).toContain('model written to');
    expect(trained.status).toBe(0);
    expect(parse(trained.stdout)).toMatchObject([{ step: 1, total_steps: 3 }, { step: 2 }, { step: 3 }]);
    expect(readdirSync(join(folder, 'verifier'))).toContain('model.safetensors');
    const rows = [
      { id: 'a', question: '1+1?', steps: ['1+1=2', '#### 2'] },
      { prompt: '1+1?', completions: ['3'] },
    ];
    const flags = ['score', '--model', 'verifier', '--input', '-'];
    const scored = await callCli(folder, flags, lines(rows));
    const [first, second] = parse(scored.stdout) as {
      id: string;
      probabilities: number[];
      aggregates: object;
    }[];
    expect(first?.probabilities).toHaveLength(2);
    expect(second).toMatchObject({ id: '2', aggregates: { last: second?.probabilities[0] } });
    const long = { id: 'long', question: '1+1?', steps: ['x'.repeat(16 * 1024 * 1024)] };
    const large = { question: '1+1?', steps: Array.from({ length: 5 }, () => 'x'.repeat(900_000)) };
    const withLong = await callCli(folder, flags, lines([rows[0], long, rows[1], large]));
    expect(parse(withLong.stdout)).toEqual([
      ...[first, longRow('long', 2, 'steps'), { ...second, id: '3' }],
      {
        id: '4',
        error: { reason: 'MESSAGE_TOO_LARGE', message: expect.stringMatching(TOO_LARGE) as string },
      },
    ]);
    expect([withLong.status, withLong.stderr]).toEqual([
      1,
      expect.stringContaining('2 rows could not be scored'),
    ]);
    const wrong = await callCli(folder, flags, lines([...rows, { question: ' ', steps: ['x'] }]));
    expect(wrong.stderr).toContain('standard input:3: question: must not be empty');
    expect(wrong.status).toBe(64);
  });

  it('labels steps by roll-outs', async () => {
    const path = {
      id: 'a',
      prompt: 'Question: 1+1?\nAnswer:\n',
      steps: ['1+1=2', '#### 2'],
      gold_answer: '2',
    };
    const long = { ...path, id: undefined, steps: ['x'.repeat(16 * 1024 * 1024)], outcome_correct: true };
    const input = lines([{ ...path, outcome_correct: true }, long]);
    const flags = [
      '--model',
      STORIES,
      '--task',
      'gsm8k',
      '--paths',
      '-',
      '--rollouts',
      '2',
      '--max-new-tokens',
      '8',
    ];
    const { status, stdout, stderr } = await callCli(testFolder(), ['label', ...flags], input);
    expect([status, stderr]).toEqual([1, expect.stringContaining('1 rows could not be labelled')]);
    expect(parse(stdout)).toMatchObject([
      {
        id: 'a',
        labels: [
          { step_index: 0, rollouts: 2 },
          { hard: true, soft: 1 },
        ],
      },
      longRow('2', 2, 'steps'),
    ]);
  });

  it('measures accuracy with an interval', async () => {
    const problems = [1, 2, 3].map((n) => ({ question: `What is ${n}?`, answer: `It is ${n}.\n#### ${n}` }));
    const flags = [
      '--model',
      STORIES,
      '--task',
      'gsm8k',
      '--data',
      '-',
      '--max-new-tokens',
      '8',
      '--limit',
      '2',
      '--json',
    ];
    const { status, stdout } = await callCli(testFolder(), ['evaluate', ...flags], lines(problems));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ task: 'gsm8k', correct: 0, total: 2, accuracy: 0, low: 0 },
      flexible: { correct: 0, total: 2, low: 0 },
    });
  });

  it('serves in the foreground, answers other calls, and stops on request', async () => {
    const folder = testFolder();
    const server = startCli(folder, ['serve', 'generation', '--model', STORIES, '--address', '127.0.0.1:0']);
    const { address } = JSON.parse(await server.waitForLine((line) => line.includes('"listening"'))) as {
      address: string;
    };
    const flags = ['sample', '--server', address, '--prompts', '-', '--max-new-tokens', '4'];
    const { status, stdout } = await callCli(folder, flags, '{"prompt":"Once"}\n');
    expect(parse(stdout)).toMatchObject([{ id: '1', token_count: 4 }]);
    expect(status).toBe(0);
    server.child.kill('SIGTERM');
    expect((await server.ended).status).toBe(0);
  });
});
