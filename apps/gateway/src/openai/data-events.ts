import { openAiFailureOf } from './openai-error.ts';

/**
 * Answers as OpenAI streams them: Server-Sent Events of data alone, then `[DONE]`; where the stream fails, the error is the last
 * event before it.
 * @param failed logs the error that ended the stream and returns its id
 */
export async function* dataEvents(
  answers: AsyncIterable<unknown>,
  failed: (error: unknown) => string,
): AsyncGenerator<string> {
  try {
    for await (const answer of answers) yield event(answer);
  } catch (error) {
    yield event(openAiFailureOf(error, failed(error)).body);
  }
  yield 'data: [DONE]\n\n';
}

function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
