const int32 = 0x7f;
const maxArguments = 3;
const section = (id: number, body: readonly number[]) => [id, body.length, ...body];
const text = (name: string) => [name.length, ...Buffer.from(name)];

/** `if (table[entry] is a function of that many numbers) return count` */
function test(count: number): number[] {
  const [localGet, tableGet, refTest, ifThen, constant, giveBack, end] = [
    0x20, 0x25, 0x14, 0x04, 0x41, 0x0f, 0x0b,
  ];
  return [localGet, 0, tableGet, 0, 0xfb, refTest, count, ifThen, 0x40, constant, count, giveBack, end];
}

/**
 * A module whose one function `f` returns how many arguments (0 to 3) a function of the imported table `e.t` takes, or -1.
 * CPython calls functions with more arguments than they declare, which WebAssembly does not allow, and calls this first.
 */
export function encodeArgumentCounter(): Uint8Array<ArrayBuffer> {
  const counts = Array.from({ length: maxArguments + 1 }, (_, count) => count);
  const types = counts.flatMap((count) => [0x60, count, ...Array<number>(count).fill(int32), 1, int32]);
  const body = [0, ...counts.toReversed().flatMap(test), 0x41, 0x7f, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [counts.length, ...types]),
    ...section(2, [1, ...text('e'), ...text('t'), 1, 0x70, 0, 0]),
    ...section(3, [1, 1]),
    ...section(7, [1, ...text('f'), 0, 0]),
    ...section(10, [1, body.length, ...body]),
  ]);
}
