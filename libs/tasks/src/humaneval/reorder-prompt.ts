import { logicalLines } from '../python/logical-lines.ts';

/** The parts of a prompt of HumanEval. */
export interface ReorderedPrompt {
  /** Imports and helpers above the function. */
  readonly preamble: string;
  /** What is asked, the docstring's examples, helpers where there are any, and the function's name, a line each or more. */
  readonly question: string;
  /** The function's head and docstring. */
  readonly head: string;
}

/** Reorders a prompt to what is asked, tests and function name (METHOD.md, "Tasks"). */
export function reorderPrompt({
  prompt,
  entryPoint,
}: {
  readonly prompt: string;
  readonly entryPoint: string;
}): ReorderedPrompt {
  const start = startOfFunction(prompt, entryPoint);
  const [preamble, head] = [prompt.slice(0, start), prompt.slice(start)];
  const { asked, examples } = splitDocstring(docstringOf(head));
  const helpers = /^(?:def|class)[ \t]/m.test(preamble) ? ['Given:', preamble.trim()] : [];
  const tests = examples.length === 0 ? [] : ['Tests:', ...examples];
  const question = [asked, ...helpers, ...tests, `Function name: ${entryPoint}`].join('\n');
  return { preamble, question, head };
}

function startOfFunction(prompt: string, entryPoint: string): number {
  const line = logicalLines(prompt).findLast(
    ({ words: [word, name] }) => word === 'def' && name === entryPoint,
  );
  return line?.start ?? 0;
}

/** The text of a function's docstring without its quotes; empty where it has none. */
function docstringOf(head: string): string {
  const line = logicalLines(head).find(
    ({ kinds }) => kinds.length > 0 && kinds.every((kind) => kind === 'string'),
  );
  return (line?.words.join('') ?? '').replace(/^[rRuU]?("""|'''|"|')/, '').replace(/("""|'''|"|')$/, '');
}

/** The examples of a docstring, each from its `>>>` to the next blank line or example, and the text around them. */
function splitDocstring(text: string): { readonly asked: string; readonly examples: readonly string[] } {
  const lines = text.split('\n').map((line) => line.trim());
  const asked: string[] = [];
  const examples: string[] = [];
  let isInExample = false;
  for (const line of lines) {
    isInExample = line.startsWith('>>>') || (isInExample && line !== '');
    (isInExample ? examples : asked).push(line);
  }
  return {
    asked: asked
      .join('\n')
      .replaceAll(/\n{2,}/g, '\n')
      .trim(),
    examples,
  };
}
