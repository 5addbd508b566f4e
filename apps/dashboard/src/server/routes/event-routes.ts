import { callerSignal, EVENT_STREAM, eventStream } from '@sipf/service/http';
import type { FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { parseInput } from '../parse-input.ts';
import { newsOf } from '../translate/runs.ts';
import type { Clients } from './clients.ts';
import { runParams } from './run-routes.ts';

const query = z.object({ from: z.coerce.bigint().min(0n).default(0n) });

/** The news of a run as Server-Sent Events, until it ends or the page closes. */
export function addEventRoutes(
  server: FastifyInstance,
  { runs }: Clients,
  { maxCallMs, logFailure }: { readonly maxCallMs: number; readonly logFailure: (error: unknown) => string },
): void {
  server.get('/api/runs/:id/events', (request, reply) => {
    const { id: runId } = parseInput(runParams, request.params);
    const { from: fromEntry } = parseInput(query, request.query);
    const signal = callerSignal(reply);
    const news = runs.watchRun({ runId, fromEntry }, { signal, deadlineMs: maxCallMs });
    const events = eventStream(newsOf(news), (error) => (signal.aborted ? '' : logFailure(error)));
    reply.header('content-type', EVENT_STREAM).header('cache-control', 'no-store');
    return reply.send(Readable.from(events));
  });
}
