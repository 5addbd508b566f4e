import { plainNumber, type MathTask } from '@sipf/tasks';
import type { GradedRow } from './graded-row.ts';
import type { GradeRows, Verdict } from './verdicts.ts';

/** Grades answers of mathematics as a run does, by the task's own reader. */
export function gradeAnswers(task: MathTask): GradeRows {
  return (rows) => Promise.resolve(rows.map((row) => row.texts.map((text) => gradeAnswer(task, row, text))));
}

function gradeAnswer(task: MathTask, { by }: GradedRow, text: string | null): Verdict {
  const problem = { id: '', question: '', answer: 'gold' in by ? by.gold : '' };
  const [strict, flexible] = (['strict', 'flexible'] as const).map((mode) =>
    task.extractAnswer(text ?? '', mode),
  );
  return {
    read: plainNumber(flexible ?? '') ?? null,
    strict: task.isCorrect(problem, strict),
    flexible: task.isCorrect(problem, flexible),
  };
}
