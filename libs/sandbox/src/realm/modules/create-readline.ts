import type { Emitter, EmitterType } from './create-events.ts';
import type { InputStream } from './create-stdin.ts';

/** What {@link createReadline} is put together from. */
export interface ReadlineParts {
  readonly emitters: EmitterType;
  readonly stdin: () => InputStream;
  readonly later: (work: () => void) => void;
}

/** The modules `readline` and `readline/promises`. */
export interface ReadlineModules {
  readonly readline: object;
  readonly promises: object;
}

/**
 * Builds the `readline` of programs: as in Node, the lines of a chunk are emitted at once, and those without a reader or listener
 * are lost. Runs inside the isolate from its source text.
 */
export function createReadline({ emitters, stdin, later }: ReadlineParts): ReadlineModules {
  interface Output {
    write(text: string): unknown;
  }
  interface Options {
    readonly input?: InputStream;
    readonly output?: Output;
    readonly prompt?: string;
  }
  type Answer = (line: string) => void;
  const lineEnd = /\r\n|\n|\r|\u2028|\u2029/;

  class Interface extends emitters {
    closed = false;
    line = '';
    terminal = false;
    readonly output: Output | undefined;
    protected asked: Answer | undefined;
    readonly #input: InputStream;
    #prompt: string;
    #rest = '';

    constructor(options: Options = {}, output?: Output) {
      super();
      const isStream = typeof (options as Partial<Emitter>).on === 'function';
      this.#input = (isStream ? (options as InputStream) : options.input) ?? stdin();
      this.output = isStream ? output : options.output;
      this.#prompt = options.prompt ?? '> ';
      this.#input.setEncoding('utf8');
      this.#input.on('data', (chunk: unknown) => {
        this.#take(String(chunk));
      });
      this.#input.on('end', () => {
        if (this.#rest !== '') this.#emit(this.#rest);
        this.#rest = '';
        this.close();
      });
    }
    #take(text: string): void {
      // A return at the end may be the first half of a line's end.
      const parts = (this.#rest + text).split(lineEnd);
      this.#rest = parts.pop() ?? '';
      for (const line of parts) this.#emit(line);
    }
    #emit(line: string): void {
      const { asked } = this;
      this.asked = undefined;
      if (asked === undefined) this.emit('line', line);
      else asked(line);
    }
    setPrompt(prompt: string): void {
      this.#prompt = prompt;
    }
    getPrompt(): string {
      return this.#prompt;
    }
    prompt(): void {
      this.output?.write(this.#prompt);
      this.#input.resume();
    }
    question(query: string, options: unknown, callback?: Answer): void {
      if (this.closed) {
        throw Object.assign(new Error('readline was closed'), { code: 'ERR_USE_AFTER_CLOSE' });
      }
      if (this.asked !== undefined) {
        this.prompt();
        return;
      }
      this.output?.write(query);
      this.asked = callback ?? (options as Answer);
    }
    write(text: string): void {
      this.#take(text);
    }
    pause(): this {
      this.#input.pause();
      this.emit('pause');
      return this;
    }
    resume(): this {
      this.#input.resume();
      this.emit('resume');
      return this;
    }
    close(): void {
      if (this.closed) return;
      this.#input.pause();
      this.closed = true;
      this.emit('close');
    }
    [Symbol.asyncIterator](): AsyncGenerator<string> {
      const lines: string[] = [];
      let wake: (() => void) | undefined;
      const note = () => {
        wake?.();
      };
      this.on('line', (line: string) => {
        lines.push(line);
        note();
      });
      this.on('close', note);
      const isOver = () => this.closed;
      const close = () => {
        this.close();
      };
      async function* iterate() {
        try {
          for (;;) {
            for (let line = lines.shift(); line !== undefined; line = lines.shift()) yield line;
            if (isOver()) return;
            await new Promise<void>((resolve) => (wake = resolve));
          }
        } finally {
          close();
        }
      }
      return iterate();
    }
  }
  const { prototype } = Interface as unknown as { prototype: { readonly question: object } };
  /** What `util.promisify` makes of it. */
  Object.assign(prototype.question, {
    [Symbol.for('nodejs.util.promisify.custom')](this: Interface, query: string) {
      return new Promise<string>((resolve) => {
        this.question(query, resolve);
      });
    },
  });
  class PromiseInterface extends Interface {
    override question(query: string): Promise<string> & undefined {
      const { promise, resolve } = Promise.withResolvers<string>();
      super.question(query, resolve);
      return promise as Promise<string> & undefined;
    }
  }
  const createWith = (type: typeof Interface) => (options?: Options, output?: Output) =>
    new type(options, output);
  const nothing = (_stream: unknown, ...rest: unknown[]) => {
    const callback = rest.at(-1);
    if (typeof callback === 'function') later(callback as () => void);
    return true;
  };
  const screen = { clearLine: nothing, clearScreenDown: nothing, cursorTo: nothing, moveCursor: nothing };
  const promises = { createInterface: createWith(PromiseInterface), Interface: PromiseInterface };
  const readline = { createInterface: createWith(Interface), Interface, promises, ...screen };
  return { readline, promises };
}
