import { SipfError } from '@sipf/errors';
import { arithmeticTask } from './arithmetic/task.ts';
import { gsm8kTask } from './gsm8k/task.ts';
import { humanEvalTask } from './humaneval/task.ts';
import { mbppTask } from './mbpp/task.ts';
import { mmluMathTask } from './mmlu/task.ts';
import { programsTask } from './programs/task.ts';
import type { Task } from './task.ts';

/** Every task by its name. */
export const tasks: ReadonlyMap<string, Task> = new Map(
  [arithmeticTask, gsm8kTask, humanEvalTask, mbppTask, mmluMathTask, programsTask].map((task) => [
    task.name,
    task,
  ]),
);

/**
 * The task of that name.
 * @throws SipfError `not-found`, reason `TASK_UNKNOWN`
 */
export function taskNamed(name: string): Task {
  const task = tasks.get(name);
  if (task !== undefined) return task;
  const known = [...tasks.keys()].join(', ');
  throw new SipfError('not-found', `no task is called ${JSON.stringify(name)}; known tasks: ${known}`, {
    reason: 'TASK_UNKNOWN',
  });
}
