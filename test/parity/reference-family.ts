import { SipfError } from '@sipf/errors';
import {
  type AdapterFolder,
  loadAdapterFolder,
  loadModelFolder,
  type ModelFolder,
  openSafetensors,
  type SafetensorsFile,
} from '@sipf/models';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The batch that every recorded number belongs to; right-padded, chosen rows first. */
interface ReferenceBatch {
  readonly rows: number;
  readonly length: number;
  readonly inputIds: BigInt64Array;
  /** 1 on real tokens. */
  readonly attentionMask: Float32Array;
  /** 1 on the completion's tokens; absent where only logits were recorded. */
  readonly completionMask: Float32Array | undefined;
}

/** One opened folder of `reference/models`, see the shared folder's README for what its tensors mean. */
export interface ReferenceFamily {
  readonly name: string;
  readonly model: ModelFolder;
  readonly adapter: AdapterFolder | undefined;
  readonly rewardModel: ModelFolder | undefined;
  readonly expected: SafetensorsFile;
  readonly batch: ReferenceBatch;
  /** One of the folder's gradient files, e.g. `sft-gradients`; undefined where there is none. */
  recorded(name: string): SafetensorsFile | undefined;
  close(): void;
}

/** Opens a family. @throws SipfError where a file is missing, damaged, or of a family that is not supported */
export async function openReferenceFamily(dir: string): Promise<ReferenceFamily> {
  const opened: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(file: T): T => {
    opened.push(file);
    return file;
  };
  const close = () => {
    for (const file of opened) file.close();
  };
  try {
    const model = keep(await loadModelFolder(join(dir, 'model')));
    const expected = keep(openSafetensors(join(dir, 'expected.safetensors')));
    return {
      name: basename(dir),
      model,
      adapter: has(dir, 'adapter') ? keep(await loadAdapterFolder(join(dir, 'adapter'), model)) : undefined,
      rewardModel: has(dir, 'process-reward-model')
        ? keep(await loadModelFolder(join(dir, 'process-reward-model')))
        : undefined,
      expected,
      batch: readBatch(expected),
      recorded: (name) =>
        has(dir, `${name}.safetensors`) ? keep(openSafetensors(join(dir, `${name}.safetensors`))) : undefined,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** A recorded tensor of any number type as plain numbers. */
export function numbers(file: SafetensorsFile, name: string): Float32Array {
  const { data } = file.tensor(name);
  return data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number | bigint>, Number);
}

function readBatch(expected: SafetensorsFile): ReferenceBatch {
  const ids = expected.tensor('input_ids');
  const [rows, length] = ids.shape;
  if (!(ids.data instanceof BigInt64Array) || rows === undefined || length === undefined) {
    throw new SipfError('data-loss', 'input_ids is not an int64 tensor of two axes', {
      reason: 'REFERENCE_INVALID',
    });
  }
  return {
    rows,
    length,
    inputIds: ids.data,
    attentionMask: numbers(expected, 'attention_mask'),
    completionMask: expected.has('completion_mask') ? numbers(expected, 'completion_mask') : undefined,
  };
}

function has(dir: string, name: string): boolean {
  return existsSync(join(dir, name));
}
