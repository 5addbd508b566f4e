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

/**
 * The inputs of the decoder graph that say which logits are wanted, and how.
 * @param fewest rows of each way: those that are missing are row 0, whose results are not read
 */
export function choiceTensors(choices: RowChoices, fewest: Fewest = 0): Record<string, SessionTensor> {
  const { greedy, drawn, tempered, filtered, temperatures, ranked } = choices;
  const rates = tempered.length < fewest ? [1] : temperatures;
  const inverse = Float32Array.from(rates, (temperature) => 1 / temperature);
  return {
    greedyRows: indices(greedy, fewest),
    drawnRows: indices(drawn, fewest),
    temperedRows: indices(tempered, fewest),
    filteredRows: indices([...filtered, ...ranked], fewest),
    inverseTemperatures: sessionTensor('float32', [inverse.length, 1], inverse),
  };
}

/** Fewest elements of a list: 1 where a device computes nothing of a tensor without elements. */
export type Fewest = 0 | 1;

/** int64 [values.length], or with one 0 where a list may not be empty */
export function indices(values: readonly number[], fewest: Fewest = 0): SessionTensor {
  const all = values.length < fewest ? [0] : values;
  return sessionTensor('int64', [all.length], BigInt64Array.from(all, BigInt));
}
