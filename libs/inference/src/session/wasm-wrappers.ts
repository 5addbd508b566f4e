import { setFlagsFromString } from 'node:v8';

let kept = false;

/**
 * Keeps V8 from compiling wrappers for the functions that WebAssembly imports; they stay generic. Several threads that
 * compile and free them (every thread that loads TypeScript does: types are stripped by a WebAssembly module) now and then
 * abort the process in V8 13 ("Check failed: jit_page.has_value()", from Runtime_TierUpWasmToJSWrapper). Takes effect in
 * threads that start afterwards.
 */
export function keepGenericWasmWrappers(): void {
  if (kept) return;
  kept = true;
  // Calls until a wrapper is compiled; more than any thread makes.
  setFlagsFromString('--wasm-wrapper-tiering-budget=1000000000');
}
