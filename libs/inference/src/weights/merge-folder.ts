import { parameterShapes, saveModelFolder, type HostTensor } from '@sipf/models';
import { openModel } from './open-model.ts';

/** A base, an adapter of it, and the folder that their sum goes to. */
export interface MergeOrder {
  readonly folder: string;
  /** A PEFT folder. */
  readonly adapterFolder: string;
  /** A new folder. */
  readonly out: string;
}

/**
 * Writes a base with an adapter merged in as a model folder of its own, in float32; a language model whose adapter brings a
 * verifier's head becomes a verifier. One tensor is in memory at a time.
 *
 * @returns the new folder's digest
 * @throws SipfError as openModel and saveModelFolder
 */
export async function mergeFolder({ folder, adapterFolder, out }: MergeOrder): Promise<string> {
  const model = await openModel({ folder, adapterFolder });
  try {
    const { config, generation } = model;
    const shapes = [...parameterShapes(config)];
    const tensors = new Map(shapes.map(([name, shape]) => [name, lazyTensor(shape, () => model.read(name))]));
    return await saveModelFolder(out, {
      config,
      tensors,
      tokenizerFrom: folder,
      ...(generation === undefined ? {} : { generation }),
    });
  } finally {
    model.close();
  }
}

/** A tensor that is read whenever it is looked at, and held by nobody. */
function lazyTensor(shape: readonly number[], read: () => Float32Array): HostTensor {
  return {
    dtype: 'float32',
    shape,
    get data() {
      return read();
    },
  };
}
