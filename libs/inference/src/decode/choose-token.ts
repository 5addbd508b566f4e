import { drawToken } from '../sampling/draw.ts';
import { filteredProbabilities } from '../sampling/distribution.ts';
import { logProbability } from '../sampling/log-prob.ts';
import type { SamplingKind } from '../sampling/sampling-settings.ts';
import type { SessionTensors } from '../session/session.ts';
import type { DecodeRow } from './generation-task.ts';

/** A token and its log-probability under the model itself. */
export interface ChosenToken {
  readonly token: number;
  readonly logProb: number;
}

/** Reads a step's outputs and chooses a row's next token. */
export type ChooseToken = (slot: number, row: DecodeRow) => ChosenToken;

/** @param outputs of a decode graph built for `kind` */
export function tokenChooser(kind: SamplingKind, outputs: SessionTensors): ChooseToken {
  switch (kind) {
    case 'greedy':
      return fromArgMax(outputs);
    case 'unit-temperature':
      return fromProbabilities(outputs);
    case 'host':
      return fromLogits(outputs);
  }
}

function fromArgMax(outputs: SessionTensors): ChooseToken {
  const tokens = outputs['tokens']?.data as BigInt64Array;
  const logProbs = outputs['logProbs']?.data as Float32Array;
  return (slot) => ({ token: Number(tokens[slot]), logProb: logProbs[slot] as number });
}

function fromProbabilities(outputs: SessionTensors): ChooseToken {
  const { data, width } = matrix(outputs['probabilities']);
  return (slot, row) => {
    const range = { offset: slot * width, length: width };
    const token = drawToken(data, row.uniform(), range);
    return { token, logProb: Math.log(data[range.offset + token] as number) };
  };
}

function fromLogits(outputs: SessionTensors): ChooseToken {
  const { data, width } = matrix(outputs['logits']);
  return (slot, row) => {
    const logits = data.subarray(slot * width, (slot + 1) * width);
    const token = drawToken(filteredProbabilities(logits, row.task.order.sampling), row.uniform());
    return { token, logProb: logProbability(logits, token) };
  };
}

function matrix(tensor: SessionTensors[string] | undefined): { data: Float32Array; width: number } {
  return { data: tensor?.data as Float32Array, width: tensor?.dims[1] as number };
}
