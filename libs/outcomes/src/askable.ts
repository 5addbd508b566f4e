import { MAX_PROBLEM_ID, REQUEST_ROOM, stopStringBounds } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { Problem, PromptStyle, Task } from '@sipf/tasks';

/** The style of prompts, and the name of the problems' source in errors, e.g. `train.jsonl`. */
export interface Asking {
  readonly source: string;
  readonly style: PromptStyle;
  /** How many texts may end a completion, of the engine that is asked. @default as many as requests take */
  readonly mostStops?: number;
}

/**
 * Refuses problems that the services would refuse when it is their turn: an id that requests cannot hold or that two problems
 * have, texts that no request has room for, texts that end completions but are too many or too long.
 * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, with the first problem of each fault and how many have it
 */
export function requireAskable(
  task: Task,
  problems: readonly Problem[],
  { source, style, mostStops }: Asking,
): void {
  const ids = new Set<string>();
  const found = new Map<string, { readonly first: string; count: number }>();
  for (const problem of problems) {
    const fault = idFault(problem.id, ids) ?? textFault(problem, task.prompt(problem, style));
    if (fault === undefined) continue;
    const known = found.get(fault);
    if (known === undefined) found.set(fault, { first: problem.id, count: 1 });
    else known.count++;
  }
  const faults = [...found].map(
    ([fault, { first, count }]) =>
      `problem ${JSON.stringify(first.slice(0, 64))}: ${fault}${count === 1 ? '' : ` (and so of ${count - 1} more)`}`,
  );
  const stop = stopFault(task.stopStrings(style), mostStops);
  if (stop !== undefined) faults.push(stop);
  if (faults.length === 0) return;
  throw new SipfError('invalid-argument', faults.map((fault) => `${source}: ${fault}`).join('; '), {
    reason: 'DATASET_INVALID',
    violations: faults.map((description) => ({ field: source, description })),
  });
}

function idFault(id: string, ids: Set<string>): string | undefined {
  if (id.length > MAX_PROBLEM_ID) return `its id is longer than ${MAX_PROBLEM_ID} characters`;
  // The wire and the store would make it another one.
  if (!id.isWellFormed()) return 'its id holds half of a surrogate pair';
  if (ids.has(id)) return 'another one has its id';
  ids.add(id);
  return undefined;
}

function textFault({ answer, preamble = '' }: Problem, prompt: string): string | undefined {
  const { prompt: promptRoom, answer: answerRoom } = REQUEST_ROOM;
  if (Buffer.byteLength(prompt) > promptRoom)
    return `its question, as it is asked, has more than ${promptRoom} bytes`;
  return Buffer.byteLength(answer) + Buffer.byteLength(preamble) > answerRoom
    ? `its answer or tests have more than ${answerRoom} bytes`
    : undefined;
}

function stopFault(
  stopStrings: readonly string[],
  count: number = stopStringBounds.count,
): string | undefined {
  const { characters } = stopStringBounds;
  if (stopStrings.length > count) return `stop has ${stopStrings.length} texts, at most ${count} are taken`;
  return stopStrings.some(({ length }) => length > characters)
    ? `stop has a text of more than ${characters} characters`
    : undefined;
}
