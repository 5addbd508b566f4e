import type { Hosting } from '../host/hosting.ts';
import type { FinishedSample, GenerationOrder, WrittenPiece } from './generation-task.ts';
import type { RunnerOptions } from './session-runner.ts';

/** What a generation worker does. */
export interface Generation extends Hosting<RunnerOptions> {
  /** Emits every sample as it ends and, where they are wanted, the pieces before it. */
  generate: [request: GenerationOrder, answer: undefined, item: FinishedSample | WrittenPiece];
}
