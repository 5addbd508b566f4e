import { filteredProbabilities } from '../sampling/distribution.ts';
import { drawToken } from '../sampling/draw.ts';
import { logProbability } from '../sampling/log-prob.ts';
import { tokenLogProbs, type RankedToken } from '../sampling/ranked-tokens.ts';
import { penaliseRepetition } from '../sampling/repetition-penalty.ts';
import type { SessionTensor, SessionTensors } from '../session/session.ts';
import type { DecodeRow } from './generation-task.ts';
import type { RowChoices } from './row-choices.ts';

/** A token and its log-probability under the model itself; NaN where the model's logits are not numbers. */
export interface ChosenToken extends RankedToken {
  /** The most probable tokens in its stead, where they are wanted. */
  readonly top?: readonly RankedToken[];
}

/** Every row's next token. @param outputs of the decoder graph for these choices */
export function chooseTokens(
  choices: RowChoices,
  outputs: SessionTensors,
  rows: readonly DecodeRow[],
): ChosenToken[] {
  const chosen: ChosenToken[] = [];
  fill(chosen, choices.greedy, rows, greedy(outputs));
  fill(chosen, choices.drawn, rows, drawn(outputs));
  fill(chosen, choices.tempered, rows, tempered(outputs));
  chooseByLogits(chosen, choices, outputs, rows);
  return chosen;
}

/** Adds the tokens of rows whose logits are needed for them, and others' rivals, to what is chosen already. */
export function chooseByLogits(
  chosen: ChosenToken[],
  choices: RowChoices,
  outputs: SessionTensors,
  rows: readonly DecodeRow[],
): void {
  fill(chosen, choices.filtered, rows, filtered(outputs));
  const logits = matrix(outputs['filteredLogits']);
  choices.ranked.forEach((row, index) => {
    const { topLogProbs } = (rows[row] as DecodeRow).task.request;
    const ranked = logits(choices.filtered.length + index);
    chosen[row] = withTop(chosen[row] as ChosenToken, ranked, topLogProbs);
  });
}

function fill(
  chosen: ChosenToken[],
  list: readonly number[],
  rows: readonly DecodeRow[],
  choose: Choose,
): void {
  list.forEach((row, index) => (chosen[row] = choose(rows[row] as DecodeRow, index)));
}

/** The token keeps the number that it has without its rivals, also among them, so that it can be found there. */
function withTop(chosen: ChosenToken, logits: Float32Array, most: number): ChosenToken {
  const { token, logProb } = chosen;
  const { top } = tokenLogProbs(logits, token, most);
  return { token, logProb, top: top.map((one) => (one.token === token ? { token, logProb } : one)) };
}

type Choose = (row: DecodeRow, index: number) => ChosenToken;

/** What is chosen where the model's logits are not numbers. */
const NOTHING: ChosenToken = { token: 0, logProb: NaN };

function greedy(outputs: SessionTensors): Choose {
  const tokens = outputs['greedyTokens']?.data as BigInt64Array;
  const logProbs = outputs['greedyLogProbs']?.data as Float32Array;
  return (_, index) => ({ token: Number(tokens[index]), logProb: logProbs[index] as number });
}

function drawn(outputs: SessionTensors): Choose {
  const probabilities = matrix(outputs['drawnProbabilities']);
  return (row, index) => {
    const own = probabilities(index);
    if (Number.isNaN(own[0])) return NOTHING;
    const token = drawToken(own, row.uniform());
    return { token, logProb: Math.log(own[token] as number) };
  };
}

function tempered(outputs: SessionTensors): Choose {
  const probabilities = matrix(outputs['temperedProbabilities']);
  const logProbs = matrix(outputs['temperedLogProbs']);
  return (row, index) => {
    const own = probabilities(index);
    if (Number.isNaN(own[0])) return NOTHING;
    const token = drawToken(own, row.uniform());
    return { token, logProb: logProbs(index)[token] as number };
  };
}

function filtered(outputs: SessionTensors): Choose {
  const logits = matrix(outputs['filteredLogits']);
  return (row, index) => {
    const own = logits(index);
    if (own.some(Number.isNaN)) return NOTHING;
    const token = chooseFiltered(own, row);
    return { token, logProb: logProbability(own, token) };
  };
}

function chooseFiltered(logits: Float32Array, row: DecodeRow): number {
  const { sampling, promptIds } = row.task.request;
  const { greedy: best, repetitionPenalty } = sampling;
  const seen = [...promptIds, ...row.completion.tokenIds];
  const penalised = repetitionPenalty === 1 ? logits : penaliseRepetition(logits, seen, repetitionPenalty);
  return best ? argMax(penalised) : drawToken(filteredProbabilities(penalised, sampling), row.uniform());
}

/** The lowest id among equals, as in the graph. */
function argMax(values: Float32Array): number {
  return values.indexOf(values.reduce((peak, value) => Math.max(peak, value)));
}

function matrix(tensor: SessionTensor | undefined): (row: number) => Float32Array {
  const data = tensor?.data as Float32Array;
  const width = tensor?.dims.at(-1) as number;
  return (row) => data.subarray(row * width, (row + 1) * width);
}
