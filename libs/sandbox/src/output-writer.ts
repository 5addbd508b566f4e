import type { Send } from './child-loop.ts';
import type { Limits } from './limits.ts';

/** Takes a piece of a program's output. */
export type WriteText = (stream: 'stdout' | 'stderr', text: string) => void;

/** Sends output to the parent up to its limit; calls `exceed` before it sends the piece beyond it. */
export function outputWriter(limits: Limits, send: Send, exceed: () => void): WriteText {
  let bytes = 0;
  return (stream, text) => {
    bytes += Buffer.byteLength(text);
    if (bytes > limits.maxOutputBytes) exceed();
    send({ type: 'output', stream, text });
  };
}
