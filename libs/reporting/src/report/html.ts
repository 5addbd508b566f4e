import { dataTableHtml, escapeMarkup } from '@sipf/figures';
import type { ScoredStep } from '../error-analysis/sample-pairs.ts';
import { htmlStyle } from './html-style.ts';
import { scoreText } from './markdown.ts';
import type { Block, Report, Section } from './report.ts';

/** The report as one page that asks nothing of any network. */
export function reportHtml({ title, summary, sections }: Report): string {
  const name = escapeMarkup(title);
  const links = sections.map(({ id, title: text }) => `<a href="#${id}">${escapeMarkup(text)}</a>`);
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${name} - SIPF report</title>`,
    `<style>${htmlStyle}</style>`,
    '</head>',
    '<body>',
    `<header><h1>${name}</h1><p>${escapeMarkup(summary)}</p></header>`,
    `<nav aria-label="Sections">${links.join(' ')}</nav>`,
    `<main>${sections.map(sectionHtml).join('\n')}</main>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function sectionHtml({ id, title, blocks }: Section): string {
  return `<section id="${id}"><h2>${escapeMarkup(title)}</h2>\n${blocks.map(blockHtml).join('\n')}</section>`;
}

/** Tables with more rows than this are folded up. */
const MOST_ROWS = 40;

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'table': {
      const { id, title, note, rows } = block.table;
      const heading = `<h3 id="table-${id}">${escapeMarkup(title)}</h3>`;
      const table =
        '<div class="wide" tabindex="0" role="region" ' +
        `aria-labelledby="table-${id}">${dataTableHtml(block.table)}</div>`;
      const under = note === undefined ? '' : `<p class="note">${escapeMarkup(note)}</p>`;
      const body = rows.length > MOST_ROWS ? folded(`${rows.length} rows`, table) : table;
      return heading + body + under;
    }
    case 'figure': {
      const { svg, caption } = block.figure;
      return `<figure>${svg}<figcaption>${escapeMarkup(caption)}</figcaption></figure>`;
    }
    case 'text':
      return `<p>${inlineCode(block.text)}</p>`;
    case 'missing':
      return (
        `<p class="missing">Not in these runs: <strong>${escapeMarkup(block.what)}</strong>. ` +
        `What gives it: ${inlineCode(block.how)}</p>`
      );
    case 'pair':
      return pairHtml(block);
    case 'path': {
      const { id, steps, correct, text } = block.path;
      const verdict = correct === undefined ? 'not judged' : correct ? 'right' : 'wrong';
      const about = `${block.title} (${id}, ${steps} steps, ${verdict})`;
      return folded(about, `<pre>${escapeMarkup(text)}</pre>`);
    }
  }
}

function pairHtml({ run, pair }: Extract<Block, { kind: 'pair' }>): string {
  const side = (name: string, steps: readonly ScoredStep[]): string =>
    `<div><h4>${name}</h4><ol class="steps">${steps.map(stepHtml).join('')}</ol></div>`;
  return [
    `<article class="pair"><p class="question">${escapeMarkup(pair.question)}</p>`,
    `<p class="note">${escapeMarkup(run)}, difference of rewards ${pair.difference.toFixed(3)}</p>`,
    `<div class="sides">${side('Chosen', pair.chosen)}${side('Rejected', pair.rejected)}</div></article>`,
  ].join('');
}

/** A step on a ground between orange (0) and blue (1), its number beside it. */
function stepHtml({ text, probability }: ScoredStep): string {
  const band = probability === undefined ? 'none' : String(Math.min(4, Math.floor(probability * 5)));
  return (
    `<li class="score-${band}"><span ` +
    `class="score">${scoreText(probability)}</span><code>${escapeMarkup(text.trimEnd())}</code></li>`
  );
}

function folded(summary: string, content: string): string {
  return `<details><summary>${escapeMarkup(summary)}</summary>${content}</details>`;
}

/** Text whose parts between backquotes are code. */
function inlineCode(text: string): string {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `<code>${escapeMarkup(part)}</code>` : escapeMarkup(part)))
    .join('');
}
