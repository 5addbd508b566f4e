import type { ArtifactStore } from '@sipf/artifacts';
import { browse } from '@sipf/contracts';
import { layoutIn } from '@sipf/runs';
import type { ServiceHandlers } from '@sipf/service';
import { readEventBook } from '../events/event-book.ts';
import type { RunRegistry } from '../run/run-registry.ts';
import { BoundedCache } from './bounded-cache.ts';
import { Indexes } from './indexes.ts';
import { createPairLister } from './list-pairs.ts';
import { createPathLister } from './list-paths.ts';
import { MetricsReader } from './metrics-reader.ts';
import { createRunSource, type BrowsedRun } from './run-data.ts';
import { thinOut } from './thin-out.ts';
import { timelineOf } from './timeline.ts';

/** Numbers of all runs' metrics together that are kept, 8 bytes each. */
const MAX_METRICS = 20_000_000;
const DEFAULT_POINTS = 500;

type BrowseHandlers = ServiceHandlers<browse.BrowseServiceDefinition>;

/** The browsing service, and how others look up one of its paths. */
export interface Browser {
  readonly handlers: BrowseHandlers;
  /** @throws SipfError `not-found` DATASET_NOT_FOUND, RUN_NOT_FOUND */
  readonly findPath: (at: {
    runId: string;
    stage: string;
    key: string;
  }) => Promise<browse.BrowsedPath | undefined>;
}

/** The browsing service over a registry of runs. */
export function createBrowser(registry: RunRegistry, artifacts: ArtifactStore): Browser {
  const runOf = createRunSource(registry, artifacts);
  const indexes = new Indexes();
  const listPaths = createPathLister(indexes);
  const listPairs = createPairLister(indexes);
  return {
    handlers: {
      getTimeline: async ({ runId }) => timeline(registry, await runOf(runId)),
      listPaths: async (request) => listPaths(await runOf(request.runId), request),
      listPairs: async (request) => listPairs(await runOf(request.runId), request),
      streamCurves: createCurveStream(registry, runOf),
    },
    findPath: async ({ runId, stage, key }) => {
      const request = browse.ListPathsRequest.fromPartial({ runId, stage, key, limit: 1 });
      return (await listPaths(await runOf(runId), request)).paths[0];
    },
  };
}

function createCurveStream(
  registry: RunRegistry,
  runOf: (runId: string) => Promise<BrowsedRun>,
): BrowseHandlers['streamCurves'] {
  const metrics = new BoundedCache<MetricsReader>(MAX_METRICS);
  return async function* ({ runId, stages, maxPoints }) {
    const { plan } = await runOf(runId);
    const file = layoutIn(registry.folder(runId)).metrics;
    const reader = await metrics.get(runId, async () => {
      const fresh = new MetricsReader(file);
      await fresh.refresh();
      return fresh;
    });
    await reader.refresh();
    for (const { id } of plan) {
      const recorded = reader.stages.get(id);
      if (recorded === undefined || (stages.length > 0 && !stages.includes(id))) continue;
      yield thinOut(id, recorded, maxPoints === 0 ? DEFAULT_POINTS : maxPoints);
    }
  };
}

async function timeline(
  registry: RunRegistry,
  { state: { runId }, plan }: BrowsedRun,
): Promise<browse.GetTimelineResponse> {
  const snapshot = await registry.get(runId);
  // A damaged book hides no run.
  const deliveries = await readEventBook(registry.folder(runId)).catch(() => undefined);
  return timelineOf(await registry.entries(runId), plan, { ...snapshot, deliveries });
}
