/** The interpreter's linear memory. Text is binary: one character per byte, UTF-8 where it is read as text outside. */
export interface Heap {
  readonly bytes: () => Uint8Array;
  readonly view: () => DataView;
  readonly readText: (pointer: number, length?: number) => string;
  /** Writes the text without a terminator. */
  readonly writeText: (pointer: number, text: string) => void;
}

/** Opens a memory for reading and writing; growth is followed. Runs inside the isolate from its source text. */
export function createHeap(memory: WebAssembly.Memory): Heap {
  const chunkChars = 8192;
  let buffer = memory.buffer;
  let bytes = new Uint8Array(buffer);
  let view = new DataView(buffer);
  const follow = () => {
    if (memory.buffer === buffer) return;
    buffer = memory.buffer;
    bytes = new Uint8Array(buffer);
    view = new DataView(buffer);
  };
  const current = () => {
    follow();
    return bytes;
  };
  return {
    bytes: current,
    view: () => {
      follow();
      return view;
    },
    readText: (pointer, length) => {
      const all = current();
      const end = length === undefined ? all.indexOf(0, pointer) : pointer + length;
      const parts: string[] = [];
      for (let at = pointer; at < end; at += chunkChars) {
        parts.push(String.fromCharCode(...all.subarray(at, Math.min(end, at + chunkChars))));
      }
      return parts.join('');
    },
    writeText: (pointer, text) => {
      const all = current();
      for (let index = 0; index < text.length; index += 1) all[pointer + index] = text.charCodeAt(index);
    },
  };
}
