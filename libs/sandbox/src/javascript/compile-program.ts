import type ivm from 'isolated-vm';
import { pristineNames } from '../realm/realm-source.ts';
import { parseModule, topLevelNames, withLoader, withMeta, withoutModuleSyntax } from './read-syntax.ts';

/** A program's compiled code: a script where possible, so that its declarations are the realm's. */
export type CompiledCode =
  | { readonly kind: 'script'; readonly script: ivm.Script }
  /** A script whose value is the program as a function of a CommonJS module's parameters. */
  | { readonly kind: 'function'; readonly script: ivm.Script }
  | { readonly kind: 'module'; readonly module: ivm.Module };

/** A source text and its name. */
export interface SourceText {
  readonly text: string;
  readonly filename: string;
}

/** The name of the function that a module calls at its end. */
export const finishModule = 'sipf:finish';

/** Compiles the code, or returns its syntax error. @param hasTests whether tests must see its declarations */
export function compileCode(
  isolate: ivm.Isolate,
  source: SourceText,
  hasTests: boolean,
): CompiledCode | string {
  const { filename } = source;
  const text = withLoader(source.text);
  const script = attempt(isolate, () => isolate.compileScriptSync(text, { filename }));
  if (typeof script !== 'string') {
    const alone = hasTests ? undefined : compileFunction(isolate, text, filename);
    // A script that declares `module` or `require` itself is not a CommonJS module.
    return typeof alone === 'object' ? alone : { kind: 'script', script };
  }
  const syntax = parseModule(text);
  if (syntax === undefined) return script;
  const names = topLevelNames(syntax).map((name) => `${JSON.stringify(name)}: () => ${name}`);
  const end = `\n;import { finish as sipfFinish } from "${finishModule}"; sipfFinish({ __proto__: null, ${names.join(', ')} });`;
  const module = attempt(isolate, () =>
    isolate.compileModuleSync(withMeta(text, syntax) + end, { filename }),
  );
  if (typeof module !== 'string') return { kind: 'module', module };
  // A program alone may return at its top level.
  const alone = hasTests ? script : compileFunction(isolate, text, filename);
  return typeof alone === 'string' ? script : alone;
}

/** Wraps a program without tests in a function, as Node does; its text has already compiled. */
function compileFunction(isolate: ivm.Isolate, text: string, filename: string): CompiledCode | string {
  const opening = '(function (exports, require, module, __filename, __dirname) {';
  const wrapped = `${opening}${text.replace(/^#!/, '//')}\n})`;
  const origin = { filename, columnOffset: -opening.length };
  const script = attempt(isolate, () => isolate.compileScriptSync(wrapped, origin));
  return typeof script === 'string' ? script : { kind: 'function', script };
}

/** Compiles the tests: one strict async function inside the names they may rely on; only its last line returns the nonce. */
export function compileTests(isolate: ivm.Isolate, source: SourceText, nonce: string): ivm.Script | string {
  const origin = { filename: source.filename, lineOffset: -1 };
  const wrap = (tests: string) => {
    const opening = `(function (${pristineNames.join(', ')}) { 'use strict'; return async () => {`;
    return `${opening}\n${tests}\n;return ${JSON.stringify(nonce)}; }; })`;
  };
  const text = withLoader(source.text);
  const script = attempt(isolate, () => isolate.compileScriptSync(wrap(text), origin));
  if (typeof script !== 'string' || !/\b(?:import|export)\b/.test(text)) return script;
  const plain = withoutModuleSyntax(text);
  return plain === undefined
    ? script
    : attempt(isolate, () => isolate.compileScriptSync(wrap(plain), origin));
}

/** The compiled value, or the syntax error. @throws Error when the isolate is gone */
function attempt<T extends object>(isolate: ivm.Isolate, compile: () => T): T | string {
  try {
    return compile();
  } catch (error) {
    if (isolate.isDisposed || !(error instanceof Error)) throw error;
    return `SyntaxError: ${error.message}`;
  }
}
