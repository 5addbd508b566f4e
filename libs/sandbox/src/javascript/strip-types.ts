import { stripTypeScriptTypes } from 'node:module';

/** The result of stripping a TypeScript text. */
export type StrippedTypes =
  | { readonly ok: true; readonly code: string }
  /** `spent`: the compiler is broken, and the process must not run another program. */
  | { readonly ok: false; readonly message: string; readonly spent: boolean };

/**
 * Turns TypeScript into JavaScript without checking types: types are blanked out so that positions stay; enums and namespaces
 * are compiled. Untrusted text can break the compiler, so this belongs in the child.
 */
export function stripTypes(source: string): StrippedTypes {
  const first = attempt(source, 'strip');
  if (!first.ok && first.unsupported) return attempt(source, 'transform');
  return first;
}

function attempt(
  source: string,
  mode: 'strip' | 'transform',
): StrippedTypes & { readonly unsupported: boolean } {
  try {
    return { ok: true, code: stripTypeScriptTypes(source, { mode }), unsupported: false };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') {
      const message = `SyntaxError: ${(error as Error).message}`;
      return { ok: false, message, spent: false, unsupported: code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' };
    }
    const message = 'SyntaxError: the TypeScript compiler gave up on this text (is it nested too deeply?)';
    return { ok: false, message, spent: true, unsupported: false };
  }
}
