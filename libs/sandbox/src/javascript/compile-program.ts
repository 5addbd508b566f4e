import type ivm from 'isolated-vm';
import { pristineNames } from '../realm/realm-source.ts';
import { parseModule, topLevelNames, withLoader, withoutModuleSyntax } from './read-syntax.ts';

/** A program's code, compiled: as a script where it can be one, so that its declarations are the realm's. */
export type CompiledCode =
  | { readonly kind: 'script'; readonly script: ivm.Script }
  /** A script whose value is the program as a function of what a module of CommonJS finds. */
  | { readonly kind: 'function'; readonly script: ivm.Script }
  | { readonly kind: 'module'; readonly module: ivm.Module };

/** A source, and what it is called. */
export interface SourceText {
  readonly text: string;
  readonly filename: string;
}

/** The name under which a module finds what it tells its end to. */
export const finishModule = 'sipf:finish';

/** Compiles the code, or says what is wrong with its text. @param hasTests whether tests must see its declarations */
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
    // A script that declares `module` or `require` itself is none of CommonJS.
    return typeof alone === 'object' ? alone : { kind: 'script', script };
  }
  const syntax = parseModule(text);
  if (syntax === undefined) return script;
  const names = topLevelNames(syntax).map((name) => `${JSON.stringify(name)}: () => ${name}`);
  const end = `\n;import { finish as sipfFinish } from "${finishModule}"; sipfFinish({ __proto__: null, ${names.join(', ')} });`;
  const module = attempt(isolate, () => isolate.compileModuleSync(text + end, { filename }));
  if (typeof module !== 'string') return { kind: 'module', module };
  // A program alone may return at its top level.
  const alone = hasTests ? script : compileFunction(isolate, text, filename);
  return typeof alone === 'string' ? script : alone;
}

/** A program alone is a function, as in Node; its text is known to be whole. */
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

/** What was compiled, or what is wrong with its text. @throws Error when the isolate is gone */
function attempt<T extends object>(isolate: ivm.Isolate, compile: () => T): T | string {
  try {
    return compile();
  } catch (error) {
    if (isolate.isDisposed || !(error instanceof Error)) throw error;
    return `SyntaxError: ${error.message}`;
  }
}
