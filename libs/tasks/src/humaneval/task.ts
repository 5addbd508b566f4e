import { createCodeTask } from '../code/code-task.ts';
import { parseHumanEvalProblems } from './problems.ts';

/** HumanEval (Chen et al., 2021), out of domain: each prompt reordered to what is asked, tests and function name. */
export const humanEvalTask = createCodeTask({
  name: 'humaneval',
  parseProblems: parseHumanEvalProblems,
  stopStrings: ['\nTests:\n', '\nFunction name:'],
});
