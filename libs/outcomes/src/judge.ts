import { execution } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { Outcome } from '@sipf/method';
import type { CodeTask, MathTask, Problem, Task } from '@sipf/tasks';
import type { Executor, RunBounds } from './executor.ts';
import { outcomeOf } from './outcome-of.ts';

/** A completion, and the parts of its problem that its outcome depends on. */
export interface JudgedText {
  readonly problem: Pick<Problem, 'answer' | 'preamble'>;
  readonly text: string;
}

/** Says whether completions reach the right end (Eq. 1): math by comparing answers, code by running the tests. */
export interface Judge {
  /**
   * @param bounds `timeoutMs` is one program's, queueing and retries included
   * @throws SipfError if the machinery failed for good; AbortError
   */
  outcome(judged: JudgedText, bounds: RunBounds): Promise<Outcome>;
}

const languages = { python: execution.Language.PYTHON } as const;

/**
 * The judge of a task.
 * @throws SipfError `failed-precondition`, reason `EXECUTION_MISSING`, for a task of code without an executor
 */
export function createJudge(task: Task, executor?: Executor): Judge {
  if (task.domain === 'math') return { outcome: (judged) => Promise.resolve(compare(task, judged)) };
  if (executor !== undefined) return { outcome: (judged, bounds) => test(task, executor, judged, bounds) };
  throw new SipfError(
    'failed-precondition',
    `task ${task.name} tests programs, and no execution service is set (--execution)`,
    { reason: 'EXECUTION_MISSING' },
  );
}

function compare(task: MathTask, { problem, text }: JudgedText): Outcome {
  const whole = { id: '', question: '', answer: problem.answer };
  return task.isCorrect(whole, task.extractAnswer(text, 'strict')) ? 'correct' : 'wrong';
}

async function test(
  task: CodeTask,
  executor: Executor,
  { problem, text }: JudgedText,
  bounds: RunBounds,
): Promise<Outcome> {
  const program = { language: languages[task.language], ...task.programOf(problem, text) };
  return outcomeOf(await executor.run(program, bounds));
}
