import { sessionTensor, type SessionTensor, type SessionTensors } from '../session/session.ts';
import { chooseByLogits, type ChosenToken } from './choose-token.ts';
import type { DecodeRow } from './generation-task.ts';
import { indices, type RowChoices } from './row-choices.ts';

/** Several steps of a batch in one run, see buildRepeatedGraph. */
export interface RepeatedSteps {
  /** Most of them; 1 where the host chooses any row's token. */
  readonly steps: number;
  readonly rows: readonly DecodeRow[];
}

/** No steps after the one that reads a prompt, and nobody to choose for. */
export const READ_ONCE: RepeatedSteps = { steps: 1, rows: [] };

/**
 * How many steps rows take together: as many as the one that may become longest, and one where the host must see the logits.
 * @param most 1 or more
 */
export function stepsTogether(rows: readonly DecodeRow[], choices: RowChoices, most: number): number {
  if (choices.filtered.length + choices.ranked.length > 0) return 1;
  const left = rows.map(
    ({ task, completion }) => task.request.sampling.maxNewTokens - completion.tokenIds.length,
  );
  return Math.min(most, Math.max(...left));
}

/**
 * The graph's inputs of these steps, for B rows of which those that have no row are copies of the first; a row's uniforms are drawn here, those of steps that
 * it does not come to as well.
 */
export function repeatTensors(
  { steps, rows }: RepeatedSteps,
  choices: RowChoices,
  B: number,
): Record<string, SessionTensor> {
  const chosen = chosenRows(choices);
  const ends = chosen.map((row) => (rows[row] as DecodeRow).task.request.sampling.stopTokenIds);
  const most = Math.max(1, ...ends.map(({ length }) => length));
  // No token is -1.
  const endIds = ends.flatMap((ids) => Array.from({ length: most }, (_, at) => ids[at] ?? -1));
  return {
    steps: sessionTensor('int64', [], BigInt64Array.of(BigInt(steps))),
    feeds: indices(
      steps === 1 ? [] : Array.from({ length: B }, (_, row) => chosen.indexOf(row in rows ? row : 0)),
    ),
    drawnUniforms: uniforms(steps, rows, choices.drawn),
    temperedUniforms: uniforms(steps, rows, choices.tempered),
    endIds: sessionTensor('int64', [chosen.length, most], BigInt64Array.from(endIds, BigInt)),
    ended: sessionTensor('float32', [chosen.length], new Float32Array(chosen.length)),
  };
}

/** Every row's next tokens, step by step. @param outputs of buildRepeatedGraph for these steps */
export function repeatedTokens(
  { rows }: RepeatedSteps,
  choices: RowChoices,
  outputs: SessionTensors,
): ChosenToken[][] {
  const tokens = outputs['tokens'] as SessionTensor;
  const numbers = outputs['numbers']?.data as Float32Array;
  const [taken = 0, width = 0] = tokens.dims;
  const listed = chosenRows(choices);
  return Array.from({ length: taken }, (_, step) => {
    const chosen: ChosenToken[] = [];
    listed.forEach((row, index) => {
      const number = numbers[step * width + index] as number;
      const token = Number((tokens.data as BigInt64Array)[step * width + index]);
      chosen[row] = { token, logProb: choices.drawn.includes(row) ? Math.log(number) : number };
    });
    // Where these are asked for there is one step.
    chooseByLogits(chosen, choices, outputs, rows);
    return chosen;
  });
}

/** The rows whose token the graph chooses, in its order. */
function chosenRows({ greedy, drawn, tempered }: RowChoices): number[] {
  return [...greedy, ...drawn, ...tempered];
}

/** float64 [steps, list.length] */
function uniforms(steps: number, rows: readonly DecodeRow[], list: readonly number[]): SessionTensor {
  const drawn = list.map((row) => Array.from({ length: steps }, () => (rows[row] as DecodeRow).uniform()));
  const data = Array.from({ length: steps }, (_, step) => drawn.map((own) => own[step] as number)).flat();
  return sessionTensor('float64', [steps, list.length], Float64Array.from(data));
}
