import { tokenisePython } from './tokens.ts';

const start = String.raw`(?:(?:async[ \t]+)?def|class|from|import)[ \t]|@\w`;
const anyCode = new RegExp(`^[ \\t]*(?:${start})`, 'm');
const definition = /^(?:async[ \t]+)?(?:def|class)[ \t]/m;
const language = '(?:i?py(?:thon)?3?)';
/** The name of the language, as pages show it above a block that is copied from them. */
const label = new RegExp(
  String.raw`^[ \t]*${language}[ \t]*:?\r?\n(?:[ \t]*(?:Copy(?: code)?)?[ \t]*\r?\n)*(?=[ \t]*(?:${start}|#))`,
  'im',
);
const said = String.raw`(?:${language}|\{\.?${language}[^{}\n]*\})`;
/** A fence with code on its own line, which may end in the closing one. */
const opening = new RegExp(
  String.raw`(?<=^|[ \t:])(\x60{3,}|~{3,})[ \t]*(${said}?)[ \t]*(?=${start})([^\n]*?)(\1[ \t]*\.?[ \t]*\r?$)?$`,
  'gm',
);
const fenced = /^[ \t>]*(?:`{3}|~{3})/m;
/** Quotes where a fence is meant. */
const quotes = new RegExp(String.raw`^([ \t]*)('''|""")[ \t]*${language}[ \t]*\r?$`, 'im');

/** A text without a line that only names the language above the code. */
export function withoutLabel(text: string): string {
  const found = label.exec(text);
  if (found === null || anyCode.test(text.slice(0, found.index))) return text;
  return text.slice(0, found.index) + text.slice(found.index + found[0].length);
}

/** A text whose fences have lines of their own, and are none of quotes; what a program has in strings and comments stays. */
export function withFenceLines(text: string): string {
  const from = definition.exec(text)?.index ?? text.length;
  const strings = tokenisePython(text.slice(from)).filter(({ kind }) => kind === 'string');
  let next = 0;
  const isInProgram = (at: number): boolean => {
    if (at < from) return false;
    while (from + (strings[next]?.end ?? Infinity) <= at) next++;
    return (
      !/^$|\n/.test(text.slice(Math.max(0, at - 1), at)) || from + (strings[next]?.start ?? Infinity) < at
    );
  };
  const lined = text.replaceAll(opening, (whole, mark: string, name: string, code: string, ...rest) => {
    const [end, at] = rest as [string | undefined, number];
    if (isInProgram(at)) return whole;
    return `\n${mark}${name}\n${code}${end === undefined ? '' : `\n${mark}`}`;
  });
  return fenced.test(lined) ? lined : withQuotesAsFences(lined);
}

function withQuotesAsFences(text: string): string {
  const found = quotes.exec(text);
  if (found === null || definition.test(text.slice(0, found.index))) return text;
  const [line, indent = '', quote = ''] = found;
  const after = found.index + line.length;
  const inside = text.slice(after);
  const close = new RegExp(String.raw`^${indent}${quote}[ \t]*\r?$`, 'm').exec(inside);
  const code = close === null ? inside : inside.slice(0, close.index);
  if (!definition.test(code)) return text;
  const rest = close === null ? '' : `${indent}\`\`\`${inside.slice(close.index + close[0].length)}`;
  return `${text.slice(0, found.index)}${indent}\`\`\`python${code}${rest}`;
}
