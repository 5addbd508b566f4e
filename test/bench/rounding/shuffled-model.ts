import { loadModelFolder, parameterShapes, saveModelFolder } from '@sipf/models';
import { createRng } from '@sipf/random';

/**
 * Writes a Llama whose hidden and feed-forward elements are in another order: it computes the same, and no block of a row holds
 * values that were one in the original, whose own blocks may have been rounded once.
 */
export async function shuffleModel(from: string, to: string): Promise<void> {
  const model = await loadModelFolder(from);
  const { config, tensors, generation } = model;
  const orderOf = (count: number, what: string): number[] =>
    createRng(`shuffled/${what}`).shuffle(Array.from({ length: count }, (_, index) => index));
  const hidden = orderOf(config.hiddenSize, 'hidden');
  const forward = Array.from({ length: config.numHiddenLayers }, (_, layer) =>
    orderOf(config.intermediateSize, String(layer)),
  );
  const moved = [...parameterShapes(config)].map(([name, shape]) => {
    const own = forward[Number(/layers\.(\d+)/.exec(name)?.[1])] ?? [];
    const [rows, columns] = ordersOf(name, hidden, own);
    return [
      name,
      { dtype: 'float32' as const, shape, data: reorder(tensors.float32(name), { shape, rows, columns }) },
    ] as const;
  });
  await saveModelFolder(to, {
    config,
    tensors: new Map(moved),
    tokenizerFrom: from,
    generation,
  });
  model.close();
}

type Order = readonly number[] | undefined;

/** New orders of a tensor's rows and columns; a vector has rows alone. */
function ordersOf(
  name: string,
  hidden: readonly number[],
  forward: readonly number[],
): [rows: Order, columns: Order] {
  if (name.includes('norm')) return [hidden, undefined];
  if (/(?:gate|up)_proj/.test(name)) return [forward, hidden];
  if (name.includes('down_proj')) return [hidden, forward];
  if (name.includes('o_proj')) return [hidden, undefined];
  return [undefined, hidden];
}

function reorder(
  data: Float32Array,
  {
    shape,
    rows,
    columns,
  }: { readonly shape: readonly number[]; readonly rows: Order; readonly columns: Order },
): Float32Array {
  const [height = 1, width = 1] = shape;
  const result = new Float32Array(data.length);
  for (let row = 0; row < height; row++) {
    const from = (rows?.[row] ?? row) * width;
    for (let column = 0; column < width; column++)
      result[row * width + column] = data[from + (columns?.[column] ?? column)] as number;
  }
  return result;
}
