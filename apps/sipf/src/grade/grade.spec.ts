import { temporaryFolder } from '@sipf/runs/testing';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gradeCommand } from '../commands/grade.ts';
import { testTerminal } from '../testing/test-terminal.ts';
import { describeShare, shareRight } from './accuracies.ts';

const flags = { concurrency: '16', wallMs: '3000', memoryMib: '128', timeout: '600' };

async function grade(rows: readonly unknown[] | string, more: Readonly<Record<string, unknown>> = {}) {
  using folder = temporaryFolder();
  const text = typeof rows === 'string' ? rows : rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const data = folder.write('rows.jsonl', text);
  const out = join(folder.path, 'verdicts.jsonl');
  const terminal = testTerminal();
  const given = { ...flags, task: 'gsm8k', data, out, ...more };
  const status = await gradeCommand.action({ flags: given, args: [], terminal });
  const written = existsSync(out) ? readFileSync(out, 'utf8').trim().split('\n') : [];
  const verdicts = written.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { status, verdicts, output: terminal.output(), shown: terminal.shown() };
}

const right = String.raw`The answer is $\boxed{18}$.`;
const answer = 'She has 3 * 6 = <<3*6=18>>18.\n#### 18';

describe('sipf grade', () => {
  it('reads answers strictly and flexibly, and sums them up with intervals', async () => {
    const rows = [
      { id: 'a', question: 'q', answer, completion: right },
      { id: 'b', question: 'q', answer, completion: 'That makes 18 in all.' },
      { question: 'q', answer, completion: 'The answer is 7 or 8.' },
      { id: 4, question: 'q', answer, completion: null },
    ];
    const { status, verdicts, output, shown } = await grade(rows);
    expect(status).toBe(0);
    expect(verdicts).toEqual([
      { id: 'a', read: '18', strict: true, flexible: true },
      { id: 'b', read: '18', strict: false, flexible: true },
      { id: 3, read: null, strict: false, flexible: false },
      { id: 4, read: null, strict: false, flexible: false },
    ]);
    expect(output).toBe(
      'strict   25.0 % of 4 right (1); 95 % interval 4.6 % - 69.9 %\n' +
        'flexible 50.0 % of 4 right (2); 95 % interval 15.0 % - 85.0 %\n',
    );
    expect(shown).toBe('4 rows graded, right 1 strictly and 2 flexibly\n');
  });

  it('gives lists for lists, whose accuracies are of problems drawn whole', async () => {
    const rows = [
      { id: 'a', answer: '18', completions: [right, '#### 17', '#### 18'] },
      { id: 'b', answer: 2, completions: ['#### 1,000', '#### 2'] },
    ];
    const { verdicts, output } = await grade(rows, { json: true });
    expect(verdicts[0]).toEqual({
      ...{ id: 'a', read: ['18', '17', '18'], strict: [true, false, true], flexible: [true, false, true] },
    });
    expect(verdicts[1]).toMatchObject({ read: ['1000', '2'], strict: [false, true] });
    expect(JSON.parse(output)).toMatchObject({
      ...{ task: 'gsm8k', rows: 2, completions: 5, unknown: 0 },
      strict: { correct: 3, total: 5, accuracy: 0.6, low: 0.5, high: 2 / 3 },
    });
  });

  it('has an error for a row that is too long, and verdicts for the others', async () => {
    const long = { doc_id: 'b', answer, completion: 'x'.repeat(16 * 1024 * 1024) };
    const rows = [{ id: 'a', answer, completion: right }, long, { answer, completion: right }];
    const { status, verdicts, output, shown } = await grade(rows);
    expect(status).toBe(1);
    const message = expect.stringMatching(
      /^the row on line 2 has 16777\d+ bytes, at most 16777216 are read; shorten completion/,
    ) as string;
    const error = { reason: 'DATA_LINE_TOO_LONG', message };
    expect(verdicts).toEqual([
      { id: 'a', read: '18', strict: true, flexible: true },
      { id: 'b', error },
      { id: 3, read: '18', strict: true, flexible: true },
    ]);
    expect(output).toContain('strict   100.0 % of 2 right (2)');
    expect(shown).toContain('sipf: 1 rows could not be graded; each has an error instead of verdicts');
    expect(shown).not.toContain('sandbox');
  });

  it('refuses an id of two problems, as files put together have', async () => {
    const rows = [
      { id: 1, answer, completion: right },
      { id: 1, answer: '18.0', completion: right },
      { id: 1, answer: 3, completion: right },
    ];
    await expect(grade(rows)).rejects.toThrow(
      '--data: line 3: id: 1 is that of line 1 too, where another answer is right; give every problem an id of its own',
    );
  });

  it("takes lm-eval's samples, each completion once", async () => {
    const sample = (filter: string, doc: number, text: string) => ({
      ...{ doc_id: doc, doc: { question: 'q', answer }, target: answer, arguments: {}, filter },
      ...{ resps: [[text]], filtered_resps: ['18'], exact_match: 1 },
    });
    const rows = ['strict-match', 'flexible-extract'].flatMap((filter) => [
      ...[sample(filter, 0, right), sample(filter, 1, '#### 17')],
    ]);
    const { verdicts, shown } = await grade(rows);
    expect(verdicts).toEqual([
      { id: 0, read: '18', strict: true, flexible: true },
      { id: 1, read: '17', strict: false, flexible: false },
    ]);
    expect(shown).toContain(
      "2 rows of lm-eval's filter flexible-extract have the completions of strict-match again",
    );
  });

  it.each([
    ['vLLM', { answer, outputs: [{ text: right, token_ids: [1] }] }, [true]],
    ['OpenAI', { answer, choices: [{ message: { role: 'assistant', content: right } }] }, [true]],
    ['a plain server', { gold_answer: '18', response: right }, true],
    ['transformers', { ground_truth: 18, generated_text: right }, true],
    ['answers of a run', { id: 'x', gold: '18', answer: '18', correct: true, text: right }, true],
    ['several answers of lm-eval', { doc: { answer }, resps: [[right, '#### 5']] }, [true, false]],
    ['a target of lm-eval', { doc: { question: 'q' }, target: '18', resps: [[right]] }, true],
    ['fractions', { answer: '1/2', completion: String.raw`\boxed{\frac{1}{2}}` }, true],
  ])('takes rows of %s', async (_, row, strict) => {
    expect((await grade([row])).verdicts).toMatchObject([{ strict }]);
  });

  it("takes MMLU's rows, whose answer is a choice", async () => {
    const rows = [
      { question: 'q', choices: ['5', '18'], answer: 1, completion: right },
      { question: 'q', choice0: '18', choice1: '5', answer: '0', completion: right },
    ];
    expect((await grade(rows, { task: 'mmlu-math' })).verdicts).toMatchObject([
      { strict: true },
      { strict: true },
    ]);
  });

  it.each([
    ['{"answer": "18"}', ':1: completion: is required'],
    ['{"completion": "18"}', ':1: answer: is required: a number'],
    ['{"answer": "many", "completion": "18"}', ':1: answer: "many" is not a number'],
    ['{"answer": "7 or 8", "completion": "18"}', ':1: answer: "7 or 8" is not a number'],
    ['{"answer": 9007199254740993, "completion": "18"}', 'is too large to be exact as a JSON number'],
    ['{"gold": 1, "target": 2, "completion": "18"}', ':1: gold, target: are different answers'],
    ['{"answer": 1, "completion": "18", "response": "1"}', ':1: completion, response: only one of them'],
    ['{"answer": 1, "completion": 18}', ':1: completion: must be a text'],
    ['{"answer": 1, "completions": ["1", 2]}', ':1: completions.1: must be a text'],
    ['{"answer": 1, "completions": []}', ':1: completions: must hold at least one'],
    ['{"doc": {"answer": "1"}, "resps": [[["-1.5", "False"]]]}', ':1: resps.0.0: must be a text'],
    ['{"doc": {"answer": "1"}, "resps": [["a"], ["b"]]}', ':1: resps: must be a list with one list'],
    ['{"answer": 5, "choices": ["1", "2"], "completion": "1"}', ':1: answer: must be the number of a choice'],
    ['{"id": [1], "answer": 5, "completion": "1"}', ':1: id: must be a text or a number'],
    ['{"answer": 1, "completion": "18"}\n{', ':2: is not JSON'],
    ['[]', ':1: invalid input: expected record'],
    ['\n', 'has no rows to grade'],
  ])('says what is wrong with %s', async (rows, message) => {
    await expect(grade(rows)).rejects.toThrow(message);
  });

  it.each([
    [
      'humaneval',
      { prompt: 'x', completion: 'y' },
      'entry_point: is required, with the other fields of a problem of humaneval',
    ],
    [
      'mbpp',
      { task_id: 1, text: 't', code: 'c', test_list: [], completion: 'y' },
      'test_list must be a list that is not empty',
    ],
    ['programs', { question: 'x', completion: 'y' }, 'tests: is required'],
  ])('says what a problem of %s lacks', async (task, row, message) => {
    await expect(grade([row], { task })).rejects.toThrow(`rows.jsonl:1: ${message}`);
  });
});

it("keeps Wilson's interval for problems that were answered once", () => {
  const answers = ['a', 'b', 'c'].map((problem) => ({ problem, isRight: problem === 'a' ? null : true }));
  const share = shareRight(answers);
  expect(share).toMatchObject({ correct: 2, total: 2, high: 1 });
  expect(share && describeShare(share)).toBe('100.0 % of 2 right (2); 95 % interval 34.2 % - 100.0 %');
  expect(shareRight([{ problem: 'a', isRight: null }])).toBeUndefined();
});

it('has an interval with a width where drawing problems again changes nothing: one problem, or all answered alike', () => {
  const one = [true, false].map((isRight) => ({ problem: 'a', isRight }));
  expect(shareRight(one)).toMatchObject({ accuracy: 0.5, low: expect.closeTo(0.0945, 3) as number });
  const alike = ['a', 'a', 'b', 'b'].map((problem) => ({ problem, isRight: true }));
  expect(shareRight(alike)).toMatchObject({ accuracy: 1, low: expect.closeTo(0.5101, 3) as number, high: 1 });
});
