import { ItemQueue } from '@sipf/async';
import type { SamplePiece } from '@sipf/inference';

/** A finished sample, or what an unfinished one has written since its last piece. */
export type SampleOrPiece<Sample> =
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'piece'; readonly piece: SamplePiece };

/**
 * Finished samples, and between them pieces of the unfinished ones. Joins the pieces that a slow reader has not taken yet: at
 * most one piece per sample waits, and none follows its finished sample.
 * @param generate starts the samples and emits their pieces
 */
export async function* withPieces<Sample extends Pick<SamplePiece, 'requestIndex' | 'sampleIndex'>>(
  generate: (onPiece: (piece: SamplePiece) => void) => AsyncIterable<Sample>,
): AsyncGenerator<SampleOrPiece<Sample>, void, undefined> {
  const queue = new ItemQueue<Sample | string>();
  const waiting = new Map<string, SamplePiece>();
  const samples = generate((piece) => {
    const name = nameOf(piece);
    const before = waiting.get(name);
    waiting.set(name, before === undefined ? piece : { ...before, text: before.text + piece.text });
    if (before === undefined) queue.push(name);
  })[Symbol.asyncIterator]();
  const feeding = feed(samples, queue);
  try {
    for await (const item of queue) {
      if (typeof item !== 'string') {
        waiting.delete(nameOf(item));
        yield { kind: 'sample', sample: item };
        continue;
      }
      const piece = waiting.get(item);
      waiting.delete(item);
      if (piece !== undefined) yield { kind: 'piece', piece };
    }
  } finally {
    await samples.return?.();
    await feeding;
  }
}

async function feed<Sample>(
  samples: AsyncIterator<Sample>,
  queue: ItemQueue<Sample | string>,
): Promise<void> {
  try {
    for (;;) {
      await queue.roomUnder(UNREAD_LIMIT);
      const next = await samples.next();
      if (next.done === true) break;
      queue.push(next.value);
    }
    queue.end();
  } catch (error) {
    queue.fail(error);
  }
}

/** Samples and pieces that may wait for the reader before no further sample is taken. */
const UNREAD_LIMIT = 256;

function nameOf({ requestIndex, sampleIndex }: Pick<SamplePiece, 'requestIndex' | 'sampleIndex'>): string {
  return `${requestIndex}/${sampleIndex}`;
}
