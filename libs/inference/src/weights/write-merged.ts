import type { PrecisionName } from '@sipf/contracts/devices';
import {
  loadAdapterFolder,
  loadModelFolder,
  parameterShapes,
  saveModelFolder,
  withRowLengths,
  type AdapterFolder,
  type DecoderConfig,
  type HostTensor,
  type ModelFolder,
  type WritableTensor,
} from '@sipf/models';
import { halfBits } from './half-precision.ts';
import { LowRankSums } from './low-rank-sums.ts';
import type { MergeOrder } from './merge-folder.ts';
import { adapterParts, configWithAdapter, type AdapterPart } from './merged-weights.ts';

/** {@link mergeFolder} on this thread, which products hold. */
export async function writeMerged(
  { folder, adapterFolder, out, dtype }: MergeOrder,
  signal: AbortSignal,
): Promise<string> {
  const base = await loadModelFolder(folder);
  try {
    const config = configWithAdapter(base.config, adapterFolder);
    const adapter = await loadAdapterFolder(adapterFolder, { config, digest: base.digest });
    const sums = await LowRankSums.open();
    try {
      const tensors = mergedTensors({ config, base, adapter, sums, dtype, signal });
      const { generation } = base;
      return await saveModelFolder(out, { config, tensors, tokenizerFrom: folder, generation });
    } finally {
      await sums.close();
      adapter.close();
    }
  } finally {
    base.close();
  }
}

interface Merge {
  readonly config: DecoderConfig;
  readonly base: ModelFolder;
  readonly adapter: AdapterFolder;
  readonly sums: LowRankSums;
  readonly dtype: PrecisionName | undefined;
  readonly signal: AbortSignal;
}

function mergedTensors(merge: Merge): Map<string, WritableTensor> {
  const { config, base, adapter, dtype, signal } = merge;
  const partOf = adapterParts(config, adapter);
  return new Map(
    [...parameterShapes(config)].map(([name, shape]): [string, WritableTensor] => {
      const part = partOf(name);
      const own = base.tensors.has(name)
        ? base.tensors.dtype(name)
        : adapter.tensors.dtype(part?.kind === 'replaced' ? part.name : name);
      const written = dtype ?? (own as PrecisionName);
      const load = async (): Promise<HostTensor> => {
        signal.throwIfAborted();
        if (part === undefined && own === written) return base.tensors.tensor(name);
        return inDtype(await valuesOf(name, part, merge), { name, shape, dtype: written });
      };
      return [name, { dtype: written, shape, load }];
    }),
  );
}

async function valuesOf(
  name: string,
  part: AdapterPart | undefined,
  { base, adapter, sums }: Merge,
): Promise<Float32Array> {
  if (part?.kind === 'replaced') return adapter.tensors.float32(part.name);
  const weight = base.tensors.float32(name);
  if (part === undefined) return weight;
  const parts = part.read();
  await sums.addTo({ weight, ...parts }, part.lora);
  return parts.magnitude === undefined ? weight : withRowLengths(weight, parts.magnitude);
}

function inDtype(
  values: Float32Array,
  {
    name,
    shape,
    dtype,
  }: { readonly name: string; readonly shape: readonly number[]; readonly dtype: PrecisionName },
): HostTensor {
  if (dtype === 'float32') return { dtype, shape, data: values };
  return { dtype, shape, data: halfBits(values, dtype, name) };
}
