import type { ArtifactStore } from '@sipf/artifacts';
import type { MetricsFile, Program, Stage, StageResult } from '@sipf/runs';
import type { Logger } from '@sipf/service';
import type { Services } from '../services/services.ts';
import type { StageCache } from '../sharing/stage-cache.ts';
import type { ActiveRun } from './active-run.ts';
import type { RunMetrics } from './run-metrics.ts';

/** What driving a run needs of its surroundings. */
export interface DriveRunOptions {
  readonly folder: string;
  readonly artifacts: ArtifactStore;
  readonly services: Services;
  readonly logger: Logger;
  /** Results that other runs may have left; every stage is computed where absent. */
  readonly cache?: StageCache | undefined;
  readonly timer: Pick<RunMetrics, 'timeStage'>;
  /** This program, for what it writes. */
  readonly program: Program;
}

/** A stage of a run with its surroundings. */
export interface StageOptions extends DriveRunOptions {
  readonly run: ActiveRun;
  readonly stage: Stage;
  readonly results: ReadonlyMap<string, StageResult>;
  readonly metrics: MetricsFile;
  readonly signal: AbortSignal;
}
