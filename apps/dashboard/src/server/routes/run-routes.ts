import { browse as browsing, orchestration } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { callerSignal } from '@sipf/service/http';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Run, RunDetail, RunList } from '../../api/model.ts';
import { parseInput } from '../parse-input.ts';
import { markOf, runOf, stageOf } from '../translate/runs.ts';
import type { Clients } from './clients.ts';

/** The run that a path names. */
export const runParams = z.object({ id: z.string() });
const start = z.object({ runId: z.string(), configJson: z.string() });

/** Cancelling waits for the running stages to stop. */
const CANCEL_MS = 120_000;

const NO_TIMELINE = browsing.GetTimelineResponse.create();

/** Routes for runs as a whole. */
export function addRunRoutes(server: FastifyInstance, { runs, browse }: Clients): void {
  server.get('/api/runs', async (_request, reply): Promise<RunList> => {
    const options = { signal: callerSignal(reply), idempotent: true };
    const [listed, { drivesRuns }] = await Promise.all([runs.listRuns({}, options), runs.info({}, options)]);
    return { runs: listed.runs.map(runOf), drivesRuns };
  });
  server.get('/api/runs/:id', async ({ params }, reply): Promise<RunDetail> => {
    const { id: runId } = parseInput(runParams, params);
    const options = { signal: callerSignal(reply), idempotent: true };
    const { run } = await runs.getRun({ runId }, options);
    // A log that cannot be read has no timeline.
    const isDamaged = run?.state === orchestration.RunState.DAMAGED;
    const timeline = isDamaged ? NO_TIMELINE : await browse.getTimeline({ runId }, options);
    return {
      run: runIn(run),
      configJson: run?.configJson ?? '{}',
      stages: timeline.stages.map(stageOf),
      marks: timeline.marks.map(markOf),
      deliveriesNoted: timeline.deliveriesNoted,
      entries: Number(timeline.entries),
    };
  });
  server.post('/api/runs', async ({ body }) => runIn((await runs.startRun(parseInput(start, body))).run));
  server.post('/api/runs/:id/cancel', async ({ params }) => {
    const { id: runId } = parseInput(runParams, params);
    return runIn((await runs.cancelRun({ runId }, { deadlineMs: CANCEL_MS })).run);
  });
  server.post('/api/runs/:id/resume', async ({ params }) => {
    const { id: runId } = parseInput(runParams, params);
    return runIn((await runs.resumeRun({ runId })).run);
  });
}

function runIn(run: orchestration.Run | undefined): Run {
  if (run !== undefined) return runOf(run);
  throw new SipfError('data-loss', 'the orchestrator returned no run', { reason: 'RUN_NOT_FOUND' });
}
