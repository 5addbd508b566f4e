import type { common, EnginePart, generation, simulation, training, verification } from '@sipf/contracts';
import type { Executor } from '@sipf/outcomes';
import type { EngineFacts, StepMetrics } from '@sipf/runs';

/** How one call is bounded. */
export interface CallBounds {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Where a training job stands. */
export interface JobProgress {
  readonly step: number;
  readonly totalSteps: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** What a job left. */
export interface TrainedJob {
  readonly model: common.ModelRef;
  readonly droppedRows: number;
}

/** What a service says computes its answers. */
export interface EngineAnswer {
  readonly engine: EngineFacts;
  /** Highest rank of an adapter that it takes; absent where it has no such bound, or does not know it. */
  readonly maxLoraRank?: number | undefined;
}

/** The services that a run is driven over, as the stages see them. Every call may be repeated with the same result. */
export interface Services {
  generate(request: generation.GenerateRequest, bounds: CallBounds): Promise<generation.GenerateResponse[]>;
  labelSteps(
    request: simulation.LabelStepsRequest,
    bounds: CallBounds,
  ): Promise<simulation.LabelStepsResponse[]>;
  score(request: verification.ScoreRequest, bounds: CallBounds): Promise<verification.ScoreResponse>;
  /** Runs programs; absent where no execution service is known. */
  readonly executor?: Executor;
  /**
   * Runs a job to its end; the same id resumes a job that was started before.
   * @throws SipfError when the job failed, with its reason
   */
  train(
    request: training.StartJobRequest,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: JobProgress) => void },
  ): Promise<TrainedJob>;
  /** The steps of a job that has ended, as the training service keeps them. @throws SipfError JOB_NOT_FOUND */
  trainedSteps(jobId: string, signal: AbortSignal): Promise<readonly StepMetrics[]>;
  /** What a service says computes its answers; undefined where it says nothing. Absent where no service can be asked. */
  readonly engineOf?: (part: EnginePart, signal: AbortSignal) => Promise<EngineAnswer | undefined>;
  /** How many replicas of a service are known to stand behind its address by now. Absent where nobody knows. */
  readonly replicasOf?: (part: EnginePart) => number;
  /** Whether there is no service for a part of a run's work. Absent where there is one for each. */
  readonly lacks?: (part: EnginePart) => boolean;
  close(): void;
}
