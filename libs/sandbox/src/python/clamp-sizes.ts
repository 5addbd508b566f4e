import { encodeSigned, encodeUnsigned } from './wasm-binary.ts';
import { callsIn } from './wasm-calls.ts';
import { externalKinds, headerBytes, readSections, unexpected, WasmReader } from './wasm-reader.ts';

const sectionIds = { imports: 2, functions: 3, exports: 7, elements: 9, code: 10 } as const;
const largest = 2 ** 31 - 1;
const noCode = new Uint8Array([0]);

/** C functions that make a size of a number, or set an error where it is beyond 32 bits. */
const readers = ['PyLong_AsSsize_t', 'PyNumber_AsSsize_t', '_Py_convert_optional_to_ssize_t'] as const;

/** The functions whose sizes are clamped, directly or in the function that reads their sizes. */
export interface Clamping {
  /** Their entries in the module's table. */
  readonly entries: readonly number[];
  readonly exports: readonly string[];
}

/** The functions of a module and their indices. */
interface Functions {
  readonly imported: number;
  readonly types: readonly number[];
  readonly codes: readonly Uint8Array[];
  readonly exported: ReadonlyMap<string, number>;
  readonly table: readonly number[];
}

/**
 * Makes an interpreter in which some functions take a size beyond 32 bits, that 64 bits hold, for the largest of 32 bits, where
 * all others refuse it. @throws SipfError where one of them reads no size, or in an unknown way
 */
export function clampSizes(binary: Uint8Array, { entries, exports }: Clamping): Uint8Array<ArrayBuffer> {
  const functions = readFunctions(binary);
  const numberOf = (name: string) => functions.exported.get(name) ?? missing(name);
  const added = readers.map((name) => ({
    reader: numberOf(name),
    type: functions.types[numberOf(name) - functions.imported] ?? missing(name),
    code: encodeClamping(name, numberOf),
  }));
  const first = functions.imported + functions.codes.length;
  const clamping = new Map(added.map(({ reader }, index) => [reader, first + index]));
  const codes = [...functions.codes];
  const roots = [
    ...entries.map((entry) => functions.table[entry] ?? missing(`entry ${entry}`)),
    ...exports.map(numberOf),
  ];
  for (const number of new Set(roots.map((root) => findReader(functions, root, clamping)))) {
    codes[number - functions.imported] = redirect(codes[number - functions.imported], clamping);
  }
  const types = [...functions.types, ...added.map(({ type }) => type)];
  return replaceSections(binary, {
    [sectionIds.functions]: [encodeUnsigned(types.length), ...types.map(encodeUnsigned)],
    [sectionIds.code]: [
      encodeUnsigned(codes.length + added.length),
      ...[...codes, ...added.map(({ code }) => code)].flatMap((code) => [encodeUnsigned(code.length), code]),
    ],
  });
}

/** The function itself, or the nearest private function that it calls, that reads sizes. */
function findReader(functions: Functions, root: number, clamping: ReadonlyMap<number, number>): number {
  const known = new Set(functions.exported.values());
  const reached = new Set([root]);
  for (const number of reached) {
    const callees = [...callsIn(functions.codes[number - functions.imported] ?? noCode)].map(
      ({ callee }) => callee,
    );
    if (callees.some((callee) => clamping.has(callee))) return number;
    for (const callee of callees) if (!known.has(callee)) reached.add(callee);
  }
  return missing(`a size in function ${root}`);
}

function redirect(code: Uint8Array = noCode, clamping: ReadonlyMap<number, number>): Uint8Array {
  const changed = Uint8Array.from(code);
  for (const { callee, position, bytes } of callsIn(code)) {
    const target = clamping.get(callee);
    if (target === undefined) continue;
    const encoded = encodeUnsigned(target);
    if (encoded.length !== bytes) throw unexpected('a call is encoded in another length');
    changed.set(encoded, position);
  }
  return changed;
}

/** Code of a function that reads like the reader, but gives the largest or least size after an overflow within 64 bits. */
function encodeClamping(name: (typeof readers)[number], numberOf: (name: string) => number): Uint8Array {
  const [int32, int64, empty] = [0x7f, 0x7e, 0x40];
  const [ifThen, end, giveBack, select, storeInt32] = [0x04, 0x0b, 0x0f, 0x1b, 0x36];
  const [isZero32, notEqual32, equal64, atLeast64] = [0x45, 0x47, 0x51, 0x59];
  const get = (local: number) => [0x20, local];
  const keep = (local: number) => [0x22, local];
  const constant = (value: number) => [0x41, ...encodeSigned(value)];
  const constant64 = (value: number) => [0x42, ...encodeSigned(value)];
  const call = (callee: string) => [0x10, ...encodeUnsigned(numberOf(callee))];
  const when = (...steps: readonly number[]) => [ifThen, empty, ...steps, giveBack, end];
  const isConverter = name === '_Py_convert_optional_to_ssize_t';
  const parameters = name === 'PyLong_AsSsize_t' ? 1 : 2;
  const [answer, wide] = [parameters, parameters + 1];
  const ask = [
    ...Array.from({ length: parameters }, (_, local) => get(local)).flat(),
    ...call(name),
    ...keep(answer),
  ];
  const isFine = isConverter ? [] : [...constant(-1), notEqual32];
  const clamped = [
    ...constant(largest),
    ...constant(-largest - 1),
    ...get(wide),
    ...constant64(0),
    atLeast64,
    select,
  ];
  return Uint8Array.from([
    ...[2, 1, int32, 1, int64, ...ask, ...isFine, ...when(...get(answer))],
    ...[...call('PyErr_Occurred'), isZero32, ...when(...get(answer)), ...call('PyErr_Clear')],
    ...[...get(0), ...call('PyLong_AsLongLong'), ...keep(wide), ...constant64(-1), equal64],
    ...[ifThen, empty, ...call('PyErr_Occurred'), ...when(...get(answer)), end],
    ...(isConverter ? [...get(1), ...clamped, storeInt32, 2, 0, ...constant(1)] : clamped),
    end,
  ]);
}

function readFunctions(binary: Uint8Array): Functions {
  const sections = new Map([...readSections(binary)].map(({ id, body }) => [id, new WasmReader(body, 0)]));
  const read = <Item>(id: number, item: (reader: WasmReader) => Item): Item[] => {
    const reader = sections.get(id) ?? missing(`section ${id}`);
    return Array.from({ length: reader.unsigned() }, () => item(reader));
  };
  const imports = read(sectionIds.imports, (reader) => {
    reader.name();
    reader.name();
    const kind = reader.byte();
    if (kind === externalKinds.memory) reader.limits();
    else reader.skipImportType(kind);
    return kind;
  });
  const exports = read(
    sectionIds.exports,
    (reader) => [reader.name(), reader.byte(), reader.unsigned()] as const,
  );
  return {
    imported: imports.filter((kind) => kind === externalKinds.function).length,
    types: read(sectionIds.functions, (reader) => reader.unsigned()),
    codes: read(sectionIds.code, (reader) => reader.bytes(reader.unsigned())),
    exported: new Map(
      exports.flatMap(([name, kind, number]) => (kind === externalKinds.function ? [[name, number]] : [])),
    ),
    table: read(sectionIds.elements, readElements).flat(),
  };
}

/** Elements placed into the table at an offset given by a global; the only kind in the interpreter. */
function readElements(reader: WasmReader): number[] {
  const [flags, getGlobal] = [reader.unsigned(), reader.byte()];
  reader.unsigned();
  if (flags !== 0 || getGlobal !== 0x23 || reader.byte() !== 0x0b)
    throw unexpected('its table is filled in another way');
  return Array.from({ length: reader.unsigned() }, () => reader.unsigned());
}

function replaceSections(
  binary: Uint8Array,
  replaced: Readonly<Record<number, readonly Uint8Array[]>>,
): Uint8Array<ArrayBuffer> {
  const parts = [binary.subarray(0, headerBytes)];
  for (const { id, body } of readSections(binary)) {
    const kept = Buffer.concat(replaced[id] ?? [body]);
    parts.push(Uint8Array.of(id), encodeUnsigned(kept.length), kept);
  }
  return Uint8Array.from(Buffer.concat(parts));
}

function missing(what: string): never {
  throw unexpected(`${what} is missing`);
}
