import type { PreparedFile } from './confinement/launch-script.ts';
import type { Language } from './program.ts';
import { stackArgument, stackKiB } from './python/engine-stack.ts';
import { imageFile } from './python/image-file.ts';

/** A kind of child process: exchanges the lines of `messages.ts` and runs the programs of its languages. */
export interface Runner {
  readonly name: string;
  /** The module that the child runs. */
  readonly entry: URL;
  readonly nodeArguments: readonly string[];
  /** The stack that its children need; by default the host's. */
  readonly stackKiB?: number;
  /** A file that its children get. */
  readonly prepared?: () => PreparedFile;
}

const javascript: Runner = {
  name: 'javascript',
  entry: new URL('./javascript/child.ts', import.meta.url),
  // The snapshot breaks isolated-vm; the fixed seed makes Math.random repeat in every run of a program.
  nodeArguments: ['--no-node-snapshot', '--random-seed=20250119', '--no-warnings'],
};

// The child triggers collections, because memories that grew would pile up. Code that it compiles once for all its isolates is
// valid only where they have the same flags.
const pythonArguments = () => [
  ...['--no-node-snapshot', '--no-warnings', '--expose-gc', '--no-lazy'],
  stackArgument(),
];

const python: Runner = {
  name: 'python',
  entry: new URL('./python/child.ts', import.meta.url),
  get nodeArguments() {
    return pythonArguments();
  },
  get stackKiB() {
    return stackKiB();
  },
  prepared: () => imageFile(pythonArguments()),
};

/** The runner of each language: another language is another entry here and a child module. */
export const runners: Readonly<Record<Language, Runner>> = { javascript, typescript: javascript, python };
