import type { Path } from '@sipf/method';
import type { OutcomeRecord } from '@sipf/runs';
import type { Problem, Task } from '@sipf/tasks';

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
