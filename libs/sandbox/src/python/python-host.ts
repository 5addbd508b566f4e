import { SipfError } from '@sipf/errors';
import ivm from 'isolated-vm';
import { encodeArgumentCounter } from './argument-counter.ts';
import { moduleWithCode } from './compiled-code.ts';
import { linking, maxPages, pageBytes } from './linking.ts';
import type { PythonImage } from './python-image.ts';
import { pythonRealmSource } from './python-realm-source.ts';
import type { PythonReport, PythonSources } from './realm/create-interpreter.ts';
import type { PythonInput } from './realm/create-python-realm.ts';
import { encodeRestoreModule } from './restore-module.ts';

/** Takes output as binary text. */
export type WriteBinary = (descriptor: 1 | 2, text: string) => void;

/** An interpreter in a new isolate, fresh from the image, for one program. */
export interface ResumedPython {
  readonly isolate: ivm.Isolate;
  /** Most pages of 64 KiB of its memory, with `addedMiB` added. */
  readonly run: (input: PythonInput, sources: PythonSources, timeoutMs: number) => PythonReport;
  /** Pages of the memory at present. */
  readonly pages: () => number;
  readonly dispose: () => void;
}

/** Memory of JavaScript's part of an isolate: the files of a program and some objects. */
const isolateMemoryMiB = 256;

interface Memory {
  readonly memory: WebAssembly.Memory;
  readonly copy: ivm.ExternalCopy<unknown>;
  readonly restore: () => void;
}

/** Resumes interpreters from an image, one at a time. Reuses memory pages, with all contents replaced. */
export class PythonHost {
  readonly #image: PythonImage;
  readonly #parts: ivm.ExternalCopy<unknown>;
  readonly #library: ivm.ExternalCopy<unknown>;
  readonly #compiledRealm: ivm.ExternalCopy<ArrayBuffer>;
  readonly #restorer: WebAssembly.Module;
  #memory: Memory;

  constructor(image: PythonImage, module = moduleWithCode(image.module, image.code)) {
    this.#image = image;
    this.#parts = new ivm.ExternalCopy({
      ...{ linking, environment: [], stackPointer: image.stackPointer },
      ...{ handles: image.handles, imports: image.imports },
      module,
      counter: new WebAssembly.Module(encodeArgumentCounter()),
    });
    const shared = new Uint8Array(new SharedArrayBuffer(image.library.length));
    shared.set(image.library);
    this.#library = new ivm.ExternalCopy(shared);
    this.#compiledRealm = compileRealm();
    this.#restorer = new WebAssembly.Module(encodeRestoreModule(image.segments, image.pages));
    this.#memory = this.#createMemory();
  }

  /** Pages that an interpreter has before its program. */
  get imagePages(): number {
    return this.#image.pages;
  }

  /** Prepares an interpreter. */
  resume(write: WriteBinary): ResumedPython {
    if (this.#memory.memory.buffer.byteLength > this.#image.pages * pageBytes) this.#replaceMemory();
    const { memory, copy, restore } = this.#memory;
    const isolate = new ivm.Isolate({ memoryLimit: isolateMemoryMiB });
    const values = [
      this.#parts.copyInto(),
      copy.copyInto(),
      this.#library.copyInto(),
      new ivm.Callback(write),
    ];
    const options = { result: { reference: true as const } };
    const run = this.#evaluateRealm(isolate).applySync(undefined, values, options);
    // Only now, because creating the instance writes to the memory.
    restore();
    return {
      isolate,
      run: (input, sources, timeoutMs) =>
        run.applySync(undefined, [input, sources], {
          timeout: timeoutMs,
          arguments: { copy: true },
          result: { copy: true },
        }),
      pages: () => memory.buffer.byteLength / pageBytes,
      dispose: () => {
        if (!isolate.isDisposed) isolate.dispose();
      },
    };
  }

  #evaluateRealm(isolate: ivm.Isolate) {
    const script = isolate.compileScriptSync(pythonRealmSource, { cachedData: this.#compiledRealm });
    return script.runSync(isolate.createContextSync(), { reference: true }) as ivm.Reference<
      (...parts: unknown[]) => (input: PythonInput, sources: PythonSources) => PythonReport
    >;
  }

  #replaceMemory(): void {
    const { copy } = this.#memory;
    this.#memory = this.#createMemory();
    copy.release();
    // The engine does not count such a memory's contents, and would collect it late.
    globalThis.gc?.();
  }

  #createMemory(): Memory {
    const memory = new WebAssembly.Memory({ initial: this.#image.pages, maximum: maxPages, shared: true });
    const { exports } = new WebAssembly.Instance(this.#restorer, { e: { m: memory } });
    return { memory, copy: new ivm.ExternalCopy({ memory }), restore: exports.r as () => void };
  }
}

/** The script as byte code with all its functions, which every isolate would otherwise parse and compile again. */
function compileRealm(): ivm.ExternalCopy<ArrayBuffer> {
  const isolate = new ivm.Isolate();
  // Missing in the package's types.
  const compiled = isolate.compileScriptSync(pythonRealmSource, { produceCachedData: true }) as ivm.Script &
    ivm.CachedDataResult;
  isolate.dispose();
  if (compiled.cachedData !== undefined) return compiled.cachedData;
  throw new SipfError('unavailable', 'the engine keeps no byte code', { reason: 'SANDBOX_START_FAILED' });
}
