import { readJsonLines } from '@sipf/artifacts';
import { verification } from '@sipf/contracts';
import { scopeOf, type ServiceClient } from '@sipf/service';
import { callerSignal, deadlineOf, eventStream } from '@sipf/service/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { STREAM_TYPES } from '../contract/open-api.ts';
import type { ServiceContract } from '../contract/service-contract.ts';
import { jsonOf, messageOf } from '../contract/transcoder.ts';

/** What the routes of the verification service need. */
export interface VerificationRoutes {
  readonly contract: ServiceContract;
  readonly client: ServiceClient<verification.VerificationServiceDefinition>;
  /** Longest call, in milliseconds. */
  readonly maxCallMs: number;
  /** Longest line of a stream, in bytes. */
  readonly maxLineBytes: number;
  /** Logs an error that ended a stream and gives its id. */
  readonly logFailure: (error: unknown) => string;
}

const { score, scoreStream, info } = verification.VerificationServiceDefinition.methods;

/** Adds a route for every method of the service. */
export function addVerificationRoutes(server: FastifyInstance, routes: VerificationRoutes): void {
  const { contract, client, maxCallMs } = routes;
  const options = (request: FastifyRequest, reply: FastifyReply) => ({
    signal: callerSignal(reply),
    deadlineMs: deadlineOf(request, maxCallMs),
  });
  const [scoring, streaming, informing] = [score, scoreStream, info].map(({ name }) =>
    methodOf(contract, name),
  ) as [Method, Method, Method];
  server.post(scoring.path, allowed(scoring), async (request, reply) => {
    const message = messageOf(scoring.method.input, score.requestType, request.body);
    const answer = await client.score(message, { ...options(request, reply), idempotent: true });
    return jsonOf(scoring.method.output, score.responseType, answer);
  });
  const inform = async (request: FastifyRequest, reply: FastifyReply) =>
    jsonOf(informing.method.output, info.responseType, await client.info({}, options(request, reply)));
  server.get(informing.path, allowed(informing), inform);
  server.post(informing.path, allowed(informing), inform);
  addStreamRoute(server, routes, { streaming, options });
}

interface StreamRoute {
  readonly streaming: Method;
  readonly options: (
    request: FastifyRequest,
    reply: FastifyReply,
  ) => { readonly signal: AbortSignal; readonly deadlineMs: number };
}

/** The streaming route, the only one whose request is lines. */
function addStreamRoute(server: FastifyInstance, routes: VerificationRoutes, route: StreamRoute): void {
  const { streaming, options } = route;
  const handle = (request: FastifyRequest, reply: FastifyReply) => {
    const lines =
      request.body instanceof Readable ? request.body : Readable.from([JSON.stringify(request.body)]);
    const messages = requestMessages(lines, streaming, routes.maxLineBytes);
    const answers = routes.client.scoreStream(messages, options(request, reply));
    const events = eventStream(answerJson(answers, streaming), routes.logFailure);
    reply.header('content-type', STREAM_TYPES.response).header('cache-control', 'no-store');
    return reply.send(Readable.from(events));
  };
  server.register((lines, _options, done) => {
    lines.addContentTypeParser(STREAM_TYPES.request, (_request, payload, parsed) => {
      parsed(null, payload);
    });
    lines.post(streaming.path, allowed(streaming), handle);
    done();
  });
}

type Method = ServiceContract['methods'][number];

/** The scope that a caller's token needs: the same as for the method over gRPC. */
function allowed({ method }: Method) {
  return { config: { scope: scopeOf(`/${method.parent.typeName}/${method.name}`) } };
}

function methodOf({ methods }: ServiceContract, name: string): Method {
  const found = methods.find(({ method }) => method.name === name);
  if (found === undefined) throw new TypeError(`the contract has no method ${name}`);
  return found;
}

async function* requestMessages(
  lines: AsyncIterable<Uint8Array | string>,
  { method }: Method,
  maxLineBytes: number,
): AsyncGenerator<verification.ScoreStreamRequest> {
  const parse = (json: unknown) => messageOf(method.input, scoreStream.requestType, json);
  const bytes = Readable.from(lines).map((chunk: Uint8Array | string) => Buffer.from(chunk));
  for await (const { value } of readJsonLines(bytes as AsyncIterable<Uint8Array>, {
    name: 'body',
    parse,
    maxLineBytes,
  })) {
    yield value;
  }
}

async function* answerJson(
  answers: AsyncIterable<verification.ScoreStreamResponse>,
  { method }: Method,
): AsyncGenerator {
  for await (const answer of answers) yield jsonOf(method.output, scoreStream.responseType, answer);
}
