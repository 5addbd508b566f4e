import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';

/** The machine code that the engine has optimised for a module so far. Must not be called while it optimises. */
export function serializeCode(module: WebAssembly.Module): Uint8Array<ArrayBuffer> {
  const serialize = nativeFunction('(module) => %SerializeWasmModule(module)') as (
    module: WebAssembly.Module,
  ) => ArrayBuffer | undefined;
  return new Uint8Array(serialize(module) ?? new ArrayBuffer(0));
}

/**
 * Creates a module with cached machine code, if any. The engine compares versions, flags and the processor's features, and
 * recompiles the module where the code does not match.
 */
export function moduleWithCode(
  wasm: Uint8Array<ArrayBuffer>,
  code: Uint8Array<ArrayBuffer>,
): WebAssembly.Module {
  const deserialize = nativeFunction('(code, wasm) => %DeserializeWasmModule(code, wasm)') as (
    code: ArrayBuffer,
    wasm: Uint8Array,
  ) => WebAssembly.Module | undefined;
  const module = code.length === 0 ? undefined : deserialize(Uint8Array.from(code).buffer, wasm);
  return module ?? new WebAssembly.Module(wasm);
}

/** Compiles a call of an internal function of the engine, which Node does not expose and later scripts cannot name. */
function nativeFunction(source: string): unknown {
  setFlagsFromString('--allow-natives-syntax');
  try {
    return runInThisContext(source);
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}
