import type { Hosting } from '../host/hosting.ts';
import type { EngineSample, SamplePiece } from './generated-sample.ts';
import type { ResolvedRequest } from './generation-request.ts';
import type { RunnerOptions } from './session-runner.ts';

/** What a generation worker does. */
export interface Generation extends Hosting<RunnerOptions> {
  /** Emits every sample as it ends and, where they are wanted, the pieces before it. */
  generate: [request: ResolvedRequest, answer: undefined, item: EngineSample | SamplePiece];
}
