import { answerOf } from './answer-of.ts';
import { fencedBlocks, type FencedBlock } from './fenced-blocks.ts';
import { withFenceLines, withoutLabel } from './marked-code.ts';
import { fromSession } from './sessions.ts';

const definition = /^(?:async[ \t]+)?(?:def|class)[ \t]/m;
const definitions = /^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)/gm;
const codeStart = /^(?:def|class|async|import|from|@)/;

/**
 * The texts in which a model wrote Python, in order, each with its indentation taken away and its prompts (`>>>`) too: the
 * fenced blocks that are said to be Python or not said to be anything; other fenced blocks where there are none; without fences
 * a block that is indented between prose, or all of it.
 * @param wanted names of which one is defined at the margin of what is taken from its indentation; code that defines none of
 * them there is a body, which continues a prompt and keeps it, though it may begin with functions of its own
 */
export function codeBlocks(text: string, wanted: ReadonlySet<string>): string[] {
  const answer = withFenceLines(answerOf(text));
  const fenced = fencedBlocks(answer);
  const python = fenced.filter(({ info }) => isPython(info));
  const blocks = python.length > 0 ? python : fenced;
  if (blocks.length === 0) return [programIn(answer, wanted)];
  return blocks.map((block) => fromSession(dedentCode(withoutLabel(withoutMargin(answer, block)), wanted)));
}

function programIn(answer: string, wanted: ReadonlySet<string>): string {
  const text = withoutLabel(answer);
  return fromSession(indentedBlock(text, wanted) ?? text);
}

function isPython(info: string): boolean {
  return info === '' || /^(?:\{\s*\.?)?i?py/i.test(info) || /\bpython/i.test(info);
}

/** The block's lines without the indentation, or the marks of a quotation, that its fence has. */
function withoutMargin(text: string, { start, end, margin }: FencedBlock): string {
  const content = text.slice(start, end);
  if (margin.includes('>')) return content.replaceAll(/^[ \t]*>[ \t]?/gm, '');
  return margin === '' ? content : content.replaceAll(new RegExp(`^[ \\t]{1,${margin.length}}`, 'gm'), '');
}

/** Code that begins indented begins at the margin. A body alone stays as it is. */
function dedentCode(code: string, wanted: ReadonlySet<string>): string {
  const first = code.split('\n').find((line) => line.trim() !== '') ?? '';
  const indent = /^[ \t]*/.exec(first)?.[0] ?? '';
  if (indent === '' || !codeStart.test(first.trimStart())) return code;
  const dedented = code
    .split('\n')
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    .join('\n');
  return definesOneOf(dedented, wanted) ? dedented : code;
}

function definesOneOf(code: string, wanted: ReadonlySet<string>): boolean {
  return [...code.matchAll(definitions)].some(([, name = '']) => wanted.has(name));
}

/** The lines of a block that Markdown shows as code because it is indented; undefined where a definition stands at the margin. */
function indentedBlock(text: string, wanted: ReadonlySet<string>): string | undefined {
  if (definition.test(text)) return undefined;
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /^(?: {2,}|\t)/.test(line) && codeStart.test(line.trimStart()));
  const indent = /^[ \t]*/.exec(lines[at] ?? '')?.[0] ?? '';
  if (indent === '') return undefined;
  const isInside = (line: string): boolean => line.trim() === '' || line.startsWith(indent);
  const rest = lines.slice(at);
  const outside = rest.findIndex((line) => !isInside(line));
  const block = dedentCode(rest.slice(0, outside === -1 ? rest.length : outside).join('\n'), wanted);
  return definesOneOf(block, wanted) ? `${block}\n` : undefined;
}
