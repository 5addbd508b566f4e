import { generation } from '@sipf/contracts';
import { chatRequest, completionRequest } from '@sipf/openai';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import {
  chatAnswer,
  chatChunk,
  completionAnswer,
  choiceIndexing,
  unsaidParts,
  usageOf,
  type AnswerHead,
  type Choice,
} from './answers.ts';
import { dataEvents } from './data-events.ts';
import { parseBody } from './openai-error.ts';
import { allowed, type OpenAiParts } from './openai-parts.ts';
import { chatOrder, completionOrder, wantedOfChat, wantedOfText } from './sampling-request.ts';

const { generate } = generation.GenerationServiceDefinition.methods;

/** Adds the routes of completions, of texts and of conversations. */
export function addCompletionRoutes(server: FastifyInstance, parts: OpenAiParts): void {
  server.post('/v1/completions', allowed(generate), (request, reply) => {
    const body = parseBody(completionRequest, request.body);
    const context = contextOf(body.model, request, parts);
    const wanted = wantedOfText(body);
    const head = headOf('cmpl', body.model, parts);
    return answer(
      completionOrder(body, context),
      { request, reply, parts, body },
      {
        whole: (choices) => completionAnswer(head, choices, wanted),
        piece: (choices) => completionAnswer(head, choices, wanted),
      },
    );
  });
  server.post('/v1/chat/completions', allowed(generate), (request, reply) => {
    const body = parseBody(chatRequest, request.body);
    const context = contextOf(body.model, request, parts);
    const head = headOf('chatcmpl', body.model, parts);
    const wanted = wantedOfChat(body);
    return answer(
      chatOrder(body, context),
      { request, reply, parts, body },
      {
        whole: (choices) => chatAnswer(head, choices, wanted),
        piece: (choices) => chatChunk(head, choices, wanted),
      },
    );
  });
}

/** How choices are written, all at once or as pieces of a stream. */
interface Form {
  readonly whole: (choices: readonly Choice[]) => object;
  readonly piece: (choices: readonly Choice[]) => object;
}

interface Call {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly parts: OpenAiParts;
  readonly body: {
    readonly stream?: boolean | null | undefined;
    readonly stream_options?: { readonly include_usage?: boolean | null | undefined } | null | undefined;
  };
}

async function answer(order: generation.GenerateRequest, { request, reply, parts, body }: Call, form: Form) {
  const options = { ...parts.callOptions(request, reply), idempotent: true };
  const choices = choicesOf(parts.client.generate(order, options), order);
  if (body.stream !== true) {
    const all: Choice[] = [];
    for await (const choice of choices) all.push(choice);
    all.sort((a, b) => a.index - b.index);
    return { ...form.whole(all), usage: usageOf(all) };
  }
  const withUsage = body.stream_options?.include_usage === true;
  const first = await choices.next();
  const events = dataEvents(pieces(first, choices, { form, withUsage }), parts.logFailure);
  reply.header('content-type', 'text/event-stream').header('cache-control', 'no-store');
  return reply.send(Readable.from(events));
}

async function* choicesOf(
  paths: AsyncIterable<generation.GenerateResponse>,
  order: generation.GenerateRequest,
): AsyncGenerator<Choice, undefined, undefined> {
  const choiceOf = choiceIndexing(order);
  for await (const path of paths) yield choiceOf(path);
}

/** The caller has awaited the first choice already: an invalid request fails before it, with a status instead of an event. */
async function* pieces(
  first: IteratorResult<Choice, undefined>,
  rest: AsyncIterable<Choice>,
  { form, withUsage }: { readonly form: Form; readonly withUsage: boolean },
): AsyncGenerator {
  const seen: Choice[] = [];
  const unsaid = unsaidParts();
  const pieceOf = (choice: Choice): object => {
    if (!choice.path.isPiece) seen.push(choice);
    return form.piece([unsaid(choice)]);
  };
  if (first.done !== true) yield pieceOf(first.value);
  for await (const choice of rest) yield pieceOf(choice);
  if (withUsage) yield { ...form.piece(seen), choices: [], usage: usageOf(seen) };
}

function contextOf(
  name: string | null | undefined,
  { headers }: FastifyRequest,
  { names, drawSeed }: OpenAiParts,
) {
  return { model: names.resolve(name ?? undefined), headers, drawSeed };
}

function headOf(kind: string, name: string | null | undefined, { newId, now }: OpenAiParts): AnswerHead {
  return { id: `${kind}-${newId()}`, created: Math.floor(now() / 1000), name: name ?? undefined };
}
