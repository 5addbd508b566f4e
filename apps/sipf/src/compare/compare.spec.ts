import { temporaryFolder } from '@sipf/runs/testing';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../program.ts';
import { startChatServer, type ChatRequest } from '../testing/chat-server.ts';
import { writeEvaluatedRun, type TestAnswer } from '../testing/evaluated-run.ts';
import { testTerminal } from '../testing/test-terminal.ts';

const KEY = 'a-key-that-nobody-may-see';
const IDS = Array.from({ length: 8 }, (_, at) => `q${'x'.repeat(at)}`);

const answers = (word: string, isRight: (at: number) => boolean): TestAnswer[] =>
  IDS.map((id, at) => ({ id, correct: isRight(at), text: `${word} of ${id}` }));

/** Finds the `good` text better in all but one dimension, and the first one more concise. */
function judge({ messages }: ChatRequest): string {
  const { content = '' } = messages[1] ?? {};
  const best = content.indexOf('good of') < content.indexOf('poor of') ? '1' : '2';
  const fields = ['computational', 'completeness', 'reasonable', 'consistent', 'overall'];
  const verdict = { ...Object.fromEntries(fields.map((name) => [name, best])), concise: '1' };
  return `Here you are: ${JSON.stringify(verdict)}`;
}

async function runsOf(folder: string): Promise<void> {
  // Both are wrong on the first two questions.
  const runs = join(folder, 'runs');
  await writeEvaluatedRun(runs, 'sipf', {
    'evaluate-0': answers('poor', () => true),
    'evaluate-2': answers('good', (at) => at > 1),
  });
  await writeEvaluatedRun(runs, 'siof', { 'evaluate-2': answers('poor', (at) => at > 4) });
}

async function compare(folder: string, url: string, ...more: string[]) {
  const terminal = testTerminal({ cwd: folder, env: { ...process.env, JUDGE_API_KEY: KEY } });
  const sides = ['--a', 'sipf', '--b', 'siof', '--out', 'result'];
  const argv = ['compare', ...sides, '--judge-url', url, '--judge-model', 'wise', ...more];
  const status = await runProgram(argv, terminal);
  return { status, output: terminal.output(), shown: terminal.shown() };
}

const read = (folder: string, name: string): string => readFileSync(join(folder, 'result', name), 'utf8');

describe('sipf compare', () => {
  it('comes to its result by a server that is busy, broken, cut off and confused at times', async () => {
    using folder = temporaryFolder();
    await runsOf(folder.path);
    const faults = ['busy', 'cut', 'malformed', 'broken'] as const;
    await using server = await startChatServer(judge, (n) => faults[n - 2] ?? 'answer');
    const { status, output, shown } = await compare(folder.path, server.url, '--concurrency', '3');
    expect({ status, shown }).toMatchObject({ status: 0 });
    expect(output).toContain('2 that both get wrong, 0 that both answer');
    const { tally } = JSON.parse(read(folder.path, 'comparison.json')) as { tally: unknown };
    const agreed = { a: 6, b: 0, ties: 0, inconsistent: 0, unread: 0 };
    expect(tally).toMatchObject({
      questions: 6,
      dimensions: [
        { dimension: 'computational', ...agreed },
        { dimension: 'completeness', ...agreed },
        { dimension: 'reasonable', ...agreed },
        { dimension: 'concise', ...{ a: 0, b: 0, inconsistent: 6 } },
        { dimension: 'consistent', ...agreed },
        { dimension: 'overall', ...agreed },
      ],
    });
    const report = testTerminal({ cwd: folder.path });
    const argv = ['report', 'sipf', '--comparison', 'result', '--out', 'report'];
    expect(await runProgram(argv, report)).toBe(0);
    const markdown = readFileSync(join(folder.path, 'report', 'report.md'), 'utf8');
    expect(markdown).toContain('| computational | 6 | 0 | 0 | 0 | 0 | 100.0 % |');
    expect(readdirSync(join(folder.path, 'report', 'figures'))).toContain('figure-5-1.svg');
    expect(server.requests).toHaveLength(12 + faults.length);
    expect(server.requests[0]?.model).toBe('wise');
    expect(server.mostAtOnce()).toBeLessThanOrEqual(3);
  });

  it('keeps prompts and raw answers, and the key to itself', async () => {
    using folder = temporaryFolder();
    await runsOf(folder.path);
    await using server = await startChatServer(judge);
    const { output, shown } = await compare(folder.path, server.url);
    expect(new Set(server.keys)).toEqual(new Set([`Bearer ${KEY}`]));
    const lines = read(folder.path, 'judgements.jsonl').trim().split('\n');
    expect(lines).toHaveLength(12);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      messages: [{ role: 'system' }, { role: 'user', content: expect.stringContaining('Ann has') as string }],
      answer: expect.stringContaining('Here you are') as string,
      tokens: 7,
    });
    const files = readdirSync(join(folder.path, 'result'));
    expect(files.sort()).toEqual([
      ...['comparison.csv', 'comparison.json', 'comparison.md', 'figure-5.svg', 'judgements.jsonl'],
      'settings.json',
    ]);
    for (const text of [output, shown, ...files.map((name) => read(folder.path, name))]) {
      expect(text).not.toContain(KEY);
    }
  });

  it('resumes where it was interrupted, and only with the comparison that it was', async () => {
    using folder = temporaryFolder();
    await runsOf(folder.path);
    await using first = await startChatServer(judge, (n) => (n > 5 ? { refuse: 400 } : 'answer'));
    const port = first.url;
    const broken = await compare(folder.path, port, '--concurrency', '1');
    expect(broken.status).toBe(64);
    expect(broken.shown).toContain('the judge refuses the request (status 400)');
    const other = await compare(folder.path, port, '--limit', '2');
    expect(other.shown).toContain('holds another comparison');
    // The journal is the same whoever answers: the settings name the model and its host.
    const settings = read(folder.path, 'settings.json');
    await using second = await startChatServer(judge);
    folder.write('result/settings.json', settings.replace(new URL(port).host, new URL(second.url).host));
    const whole = await compare(folder.path, second.url);
    expect(whole.status).toBe(0);
    expect(second.requests).toHaveLength(7);
  });

  it('gives up on a server that never answers well', async () => {
    using folder = temporaryFolder();
    await runsOf(folder.path);
    await using server = await startChatServer(judge, () => 'busy');
    const { status, shown } = await compare(folder.path, server.url, '--attempts', '2', '--concurrency', '1');
    expect(status).toBe(69);
    expect(shown).toContain('gave no answer in 2 attempts; the last time: status 429');
    expect(server.requests).toHaveLength(2);
  });

  it('is reported only when it is finished, and only where it is one', async () => {
    using folder = temporaryFolder();
    await runsOf(folder.path);
    const terminal = testTerminal({ cwd: folder.path });
    const report = () => runProgram(['report', 'sipf', '--comparison', 'result'], terminal);
    expect(await report()).toBe(64);
    expect(terminal.shown()).toContain('holds no finished comparison');
    mkdirSync(join(folder.path, 'result'));
    folder.write('result/comparison.json', '{"a": 1}');
    expect(await report()).toBe(64);
    expect(terminal.shown()).toContain('comparison.json is not a comparison');
  });

  it('does not wait longer than it may', async () => {
    using folder = temporaryFolder();
    await runsOf(folder.path);
    await using server = await startChatServer(judge, () => 'silent');
    const flags = ['--attempts', '1', '--timeout', '0.2', '--concurrency', '1'];
    const { status, shown } = await compare(folder.path, server.url, ...flags);
    expect(status).toBe(69);
    expect(shown).toContain('aborted due to timeout');
  });

  it('compares any evaluations, on a part of the questions where that is asked', async () => {
    using folder = temporaryFolder();
    await runsOf(folder.path);
    await using server = await startChatServer(judge);
    const sides = ['compare', '--a', 'sipf:evaluate-0', '--b', 'siof', '--limit', '3', '--out', 'result'];
    const flags = ['--judge-url', server.url, '--judge-model', 'wise'];
    const terminal = testTerminal({ cwd: folder.path });
    expect(await runProgram([...sides, ...flags], terminal)).toBe(0);
    // Their texts are the same, and so there is nothing to ask.
    expect(server.requests).toHaveLength(0);
    expect(terminal.output()).toContain('0 that both get wrong, 8 that both answer with the same text');
  });

  it.each([
    [
      ['--a', 'sipf:evaluate-1'],
      'run sipf has no finished evaluation evaluate-1; it has evaluate-0, evaluate-2',
    ],
    [['--a', 'nobody'], 'there is no run nobody'],
    [['--judge', 'folder'], 'exactly one of --judge-url and --judge is required'],
    [['--judge-url', 'nowhere'], '--judge-url must be a URL, e.g. https://host/v1, is nowhere'],
  ])('says what is wrong about %j', async (flags, message) => {
    using folder = temporaryFolder();
    await runsOf(folder.path);
    const { status, shown } = await compare(folder.path, 'http://127.0.0.1:1/v1', ...flags);
    expect(status).toBe(64);
    expect(shown).toContain(message);
  });
});
