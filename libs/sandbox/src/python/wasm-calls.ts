import { unexpected, WasmReader } from './wasm-reader.ts';

/** A direct call in a function's code. */
export interface Call {
  readonly callee: number;
  /** The offset of the callee's number, and its length in bytes. */
  readonly position: number;
  readonly bytes: number;
}

/** How many numbers follow an instruction's code, by ranges of codes; all others have none. */
const operands: readonly (readonly [first: number, last: number, count: number])[] = [
  ...([
    [0x02, 0x04, 1],
    [0x06, 0x09, 1],
    [0x0c, 0x0d, 1],
    [0x18, 0x18, 1],
    [0x12, 0x12, 1],
  ] as const),
  ...([
    [0x11, 0x11, 2],
    [0x13, 0x13, 2],
    [0x20, 0x26, 1],
    [0x28, 0x3e, 2],
    [0x3f, 0x42, 1],
  ] as const),
  ...([
    [0xd0, 0xd0, 1],
    [0xd2, 0xd2, 1],
  ] as const),
];
/** The same for instructions that begin with 0xfc. */
const bulkOperands = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];
const [call, branchTable, select, tryTable, float32, float64, bulk] = [
  0x10, 0x0e, 0x1c, 0x1f, 0x43, 0x44, 0xfc,
];
const firstVector = 0xfd;

/**
 * The direct calls of a function, whose code begins with its variables.
 * @throws SipfError for instructions of vectors and threads
 */
export function* callsIn(code: Uint8Array): Generator<Call> {
  const reader = new WasmReader(code, 0);
  for (let groups = reader.unsigned(); groups > 0; groups -= 1) {
    reader.unsigned();
    reader.byte();
  }
  while (!reader.isAtEnd) {
    const instruction = reader.byte();
    if (instruction === call) {
      const position = reader.position;
      yield { callee: reader.unsigned(), position, bytes: reader.position - position };
    } else skipOperands(reader, instruction);
  }
}

function skipOperands(reader: WasmReader, instruction: number): void {
  if (instruction >= firstVector || instruction === tryTable)
    throw unexpected(`it has instruction ${instruction}`);
  if (instruction === float32) reader.bytes(4);
  else if (instruction === float64) reader.bytes(8);
  else if (instruction === branchTable) skipNumbers(reader, reader.unsigned() + 1);
  else if (instruction === select) reader.bytes(reader.unsigned());
  else if (instruction === bulk) skipNumbers(reader, bulkOperands[reader.unsigned()] ?? 0);
  else
    skipNumbers(
      reader,
      operands.find(([first, last]) => first <= instruction && instruction <= last)?.[2] ?? 0,
    );
}

function skipNumbers(reader: WasmReader, count: number): void {
  for (let rest = count; rest > 0; rest -= 1) while (reader.byte() >= 0x80);
}
