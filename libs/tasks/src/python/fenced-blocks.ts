import { scanString } from './scan-string.ts';
import { tokenisePython } from './tokens.ts';

/** A block between fences. */
export interface FencedBlock {
  /** Of its content, in the text. */
  readonly start: number;
  readonly end: number;
  /** What stands before its opening fence: indentation, marks of a list or a quotation. */
  readonly margin: string;
  /** What stands behind it, e.g. `python title="a.py"`. */
  readonly info: string;
}

interface Fence {
  readonly index: number;
  /** Offset after its line. */
  readonly after: number;
  readonly margin: string;
  readonly mark: string;
  readonly info: string;
}

const fenceLine = /^((?:[ \t]|>)*(?:(?:[-*+]|\d+[.)])[ \t]+)?)(`{3,}|~{3,})([^\n`]*)(?:\n|$)/gm;
/** Fences looked at for one that closes a block outside of its strings. */
const mostTried = 16;

/**
 * Blocks between fences. One of the same mark, as long or longer, closes a block, unless it stands in a triple-quoted string;
 * another opening one closes it too. The last fence may be missing, and so may the first, where the prompt has it.
 */
export function fencedBlocks(text: string): FencedBlock[] {
  const fences = [...text.matchAll(fenceLine)].map(toFence);
  const lastQuotes = Math.max(text.lastIndexOf('"""'), text.lastIndexOf("'''"));
  const blocks: FencedBlock[] = [];
  let from = 0;
  /** Before it all strings have ended; each is read once, however many fences it holds. */
  let read = 0;
  for (let at = 0; at < fences.length;) {
    const open = fences[at] as Fence;
    at += 1;
    if (open.index < read) continue;
    read = Math.max(read, from);
    // In a string of a program that has no fences of its own.
    const start = open.index <= lastQuotes ? openString(text.slice(read, open.index)) : undefined;
    if (start !== undefined) {
      read = scanString(text, read + start)?.end ?? open.after;
      continue;
    }
    if (from === 0 && closesPrompt(text, open)) {
      blocks.push({ start: 0, end: open.index, margin: '', info: '' });
      from = open.after;
      continue;
    }
    const closing = closingFence(text, fences, { at, open });
    const close = closing === undefined ? undefined : fences[closing];
    blocks.push({
      start: open.after,
      end: close?.index ?? text.length,
      margin: open.margin,
      info: open.info,
    });
    if (close === undefined || closing === undefined) break;
    at = closing + (close.info === '' ? 1 : 0);
    from = close.info === '' ? close.after : close.index;
  }
  return blocks.filter(({ start, end }) => text.slice(start, end).trim() !== '');
}

function toFence(match: RegExpExecArray): Fence {
  const [line, margin = '', mark = '', info = ''] = match;
  return { index: match.index, after: match.index + line.length, margin, mark, info: info.trim() };
}

function closesPrompt(text: string, { index, info }: Fence): boolean {
  return info === '' && /^[ \t]*(?:def|class|return)\b/m.test(text.slice(0, index));
}

/** The place among the fences, from `at` on, of the one that closes a block. */
function closingFence(
  text: string,
  fences: readonly Fence[],
  { at, open }: { readonly at: number; readonly open: Fence },
): number | undefined {
  let first: number | undefined;
  for (let index = at, tried = 0; index < fences.length && tried < mostTried; index++) {
    const later = fences[index] as Fence;
    const fits = later.mark[0] === open.mark[0];
    if (!fits || (later.info === '' && later.mark.length < open.mark.length)) continue;
    tried += 1;
    first ??= index;
    if (openString(text.slice(open.after, later.index)) === undefined) return index;
  }
  return first;
}

/** Where the triple-quoted string begins in which code ends. */
function openString(code: string): number | undefined {
  const last = tokenisePython(code).at(-1);
  const isOpen = last?.kind === 'unknown' && /^[a-z]{0,2}(?:"""|''')/i.test(code.slice(last.start));
  return isOpen ? last.start : undefined;
}
