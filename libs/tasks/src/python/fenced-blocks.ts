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
  const blocks: FencedBlock[] = [];
  let from = 0;
  for (let at = 0; at < fences.length;) {
    const open = fences[at] as Fence;
    at += 1;
    if (isInDocstring(text, from, open)) continue;
    if (from === 0 && closesPrompt(text, open)) {
      blocks.push({ start: 0, end: open.index, margin: '', info: '' });
      from = open.after;
      continue;
    }
    const close = closingFence(text, fences.slice(at), open);
    blocks.push({
      start: open.after,
      end: close?.index ?? text.length,
      margin: open.margin,
      info: open.info,
    });
    if (close === undefined) break;
    at = fences.indexOf(close) + (close.info === '' ? 1 : 0);
    from = close.info === '' ? close.after : close.index;
  }
  return blocks.filter(({ start, end }) => text.slice(start, end).trim() !== '');
}

function toFence(match: RegExpExecArray): Fence {
  const [line, margin = '', mark = '', info = ''] = match;
  return { index: match.index, after: match.index + line.length, margin, mark, info: info.trim() };
}

/** Whether it stands in a string of a program that has no fences of its own. */
function isInDocstring(text: string, from: number, { index }: Fence): boolean {
  return /"""|'''/.test(text.slice(index)) && endsInString(text.slice(from, index));
}

function closesPrompt(text: string, { index, info }: Fence): boolean {
  return info === '' && /^[ \t]*(?:def|class|return)\b/m.test(text.slice(0, index));
}

function closingFence(text: string, later: readonly Fence[], open: Fence): Fence | undefined {
  const fitting = later
    .filter(({ mark, info }) => mark[0] === open.mark[0] && (info !== '' || mark.length >= open.mark.length))
    .slice(0, mostTried);
  return fitting.find(({ index }) => !endsInString(text.slice(open.after, index))) ?? fitting[0];
}

function endsInString(code: string): boolean {
  const last = tokenisePython(code).at(-1);
  if (last?.kind !== 'unknown') return false;
  return /^[a-z]{0,2}(?:"""|''')/i.test(code.slice(last.start));
}
