import type { browse } from '@sipf/contracts';
import { metricsLine } from '@sipf/runs';
import type { ServiceClient } from '@sipf/service';

/** What reports a run's curves. */
export type BrowseClient = ServiceClient<browse.BrowseServiceDefinition>;

/** Most points that an orchestrator gives of a stage: a training of more steps is given as means of as many steps each. */
const MAX_POINTS = 5000;

/** Lines as a run's metrics.jsonl has them, stage after stage; a value that is not a number is left out. */
export async function linesOfCurves(
  client: BrowseClient,
  runId: string,
  signal: AbortSignal,
): Promise<string> {
  const lines: string[] = [];
  for await (const { stage, steps, curves } of client.streamCurves(
    { runId, maxPoints: MAX_POINTS },
    { signal },
  )) {
    for (const [at, step] of steps.entries()) {
      const values = curves
        .map(({ name, mean }): [string, number] => [name, mean[at] ?? NaN])
        .filter(([, value]) => !Number.isNaN(value));
      lines.push(metricsLine({ stage, step, values: Object.fromEntries(values) }));
    }
  }
  return lines.join('');
}
