import type {
  GetTimelineRequest,
  ListPairsRequest,
  ListPathsRequest,
  StreamCurvesRequest,
} from '../generated/sipf/orchestration/v1/browse.ts';
import type { Checks } from './checks.ts';
import { checkId } from './training.ts';

/** Rows of one page. */
export const MAX_PAGE = 500;
/** Points of one curve. */
export const MAX_CURVE_POINTS = 5000;
const MAX_STAGES = 64;
/** `pathKey` holds the id of a question. */
const MAX_KEY = 512;

export function checkTimeline(checks: Checks, { runId }: GetTimelineRequest): void {
  checkId(checks, runId, 'run_id', 64);
}

export function checkCurves(checks: Checks, { runId, stages, maxPoints }: StreamCurvesRequest): void {
  checkId(checks, runId, 'run_id', 64);
  if (checks.count(stages, 'stages', { min: 0, max: MAX_STAGES })) {
    for (const [index, stage] of stages.entries()) checkId(checks, stage, `stages[${index}]`, 64);
  }
  if (maxPoints !== 0) checks.integer(maxPoints, 'max_points', { min: 2, max: MAX_CURVE_POINTS });
}

export function checkListPaths(checks: Checks, request: ListPathsRequest): void {
  checkPage(checks, request);
  checks.text(request.key, 'key', { max: MAX_KEY });
}

export function checkListPairs(checks: Checks, request: ListPairsRequest): void {
  checkPage(checks, request);
}

function checkPage(
  checks: Checks,
  {
    runId,
    stage,
    questionContains,
    limit,
  }: Pick<ListPathsRequest, 'runId' | 'stage' | 'questionContains' | 'limit'>,
): void {
  checkId(checks, runId, 'run_id', 64);
  checkId(checks, stage, 'stage', 64);
  checks.text(questionContains, 'question_contains', { max: 200 });
  checks.integer(limit, 'limit', { min: 1, max: MAX_PAGE });
}
