import { createCodeTask } from '../code/code-task.ts';
import { parseMbppProblems } from './problems.ts';

/** Mostly Basic Python Problems (Austin et al., 2021), each shown in six ways with two of its three tests. */
export const mbppTask = createCodeTask({
  name: 'mbpp',
  parseProblems: parseMbppProblems,
  stopStrings: ['\nTests:\n', '\nFunction name:'],
});
