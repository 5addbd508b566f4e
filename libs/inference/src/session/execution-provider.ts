import type { InferenceSession } from 'onnxruntime-node';
import type { ExternalTensors } from './external-tensors.ts';

/** How a session uses the machine; every default is the one measured best for small models on shared CPUs. */
export interface SessionOptions {
  /** Threads inside one operator. @default 1 */
  readonly threads?: number;
  /** Drops onnxruntime's common-subexpression pass, which undoes activation checkpointing. @default false */
  readonly keepRecomputation?: boolean;
  /**
   * Keeps weights a second time as the products read them, once for every way they are read. @default true
   */
  readonly prepackWeights?: boolean;
}

/** What ONNX Runtime is asked for: its CPU provider, and one run at a time on the calling thread and its own `threads` - 1. */
export function providerOptions(
  { threads = 1, keepRecomputation = false, prepackWeights = true }: SessionOptions,
  { folder, files }: ExternalTensors,
): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    logSeverityLevel: 3,
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
