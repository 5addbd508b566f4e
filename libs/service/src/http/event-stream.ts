import { httpErrorOf } from './http-error.ts';

/** Media type of {@link eventStream}. */
export const EVENT_STREAM = 'text/event-stream';

/**
 * Answers as Server-Sent Events: one numbered event per answer, then `end` after a complete stream, or `error` with the body of
 * an HTTP error.
 * @param failed logs the error that ended the stream and returns its id
 */
export async function* eventStream(
  answers: AsyncIterable<unknown>,
  failed: (error: unknown) => string,
): AsyncGenerator<string> {
  let id = 0;
  try {
    for await (const answer of answers) yield event('answer', answer, id++);
    yield event('end', {}, id);
  } catch (error) {
    const { status, body } = httpErrorOf(error, failed(error));
    yield event('error', { status, ...body }, id);
  }
}

function event(name: string, data: unknown, id: number): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
