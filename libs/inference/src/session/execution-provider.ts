import { kindOf, type DeviceName } from '@sipf/contracts/devices';
import type { Plainness } from '@sipf/graph';
import type { InferenceSession } from 'onnxruntime-node';
import { useCudaLibraries } from '../cuda/use-cuda.ts';
import type { ExternalTensors } from './external-tensors.ts';

/** How a session uses the machine; every default is the one measured best for small models on shared CPUs. */
export interface SessionOptions {
  /** What computes; nodes that it lacks are left to the CPU, see Placement. @default 'cpu' */
  readonly device?: DeviceName;
  /** Threads inside one operator. @default 1 */
  readonly threads?: number;
  /** Drops onnxruntime's common-subexpression pass, which undoes activation checkpointing. @default false */
  readonly keepRecomputation?: boolean;
  /**
   * Keeps weights a second time as the products read them, once for every way they are read. @default true
   */
  readonly prepackWeights?: boolean;
  /**
   * Outputs that stay on the device, as inputs of later runs; whoever gets one disposes of it before the session closes, and never
   * reads its data. Only where {@link keepsOutputs}.
   */
  readonly keptOutputs?: readonly string[];
}

/** What ONNX Runtime is asked for: a provider, and one run at a time on the calling thread and its own `threads` - 1. */
export function providerOptions(
  {
    device = 'cpu',
    threads = 1,
    keepRecomputation = false,
    prepackWeights = true,
    keptOutputs = [],
  }: SessionOptions,
  { folder, files }: ExternalTensors,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [...deviceProvider(device), 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(keptOutputs.length > 0 && {
      preferredOutputLocation: Object.fromEntries(keptOutputs.map((name) => [name, 'gpu-buffer' as const])),
    }),
    ...(files.size > 0 && { externalData: [...files].map(([path, data]) => ({ path, data })) }),
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        inter_op: { allow_spinning: '0' },
        ...(!prepackWeights && { disable_prepacking: '1' }),
        ...(folder !== undefined && { model_external_initializers_file_folder_path: folder }),
      },
      ...(keepRecomputation && {
        optimization: { disable_specified_optimizers: 'CommonSubexpressionElimination' },
      }),
    },
  };
}

/** The provider of a device, before the CPU's, with its libraries loaded. */
export function deviceProvider(device: DeviceName): InferenceSession.ExecutionProviderConfig[] {
  const kind = kindOf(device);
  if (kind === 'cpu') return [];
  if (kind === 'webgpu') return ['webgpu'];
  useCudaLibraries();
  return [{ name: 'cuda', deviceId: Number(device.split(':')[1] ?? 0) }];
}

/**
 * What a device's graphs must do without. WebGPU (onnxruntime 1.30) has products as ONNX has them alone, leaves a norm's second
 * output as it finds it, without an error, and binds each output of an operator to a buffer of its own, of which a shader has ten
 * with its input. Whether it rounds what rounded weights are multiplied by would depend on the GPU and the matrix.
 */
export function plainnessOf(device: DeviceName): Plainness {
  if (kindOf(device) !== 'webgpu') return {};
  return { plainProducts: true, plainNorms: true, plainLogSoftmax: true, plainInputs: true, mostOutputs: 8 };
}

/** Whether outputs may stay on a device between runs, which Node's binding of onnxruntime can do with WebGPU alone. */
export function keepsOutputs(device: DeviceName): boolean {
  return kindOf(device) === 'webgpu';
}

/**
 * Decode steps that one run of the graph takes at most. On CUDA a row's keys cross to the device once a run, and a run that is
 * longer than its rows' answers computes in vain; elsewhere they are where they are needed.
 */
export function bestSteps(device: DeviceName): number {
  return kindOf(device) === 'cuda' ? 16 : 1;
}

/** Whether operators of a device take tensors without elements; WebGPU refuses them. */
export function computesNothing(device: DeviceName): boolean {
  return kindOf(device) !== 'webgpu';
}
