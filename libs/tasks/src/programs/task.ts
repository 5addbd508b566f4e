import { createCodeTask } from '../code/code-task.ts';
import { parseCodeProblems } from '../code/problems.ts';

/** The bundled task of code: functions over a list of numbers, in a small part of Python, with generated tests. */
export const programsTask = createCodeTask({
  name: 'programs',
  parseProblems: parseCodeProblems,
  stopStrings: [],
});
