import type { ArtifactStore } from '@sipf/artifacts';
import type { EventBus } from '@sipf/events';
import type { Logger } from '@sipf/service';
import type { RunLeases } from '../leases/run-leases.ts';
import type { Services } from '../services/services.ts';
import type { StageCache } from '../sharing/stage-cache.ts';
import type { RunMetrics } from './run-metrics.ts';
import type { RunLimits } from './run-quota.ts';

/** What the registry needs of its surroundings. */
export interface RunRegistryOptions {
  /** Folder with a folder for every run. */
  readonly runs: string;
  readonly leases: RunLeases;
  readonly artifacts: ArtifactStore;
  /** Folder of the artifacts. */
  readonly artifactsFolder: string;
  /** Absent for an orchestrator that only looks at runs. */
  readonly services: Services | undefined;
  readonly bus: EventBus;
  readonly logger: Logger;
  /** Results that runs share; every run computes its own where absent. */
  readonly cache?: StageCache | undefined;
  readonly metrics: RunMetrics;
  /** How many runs may be driven at the same time. @default any number */
  readonly limits?: RunLimits;
  /** Version of the program, for the log. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
