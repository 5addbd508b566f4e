import { SipfError } from '@sipf/errors';
import { fewShotPrompt } from '../few-shot.ts';
import { extractProgram, namesIn } from '../python/extract-program.ts';
import { splitProgram } from '../python/program-steps.ts';
import type { CodeTask, Problem, PromptStyle, TestedProgram } from '../task.ts';

/** The differences between tasks of Python programs. */
export interface CodeTaskSettings {
  readonly name: string;
  readonly parseProblems: CodeTask['parseProblems'];
  /** Texts that a model writes only when it starts another problem. */
  readonly stopStrings: readonly string[];
}

/** A task whose completions are Python programs: the question, a line break, and the program. */
export function createCodeTask({ name, parseProblems, stopStrings }: CodeTaskSettings): CodeTask {
  return {
    name,
    domain: 'code',
    language: 'python',
    parseProblems,
    prompt: ({ question }: Problem, style: PromptStyle) =>
      style.kind === 'zero-shot' ? `${question}\n` : fewShotPrompt(question, style),
    formatTarget: formatProgram,
    splitSteps: splitProgram,
    stopStrings: (style) => (style.kind === 'zero-shot' ? [...stopStrings] : [...style.stopStrings]),
    programOf,
  };
}

/** @throws SipfError `failed-precondition`, reason `SOLUTION_MISSING` */
function formatProgram({ id, solution }: Problem): string {
  if (solution !== undefined) return solution.endsWith('\n') ? solution : `${solution}\n`;
  throw new SipfError('failed-precondition', `problem ${id} has no program to imitate`, {
    reason: 'SOLUTION_MISSING',
  });
}

function programOf(
  { answer, preamble = '' }: Pick<Problem, 'answer' | 'preamble'>,
  completion: string,
): TestedProgram {
  const program = extractProgram(completion, namesIn(answer));
  return { code: `${preamble}${program}`, tests: answer };
}
