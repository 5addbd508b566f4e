import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { parseBenchmark } from './problems.ts';

const humanEvalFile = join(import.meta.dirname, '../../../../../shared/data/humaneval/HumanEval.jsonl.gz');
const bare = { isModelText: false };
const modelText = { isModelText: true };
const humanEval = {
  task_id: 'HumanEval/x',
  prompt: 'from typing import List\n\n\ndef one(xs: List[int]) -> int:\n    """ One. """\n',
  entry_point: 'one',
  test: 'def check(candidate):\n    assert candidate([]) == 1\n',
};
const mbpp = {
  task_id: 7,
  text: 'One.',
  code: 'def one():\n  return 1',
  test_list: ['assert one() == 1', 'assert one()'],
};

function read(...rows: unknown[]) {
  return parseBenchmark(rows.map((row) => JSON.stringify(row)).join('\n'), 'problems.jsonl');
}

it("continues HumanEval's prompt, as upstream does", () => {
  const [problem] = read(humanEval);
  expect(problem?.id).toBe('HumanEval/x');
  expect(problem?.program('    return 1', bare)).toEqual({
    code: `${humanEval.prompt}    return 1\n`,
    tests: `${humanEval.test}\ncheck(one)\n`,
  });
});

it("takes the function out of a model's text, with the imports of the prompt, or the body alone", () => {
  const [problem] = read(humanEval);
  const whole = 'def one(xs: List[int]) -> int:\n    return 1\n';
  expect(problem?.program(`Sure!\n\`\`\`python\n${whole}\`\`\`\n`, modelText).code).toBe(
    `from typing import List\n\n\n${whole}`,
  );
  expect(problem?.program('    return 1\n\nThat is one.', modelText).code).toBe(
    `${humanEval.prompt}    return 1\n\n`,
  );
});

it.each([
  ['a function', '    def two(x):\n        return x\n\n    return two(1)\n'],
  ['an import', '    import math\n    def two(x):\n        return math.ceil(x)\n    return two(1)\n'],
  ['a class', '    class Two:\n        pass\n    return 1\n'],
])('keeps a body that begins with %s of its own where it was, in a fence too', (_, body) => {
  const [problem] = read(humanEval);
  const code = `${humanEval.prompt}${body}`;
  expect(problem?.program(body, modelText).code).toBe(code);
  expect(problem?.program(`Here:\n\`\`\`python\n${body}\`\`\`\n`, modelText).code).toBe(code);
});

it.skipIf(!existsSync(humanEvalFile))(
  "takes HumanEval's own solutions, which are bodies, as they are",
  () => {
    const rows = gunzipSync(readFileSync(humanEvalFile)).toString().trim().split('\n');
    expect(rows).toHaveLength(164);
    for (const row of rows) {
      const { prompt, canonical_solution: body } = JSON.parse(row) as Record<string, string>;
      const [problem] = parseBenchmark(row, 'HumanEval.jsonl');
      expect(problem?.program(body ?? '', modelText).code.trimEnd()).toBe(`${prompt}${body}`.trimEnd());
    }
  },
);

it('tests a program of MBPP with all of its tests, what they need first', () => {
  const [problem, other] = read(
    { ...mbpp, test_setup_code: 'x = 1' },
    { id: 'a', question: 'q', tests: 'assert f()' },
  );
  expect(problem).toMatchObject({ id: '7' });
  expect(problem?.program('def one(): return 1', bare)).toEqual({
    code: 'def one(): return 1\n',
    tests: 'x = 1\nassert one() == 1\nassert one()\n',
  });
  expect(other).toMatchObject({ id: 'a' });
});

it.each([
  ['{"task_id": 1}', 'problems.jsonl:1: tests is missing; neither'],
  [JSON.stringify({ ...humanEval, test: '' }), 'problems.jsonl:1: test is empty'],
  [JSON.stringify({ ...mbpp, test_list: ['', 1] }), 'problems.jsonl:1: test_list[0] is empty'],
  [`${JSON.stringify(mbpp)}\n${JSON.stringify(mbpp)}`, 'problems.jsonl:2: id "7" is already that of line 1'],
])('names the line of %s', (text, message) => {
  expect(() => parseBenchmark(text, 'problems.jsonl')).toThrow(message);
});
