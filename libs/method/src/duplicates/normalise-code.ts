/** Languages whose comments and strings are known. */
export type CodeLanguage = 'python' | 'javascript';

const patterns: Readonly<Record<CodeLanguage, RegExp>> = {
  // Strings come first, so that a comment sign inside one is left alone.
  python:
    /"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?|(?<comment>#[^\n]*)/g,
  javascript:
    /`(?:\\[^]|[^`\\])*`?|"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?|(?<comment>\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))/g,
};

/**
 * A program without comments and formatting: comments, white space, empty lines and Python's documentation strings at
 * the beginning of a line are dropped; other strings are kept. For comparing programs, not for running them.
 */
export function normaliseCode(text: string, language: CodeLanguage): string {
  const bare =
    language === 'python' ? text.replaceAll(/^[ \t]*("""[^]*?"""|'''[^]*?''')[ \t]*$/gm, '') : text;
  return bare
    .replaceAll(patterns[language], (match: string, ...rest: unknown[]) => {
      const groups = rest.at(-1) as { readonly comment?: string };
      return groups.comment === undefined ? match : '';
    })
    .replaceAll(/\s+/g, '');
}
