const start = String.raw`(?:(?:async[ \t]+)?def|class|from|import)[ \t]|@\w`;
const anyCode = new RegExp(`^[ \\t]*(?:${start})`, 'm');
const definition = /^(?:async[ \t]+)?(?:def|class)[ \t]/m;
const language = '(?:i?py(?:thon)?3?)';
/** The name of the language, as pages show it above a block that is copied from them. */
const label = new RegExp(
  String.raw`^[ \t]*${language}[ \t]*:?\r?\n(?:[ \t]*(?:Copy(?: code)?)?[ \t]*\r?\n)*(?=[ \t]*(?:${start}|#))`,
  'im',
);
/** A fence with code on its own line, which may end in the closing one. */
const opening = new RegExp(
  String.raw`(?<=^|[ \t:])(\x60{3,})(${language}?)[ \t]*(?=${start})([^\n]*?)(\1[ \t]*\.?[ \t]*\r?$)?$`,
  'gm',
);

/** A text without a line that only names the language above the code. */
export function withoutLabel(text: string): string {
  const found = label.exec(text);
  if (found === null || anyCode.test(text.slice(0, found.index))) return text;
  return text.slice(0, found.index) + text.slice(found.index + found[0].length);
}

/** A text whose fences have lines of their own; a program at the margin may have others in its strings, and stays as it is. */
export function withFenceLines(text: string): string {
  if (definition.test(text)) return text;
  return text.replaceAll(
    opening,
    (_, mark: string, name: string, code: string, end?: string) =>
      `\n${mark}${name}\n${code}${end === undefined ? '' : `\n${mark}`}`,
  );
}
