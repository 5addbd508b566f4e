import { samplingKind, type ResolvedSampling, type SamplingKind } from '../sampling/sampling-settings.ts';
import { sessionTensor, type SessionTensor } from '../session/session.ts';

/** Which rows of a batch are chosen in which way; each list holds rows in ascending order. */
export type RowChoices = Readonly<Record<SamplingKind, readonly number[]>> & {
  readonly temperatures: readonly number[];
  /** Rows whose logits are wanted besides, for the most probable tokens. */
  readonly ranked: readonly number[];
};

/** No rows at all: what a prefill asks for. */
export const NO_CHOICES: RowChoices = {
  ...{ greedy: [], drawn: [], tempered: [], filtered: [] },
  ...{ temperatures: [], ranked: [] },
};

/** Sorts the rows of a batch by how their next token is chosen. @param ranked the rows whose most probable tokens are wanted */
export function rowChoices(
  settings: readonly ResolvedSampling[],
  ranked: readonly number[] = [],
): RowChoices {
  const rows: Record<SamplingKind, number[]> = { greedy: [], drawn: [], tempered: [], filtered: [] };
  settings.forEach((sampling, row) => rows[samplingKind(sampling)].push(row));
  const temperatures = rows.tempered.map((row) => settings[row]?.temperature ?? 1);
  return { ...rows, temperatures, ranked };
}

/** The inputs of the decoder graph that say which logits are wanted, and how. */
export function choiceTensors(choices: RowChoices): Record<string, SessionTensor> {
  const { greedy, drawn, tempered, filtered, temperatures, ranked } = choices;
  const inverse = Float32Array.from(temperatures, (temperature) => 1 / temperature);
  return {
    greedyRows: indices(greedy),
    drawnRows: indices(drawn),
    temperedRows: indices(tempered),
    filteredRows: indices([...filtered, ...ranked]),
    inverseTemperatures: sessionTensor('float32', [inverse.length, 1], inverse),
  };
}

/** int64 [values.length] */
export function indices(values: readonly number[]): SessionTensor {
  return sessionTensor('int64', [values.length], BigInt64Array.from(values, BigInt));
}
