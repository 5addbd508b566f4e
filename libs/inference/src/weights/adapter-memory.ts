import { openSafetensors } from '@sipf/models';
import { join } from 'node:path';
import type { MemoryPart } from './memory-plan.ts';

const FLOAT = 4;
const MAGNITUDE = /\.lora_magnitude_vector(?:\.weight)?$/;

/**
 * What a PEFT folder takes of this machine's memory while it is attached, by the header of its file: its tensors in float32 for
 * each worker, and of a DoRA, which is no sum of products, the weights of its modules in their place.
 * @throws SipfError as openSafetensors
 */
export function planAdapter(folder: string, workers: number): MemoryPart {
  const tensors = openSafetensors(join(folder, 'adapter_model.safetensors'));
  try {
    const { names } = tensors;
    const shape = (name: string): readonly number[] => tensors.shape(name);
    const replaced = names
      .filter((name) => MAGNITUDE.test(name))
      .map((name) => {
        const module = name.replace(MAGNITUDE, '');
        const [out = 0] = shape(`${module}.lora_B.weight`);
        const [, width = 0] = shape(`${module}.lora_A.weight`);
        return out * width;
      });
    const own = names.map((name) => shape(name).reduce((all, size) => all * size, 1));
    const elements = [...own, ...replaced].reduce((sum, size) => sum + size, 0);
    const each = workers === 1 ? '' : `${workers} workers x `;
    return {
      what: 'its tensors in float32',
      bytes: workers * FLOAT * elements,
      how: `${each}${elements.toLocaleString('en')} elements x ${FLOAT} bytes`,
    };
  } finally {
    tensors.close();
  }
}
