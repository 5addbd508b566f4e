import { MAX_PAGE } from '@sipf/contracts';
import { callerSignal } from '@sipf/service/http';
import type { FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { CRITERIA, type Annotation } from '../../api/model.ts';
import { parseInput } from '../parse-input.ts';
import { agreementOf, annotationOf, toContract } from '../translate/annotations.ts';
import type { Clients } from './clients.ts';
import { runParams } from './run-routes.ts';

const annotation = z.object({
  annotator: z.string(),
  stage: z.string(),
  pathKey: z.string(),
  invalid: z.boolean(),
  comment: z.string(),
  steps: z.array(z.object({ invalid: z.boolean(), broken: z.array(z.enum(CRITERIA)) })),
}) satisfies z.ZodType<Annotation>;
const listQuery = z.object({
  annotator: z.string().default(''),
  stage: z.string().default(''),
  path: z.string().default(''),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(MAX_PAGE),
});
const exportQuery = z.object({ annotator: z.string().default('') });

/** Routes for step labels by people. */
export function addAnnotationRoutes(server: FastifyInstance, { annotations }: Clients): void {
  server.get('/api/runs/:id/annotations', async (request, reply) => {
    const { id: runId } = parseInput(runParams, request.params);
    const { path: pathKey, ...rest } = parseInput(listQuery, request.query);
    const listed = await annotations.listAnnotations(
      { runId, pathKey, ...rest },
      { signal: callerSignal(reply) },
    );
    return { rows: listed.annotations.map(annotationOf), matched: listed.matched, total: listed.matched };
  });
  server.post('/api/runs/:id/annotations', async ({ params, body }) => {
    const { id: runId } = parseInput(runParams, params);
    const given = toContract(parseInput(annotation, body));
    const kept = await annotations.annotate({ runId, annotation: given });
    return kept.annotation === undefined ? {} : annotationOf(kept.annotation);
  });
  server.get('/api/runs/:id/agreement', async ({ params }, reply) => {
    const { id: runId } = parseInput(runParams, params);
    return agreementOf(await annotations.getAgreement({ runId }, { signal: callerSignal(reply) }));
  });
  server.get('/api/runs/:id/annotations.jsonl', (request, reply) => {
    const { id: runId } = parseInput(runParams, request.params);
    const { annotator } = parseInput(exportQuery, request.query);
    const rows = annotations.exportAnnotations({ runId, annotator }, { signal: callerSignal(reply) });
    reply
      .header('content-type', 'application/x-ndjson')
      .header('content-disposition', `attachment; filename="${runId}-annotations.jsonl"`);
    return reply.send(Readable.from(linesOf(rows)));
  });
}

async function* linesOf(rows: AsyncIterable<{ readonly rowJson: string }>): AsyncGenerator<string> {
  for await (const { rowJson } of rows) yield `${rowJson}\n`;
}
