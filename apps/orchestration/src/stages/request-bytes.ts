import { MAX_STEPS, REQUEST_ROOM } from '@sipf/contracts';
import type { Path } from '@sipf/method';
import type { Problem, PromptStyle, Task } from '@sipf/tasks';

/**
 * Whether simulator and verifier can be asked about a path: not of more steps than a request takes, nor longer. One that they
 * cannot is, like one that is too long for the verifier, neither labelled nor scored.
 */
export function canBeJudged({ steps, text }: Path): boolean {
  return (
    steps.length <= MAX_STEPS &&
    Buffer.byteLength(text) <= REQUEST_ROOM.path &&
    steps.every((step) => step.text.trim() !== '')
  );
}

/** Bytes of a question in a request, as the task puts it. */
export function promptBytes(task: Task, problem: Problem, style: PromptStyle): number {
  return Buffer.byteLength(task.prompt(problem, style));
}

/** Bytes of a path in a request, with what it is judged by. */
export function pathBytes(task: Task, problem: Problem, path: Path): number {
  const { answer, preamble = '' } = problem;
  const asked = promptBytes(task, problem, { kind: 'zero-shot' });
  // A step is a field of its own, of some bytes.
  return asked + Buffer.byteLength(answer + preamble + path.text) + 8 * path.steps.length;
}
