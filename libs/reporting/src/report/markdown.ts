import { dataTableMarkdown } from '@sipf/figures';
import type { ScoredStep } from '../error-analysis/sample-pairs.ts';
import type { Block, Report } from './report.ts';

/** The report as Markdown; figures are linked as `figures/<name>.svg`. */
export function reportMarkdown({ title, summary, sections }: Report): string {
  const parts = [`# ${title}`, summary];
  for (const section of sections) {
    parts.push(`## ${section.title}`, ...section.blocks.map(blockMarkdown));
  }
  return `${parts.join('\n\n')}\n`;
}

function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case 'table': {
      const { title, note } = block.table;
      return [`### ${title}`, dataTableMarkdown(block.table), ...(note === undefined ? [] : [note])].join(
        '\n\n',
      );
    }
    case 'figure':
      return `![${block.figure.caption}](figures/${block.figure.name}.svg)\n\n${block.figure.caption}`;
    case 'text':
      return block.text;
    case 'missing':
      return `> Not in these runs: ${block.what}. What gives it: ${block.how}`;
    case 'pair': {
      const { question, difference, chosen, rejected } = block.pair;
      return [
        `### Pair of ${block.run}, difference ${difference.toFixed(3)}`,
        fenced(question),
        `Chosen:\n\n${scoredSteps(chosen)}`,
        `Rejected:\n\n${scoredSteps(rejected)}`,
      ].join('\n\n');
    }
    case 'path': {
      const { id, steps, text } = block.path;
      return `### ${block.title}\n\n${id}, ${steps} steps\n\n${fenced(text)}`;
    }
  }
}

function scoredSteps(steps: readonly ScoredStep[]): string {
  return fenced(
    steps.map(({ text, probability }) => `${scoreText(probability)}  ${text.trimEnd()}`).join('\n'),
  );
}

/** A probability as it stands beside its step. */
export function scoreText(probability: number | undefined): string {
  return probability === undefined ? '  - ' : probability.toFixed(2);
}

/** A block of code whose fence the text cannot end. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text.trimEnd()}\n${fence}`;
}
