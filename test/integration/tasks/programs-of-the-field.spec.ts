import { humanEvalTask, mbppSplit, mbppTask, type CodeTask, type Problem } from '@sipf/tasks';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { root } from '../../run/step.ts';

const shared = join(root, '../shared/data');
const hasPython = spawnSync('python3', ['--version']).status === 0;

interface Solved {
  readonly task: CodeTask;
  readonly problem: Problem;
  readonly program: string;
}

function solved(task: CodeTask, text: string, name: string): Solved[] {
  return task
    .parseProblems(text, name)
    .map((problem) => ({ task, problem, program: task.formatTarget(problem) }));
}

/** The lines on which steps after the first begin, as the splitter has it. */
function stepLines({ task, program }: Solved): number[] {
  const lineOf = (offset: number): number => program.slice(0, offset).split('\n').length;
  const starts = task.splitSteps(program).map(({ text, start }) => {
    const above = /^(?:[ \t]*(?:#[^\n]*)?\n)*/.exec(text)?.[0].length ?? 0;
    return lineOf(start + above);
  });
  return starts.slice(1);
}

describe.skipIf(!existsSync(shared))('with the datasets', () => {
  const mbpp = readFileSync(join(shared, 'mbpp/mbpp.jsonl'), 'utf8');
  const humanEval = gunzipSync(readFileSync(join(shared, 'humaneval/HumanEval.jsonl.gz'))).toString();
  const all = [
    ...solved(humanEvalTask, humanEval, 'HumanEval.jsonl.gz'),
    ...solved(mbppTask, mbpp, 'mbpp.jsonl').filter(({ problem }) => problem.id.endsWith('/0')),
  ];

  it('reads every problem: 2,244 prompts to train on, 3,000 and 164 to test with', () => {
    const problems = mbppTask.parseProblems(mbpp, 'mbpp.jsonl');
    expect(mbppSplit(problems, 'train')).toHaveLength(2244);
    expect(mbppSplit(problems, 'test')).toHaveLength(3000);
    expect(all).toHaveLength(164 + 974);
    expect(all.filter(({ problem }) => problem.question.endsWith('Function name: '))).toEqual([]);
  });

  it('takes every reference program whole out of the text of a model that chats', () => {
    for (const { task, problem, program } of all) {
      const said = `Sure! Here's the function:\n\n\`\`\`python\n${program}\`\`\`\n\nIt doesn't need more than that.\n`;
      expect(task.programOf(problem, said).code).toBe(`${problem.preamble ?? ''}${program}`);
      expect(task.programOf(problem, program.trimEnd()).code.trimEnd()).toBe(
        `${problem.preamble ?? ''}${program}`.trimEnd(),
      );
    }
  });

  it.skipIf(!hasPython)("splits every reference program as Python's own parser does", () => {
    const script = join(import.meta.dirname, 'statement-starts.py');
    const input = all.map(({ program }) => JSON.stringify(program)).join('\n');
    const { stdout, stderr } = spawnSync('python3', ['-W', 'ignore', script], { input, maxBuffer: 2 ** 24 });
    expect(stderr.toString()).toBe('');
    const expected = stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as number[]);
    expect(expected).toHaveLength(all.length);
    for (const [index, one] of all.entries()) {
      expect(stepLines(one), one.program).toEqual(expected[index]?.slice(1));
    }
  });
});
