/** Writes a text as a literal, in the quotes that need the fewest escapes. */
export type Quote = (text: string) => string;

/** Builds {@link Quote}. Runs inside the isolate from its source text. */
export function createQuote(): Quote {
  const named: Record<string, string> = {
    '\b': '\\b',
    '\t': '\\t',
    '\n': '\\n',
    '\f': '\\f',
    '\r': '\\r',
    '\\': '\\\\',
  };
  Object.setPrototypeOf(named, null);
  const escape = (character: string) => {
    const name = named[character];
    if (name !== undefined) return name;
    const code = character.charCodeAt(0).toString(16);
    return character < '\u0100' ? `\\x${code.toUpperCase().padStart(2, '0')}` : `\\u${code}`;
  };
  const special =
    // eslint-disable-next-line no-control-regex -- these are what is looked for
    /[\0-\x1f\x7f-\x9f\\]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  return (text) => {
    const escaped = text.replace(special, escape);
    if (!text.includes("'")) return `'${escaped}'`;
    if (!text.includes('"')) return `"${escaped}"`;
    if (!text.includes('`') && !text.includes('${')) return `\`${escaped}\``;
    return `'${escaped.replaceAll("'", "\\'")}'`;
  };
}
