import { generation } from '@sipf/contracts';
import { chatRequest, completionRequest } from '@sipf/openai';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import {
  chatAnswer,
  chatChunk,
  completionAnswer,
  placesOf,
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

/** Adds what writes: completions of texts and of conversations. */
export function addCompletionRoutes(server: FastifyInstance, parts: OpenAiParts): void {
  server.post('/v1/completions', allowed(generate), (request, reply) => {
    const asked = parseBody(completionRequest, request.body);
    const context = contextOf(asked.model, request, parts);
    const wanted = wantedOfText(asked);
    const head = headOf('cmpl', asked.model, parts);
    return answer(
      completionOrder(asked, context),
      { request, reply, parts, asked },
      {
        whole: (choices) => completionAnswer(head, choices, wanted),
        piece: (choices) => completionAnswer(head, choices, wanted),
      },
    );
  });
  server.post('/v1/chat/completions', allowed(generate), (request, reply) => {
    const asked = parseBody(chatRequest, request.body);
    const context = contextOf(asked.model, request, parts);
    const head = headOf('chatcmpl', asked.model, parts);
    const wanted = wantedOfChat(asked);
    return answer(
      chatOrder(asked, context),
      { request, reply, parts, asked },
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
  readonly asked: {
    readonly stream?: boolean | null | undefined;
    readonly stream_options?: { readonly include_usage?: boolean | null | undefined } | null | undefined;
  };
}

async function answer(order: generation.GenerateRequest, { request, reply, parts, asked }: Call, form: Form) {
  const options = { ...parts.callOptions(request, reply), idempotent: true };
  const choices = choicesOf(parts.client.generate(order, options), order);
  if (asked.stream !== true) {
    const all: Choice[] = [];
    for await (const choice of choices) all.push(choice);
    all.sort((a, b) => a.index - b.index);
    return { ...form.whole(all), usage: usageOf(all) };
  }
  const withUsage = asked.stream_options?.include_usage === true;
  const first = await choices.next();
  const events = dataEvents(pieces(first, choices, { form, withUsage }), parts.logFailure);
  reply.header('content-type', 'text/event-stream').header('cache-control', 'no-store');
  return reply.send(Readable.from(events));
}

async function* choicesOf(
  paths: AsyncIterable<generation.GenerateResponse>,
  order: generation.GenerateRequest,
): AsyncGenerator<Choice, undefined, undefined> {
  const place = placesOf(order);
  for await (const path of paths) yield place(path);
}

/** What is wrong with a request is known before its first choice, and then is a status instead of an event. */
async function* pieces(
  first: IteratorResult<Choice, undefined>,
  rest: AsyncIterable<Choice>,
  { form, withUsage }: { readonly form: Form; readonly withUsage: boolean },
): AsyncGenerator {
  const seen: Choice[] = [];
  const unsaid = unsaidParts();
  const tell = (choice: Choice): object => {
    if (!choice.path.isPiece) seen.push(choice);
    return form.piece([unsaid(choice)]);
  };
  if (first.done !== true) yield tell(first.value);
  for await (const choice of rest) yield tell(choice);
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
