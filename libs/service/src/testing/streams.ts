/** A stream of requests with these texts. */
export async function* echoes(...texts: string[]): AsyncIterable<{ mediaType: string }> {
  for (const mediaType of texts) yield await Promise.resolve({ mediaType });
}

/** Every message of a stream. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}
