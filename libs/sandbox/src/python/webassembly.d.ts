/**
 * The part of the engine's WebAssembly interface that the interpreter needs; Node's types lack it, since browsers' types
 * declare it.
 */
declare namespace WebAssembly {
  type ImportValue = ((...args: never[]) => unknown) | Global | Memory | Table | Tag;
  type ExportValue = ((...args: number[]) => number) | Global | Memory | Table | Tag;
  type Imports = Record<string, Record<string, ImportValue>>;

  class Module {
    constructor(bytes: Uint8Array);
    readonly [Symbol.toStringTag]: 'WebAssembly.Module';
    static imports(module: Module): { module: string; name: string; kind: string }[];
  }
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Readonly<Record<string, ExportValue>>;
  }
  class Memory {
    constructor(limits: { initial: number; maximum: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Table {
    constructor(description: { initial: number; element: 'anyfunc' });
    get(index: number): ((...args: number[]) => number) | null;
    set(index: number, entry: ExportValue): void;
  }
  class Global {
    constructor(description: { value: 'i32'; mutable: boolean }, value: number);
    value: number;
  }
  class Tag {
    constructor(description: { parameters: readonly 'i32'[] });
    readonly [Symbol.toStringTag]: 'WebAssembly.Tag';
  }
  class RuntimeError extends Error {}
}
