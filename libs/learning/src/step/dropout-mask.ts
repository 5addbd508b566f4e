import {
  add,
  cast,
  greaterOrEqual,
  type Dim,
  type Graph,
  mul,
  operator,
  range,
  unsqueeze,
  type Value,
} from '@sipf/graph';
import { STEP_NAMES } from './tensor-spec.ts';

/** A prime under 2^31, so that a product of two residues fits int64. */
const PRIME = 2 ** 31 - 1;

/**
 * Masks of a linear module's input for LoRA's dropout: 0 with the given probability, else 1 / (1 - probability).
 * They depend only on the `dropout_seed` that is fed (an input that this adds), the module's name and the position of
 * the element: a resumed training drops the same elements. No random operator is used, whose state a session keeps.
 */
export function dropoutMasks(graph: Graph, probability: number): (module: string, x: Value) => Value {
  const seed = graph.input(STEP_NAMES.dropoutSeed, 'int64', []);
  return (module, x) => {
    const stream = scramble(add(seed, hashName(module)));
    const [rows, columns] = x.shape as readonly [Dim, Dim];
    const row = scramble(add(unsqueeze(range(graph, rows), [1]), stream));
    const column = scramble(add(unsqueeze(range(graph, columns), [0]), scramble(stream)));
    const noise = modulo(squareOf(add(mul(row, column), stream)));
    return mul(
      cast(greaterOrEqual(noise, Math.round(probability * PRIME)), 'float32'),
      1 / (1 - probability),
    );
  };
}

/** A residue made of another one that shares no visible structure with it. */
function scramble(x: Value): Value {
  return modulo(squareOf(add(mul(modulo(squareOf(add(modulo(x), 1_103_515_245))), 48_271), 12_345)));
}

function squareOf(x: Value): Value {
  const residue = modulo(x);
  return mul(residue, residue);
}

function modulo(x: Value): Value {
  const inputs = [x, x.graph.scalar(PRIME, 'int64')];
  const [result] = operator({ type: 'Mod', inputs, outputs: [{ dtype: 'int64', shape: x.shape }] });
  if (result === undefined) throw new TypeError('Mod has no output');
  return result;
}

/** FNV-1a, 31 bits. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++)
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return hash >>> 1;
}
