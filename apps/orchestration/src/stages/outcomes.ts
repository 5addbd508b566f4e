import type { Path } from '@sipf/method';
import type { Problem, Task } from '@sipf/tasks';

/** How one question was answered: what error analyses and paired tests read. */
export interface OutcomeRecord {
  /** The question's id. */
  readonly id: string;
  /** Null where the machinery failed: it counts neither way. */
  readonly correct: boolean | null;
  /** The extracted answer, strictly; null where there is none, and for programs. */
  readonly answer: string | null;
  /** The gold answer; for programs, the tests. */
  readonly gold: string;
  /** What the model wrote. */
  readonly text: string;
  /** Whether every step is right, for tasks that can tell. */
  readonly wholePath?: boolean;
}

/** The outcomes of greedy answers, a path a question, in the questions' order. */
export function outcomeRecords(
  task: Task,
  problems: readonly Problem[],
  paths: readonly Path[],
): OutcomeRecord[] {
  return problems.map((problem, index) => {
    const { text = '', outcome = 'unknown' } = paths[index] ?? {};
    const answer = task.domain === 'math' ? task.extractAnswer(text, 'strict') : undefined;
    return {
      id: problem.id,
      correct: outcome === 'unknown' ? null : outcome === 'correct',
      answer: answer ?? null,
      gold: problem.answer,
      text,
      ...wholePath(task, problem, text),
    };
  });
}

function wholePath(task: Task, problem: Problem, text: string): Pick<OutcomeRecord, 'wholePath'> {
  if (task.domain === 'code' || task.stepTruth === undefined) return {};
  return { wholePath: task.stepTruth(problem, text).wholePathRight };
}
