import { concat, mul, split, sub, type Operand, type Value } from '@sipf/graph';
import type { StateLayout } from './state-layout.ts';

/** What weight decay shrinks: every trained tensor, or all but norms and biases, as transformers' Trainer does. */
export type Decay = 'matrices' | 'all';

/** The names that transformers' Trainer leaves without decay (5.24, `get_decay_parameter_names`). */
const UNDECAYED = /bias|layernorm|rmsnorm|(?:^|[.])norm(?:$|[.])|_norm(?:$|[.])/;

/** Whether decay of the matrices alone shrinks the tensor of this name. */
export function isDecayedMatrix(name: string): boolean {
  return !UNDECAYED.test(name.toLowerCase());
}

/** How much is shrunk, and what of it. */
export interface DecaySettings {
  readonly weightDecay: number;
  readonly decay: Decay;
  readonly learningRate: Operand;
}

/** AdamW's decoupled decay, p (1 - lr wd), of a packed vector [size]; the vector itself where nothing is to shrink. */
export function decayed(parameters: Value, layout: StateLayout, settings: DecaySettings): Value {
  const { weightDecay, decay, learningRate } = settings;
  if (weightDecay === 0) return parameters;
  const kept = sub(1, mul(scalarOf(parameters, learningRate), weightDecay));
  const runs = decay === 'all' ? [{ size: layout.size, isDecayed: true }] : runsOf(layout);
  if (runs.length === 1) return runs[0]?.isDecayed === true ? mul(parameters, kept) : parameters;
  const parts = split(
    parameters,
    0,
    runs.map(({ size }) => size),
  );
  return concat(
    parts.map((part, index) => (runs[index]?.isDecayed === true ? mul(part, kept) : part)),
    0,
  );
}

interface Run {
  readonly size: number;
  readonly isDecayed: boolean;
}

/** Neighbouring tensors of the same kind in one piece. */
function runsOf({ slots }: StateLayout): Run[] {
  const runs: Run[] = [];
  for (const { name, size } of slots) {
    const isDecayed = isDecayedMatrix(name);
    const last = runs.at(-1);
    if (last?.isDecayed === isDecayed) runs[runs.length - 1] = { size: last.size + size, isDecayed };
    else runs.push({ size, isDecayed });
  }
  return runs;
}

function scalarOf({ graph, dtype }: Value, x: Operand): Value {
  return typeof x === 'number' ? graph.scalar(x, dtype) : x;
}
