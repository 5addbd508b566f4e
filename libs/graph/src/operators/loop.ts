import type { Graph, Value } from '../graph.ts';

/** What one turn of a loop leaves. */
export interface LoopTurn {
  /** What the next turn gets, in the order and of the types of what this one got. */
  readonly carried: readonly Value[];
  /** What is kept of every turn. */
  readonly collected: readonly Value[];
  /** bool []: whether another turn follows. */
  readonly goesOn: Value;
}

/** What a loop leaves. */
export interface Looped {
  /** Of the last turn. */
  readonly carried: readonly Value[];
  /** Each with the turns as a new first axis. */
  readonly collected: readonly Value[];
}

/**
 * Repeats a computation inside the graph, at most `turns` times (int64 []). It may read any value of the graph; nothing flows
 * back through it to `gradients`.
 * @param turn builds one turn from its index, int64 [], and what the turn before carried
 */
export function loop(
  turns: Value,
  carried: readonly Value[],
  turn: (index: Value, carried: readonly Value[]) => LoopTurn,
): Looped {
  const { graph } = turns;
  const body = graph.createBody(`${graph.name}.turn`);
  const input = (name: string, { dtype, shape }: Pick<Value, 'dtype' | 'shape'>): Value =>
    body.input(`turn.${name}`, dtype, shape);
  const index = input('index', { dtype: 'int64', shape: [] });
  input('goesOn', { dtype: 'bool', shape: [] });
  const taken = carried.map((value, at) => input(`carried.${at}`, value));
  const left = turn(index, taken);
  outputAll(body, left);
  const axis = graph.freshDim();
  const outputs = graph.apply({
    type: 'Loop',
    inputs: [turns, graph.scalar(1, 'bool'), ...carried],
    outputs: [
      ...left.carried.map(({ dtype, shape }) => ({ dtype, shape })),
      ...left.collected.map(({ dtype, shape }) => ({ dtype, shape: [axis, ...shape] })),
    ],
    body,
  });
  return { carried: outputs.slice(0, carried.length), collected: outputs.slice(carried.length) };
}

function outputAll(body: Graph, { goesOn, carried, collected }: LoopTurn): void {
  body.output('turn.next.goesOn', goesOn);
  carried.forEach((value, at) => {
    body.output(`turn.next.carried.${at}`, value);
  });
  collected.forEach((value, at) => {
    body.output(`turn.collected.${at}`, value);
  });
}
