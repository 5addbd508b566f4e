import { browse as contract, MAX_CURVE_POINTS, MAX_PAGE } from '@sipf/contracts';
import { callerSignal } from '@sipf/service/http';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  OUTCOMES,
  PAIR_ORDERS,
  PATH_ORDERS,
  type Page,
  type Pair,
  type Path,
  type StageCurves,
} from '../../api/model.ts';
import { parseInput } from '../parse-input.ts';
import {
  curvesOf,
  outcomeNamed,
  pairOf,
  pairOrderNamed,
  pathOf,
  pathOrderNamed,
} from '../translate/datasets.ts';
import type { Clients } from './clients.ts';
import { runParams } from './run-routes.ts';

const page = {
  stage: z.string(),
  question: z.string().default(''),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
};
const pathsQuery = z.object({
  ...page,
  outcome: z.enum(OUTCOMES).optional(),
  order: z.enum(PATH_ORDERS).default('sampled'),
  key: z.string().default(''),
});
const pairsQuery = z.object({ ...page, order: z.enum(PAIR_ORDERS).default('made') });
const curvesQuery = z.object({
  stages: z.string().default(''),
  points: z.coerce.number().int().min(2).max(MAX_CURVE_POINTS).default(500),
});

/** Routes for the data that a run's stages wrote, a page at a time. */
export function addDatasetRoutes(server: FastifyInstance, { browse }: Clients): void {
  server.get('/api/runs/:id/paths', async (request, reply): Promise<Page<Path>> => {
    const { id: runId } = parseInput(runParams, request.params);
    const { outcome, order, question: questionContains, ...rest } = parseInput(pathsQuery, request.query);
    const { paths, matched, total } = await browse.listPaths(
      {
        ...{ runId, questionContains, ...rest, order: pathOrderNamed[order] },
        outcome: outcome === undefined ? contract.PathOutcome.UNSPECIFIED : outcomeNamed[outcome],
      },
      { signal: callerSignal(reply) },
    );
    return { rows: paths.map(pathOf), matched, total };
  });
  server.get('/api/runs/:id/pairs', async (request, reply): Promise<Page<Pair>> => {
    const { id: runId } = parseInput(runParams, request.params);
    const { order, question: questionContains, ...rest } = parseInput(pairsQuery, request.query);
    const { pairs, matched, total } = await browse.listPairs(
      { runId, questionContains, ...rest, order: pairOrderNamed[order] },
      { signal: callerSignal(reply) },
    );
    return { rows: pairs.flatMap(pairOf), matched, total };
  });
  server.get('/api/runs/:id/curves', async (request, reply): Promise<StageCurves[]> => {
    const { id: runId } = parseInput(runParams, request.params);
    const { stages, points: maxPoints } = parseInput(curvesQuery, request.query);
    const wanted = { runId, maxPoints, stages: stages === '' ? [] : stages.split(',') };
    const curves: StageCurves[] = [];
    for await (const stage of browse.streamCurves(wanted, { signal: callerSignal(reply) }))
      curves.push(curvesOf(stage));
    return curves;
  });
}
