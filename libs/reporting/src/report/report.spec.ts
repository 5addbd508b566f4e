import { tallyOf } from '@sipf/evaluation';
import { describe, expect, it } from 'vitest';
import { noAnalysis } from '../error-analysis/run-analysis.ts';
import { configOf, reportedRun } from '../testing/reported-runs.ts';
import { buildReport } from './build-report.ts';
import { reportHtml } from './html.ts';
import { reportJson } from './json.ts';
import { reportMarkdown } from './markdown.ts';
import { figuresOf, tablesOf } from './report.ts';

const curves = new Map([
  [
    'align-1',
    Array.from({ length: 90 }, (_, at) => ({
      step: at + 1,
      values: { 'logps/chosen': -1 + at / 100, 'logps/rejected': -1 - at / 100 },
    })),
  ],
]);
const STAGE = { id: 'align-1', kind: 'align', iteration: 1, counts: { pairs: 200 }, figures: {} };
const PAIR = {
  question: 'How <many>?',
  difference: 0.5,
  chosen: [{ text: '```\n<b>', probability: 0.93 }],
  rejected: [{ text: 'no', probability: undefined }],
};
const analysis = { ...noAnalysis('its store is elsewhere'), pairs: [PAIR] };
const stages = [{ ...STAGE, seconds: 61.4, tokens: { tokens: 5000, isEstimate: true } }];
const run = reportedRun('a', configOf(), [50, 60, 70], { curves, stages, analysis });
const sweep = [0.01, 0.1, 1].map((lambda) => reportedRun(`l-${lambda}`, configOf({ lambda }), [50, 60, 65]));

describe('a report', () => {
  const report = buildReport({ name: 'a', runs: [run] });

  it('has the tables and figures that its runs give, and says what would give the others', () => {
    expect(tablesOf(report).map(({ id }) => id)).toEqual([
      ...['accuracy', 'ablation', 'training-examples', 'data-counts', 'costs'],
      ...['runs', 'settings', 'environment'],
    ]);
    expect(figuresOf(report).map(({ name }) => name)).toEqual([
      ...['figure-4-accuracy', 'figure-3-a', 'figure-4-examples'],
    ]);
    const { missing } = JSON.parse(reportJson(report)) as { missing: { what: string; how: string }[] };
    expect(missing.map(({ what }) => what)).toEqual([
      'Accuracy out of domain',
      'SIPF without process feedback, without the odds-ratio term, without both',
      'Figure 6',
      'Figure 7',
      'Table 3',
      'Figure 5',
      'Part of the analysis of a',
      'The machine and the versions of its software',
    ]);
  });

  it('draws the sweep of lambda where runs vary it', () => {
    const names = figuresOf(buildReport({ name: 'sweep', runs: sweep })).map(({ name }) => name);
    expect(names).toContain('figure-6-lambda');
  });

  it('shows what judges made of its rationales', () => {
    const tally = tallyOf([
      { aFirst: { overall: 'first' }, bFirst: { overall: 'second' } },
      { aFirst: { overall: 'first' }, bFirst: { overall: 'first' } },
    ]);
    const leftOut = { bothWrong: 4, identical: 1, unmatched: 0 };
    const comparison = { a: 'SIPF 2', b: '<SIOF>', judge: 'wise', leftOut, tally };
    const judged = buildReport({ name: 'a', runs: [run], comparisons: [comparison, comparison] });
    expect(tablesOf(judged).map(({ id }) => id)).toContain('comparison-2');
    expect(figuresOf(judged).map(({ name }) => name)).toContain('figure-5-1');
    const text = reportMarkdown(judged);
    expect(text).toContain('| overall | 1 | 0 | 0 | 1 | 0 | 100.0 % |');
    expect(text).toContain('Left out: 4 that both get wrong');
    expect(text).not.toContain('Not in these runs: Figure 5');
    expect(reportHtml(judged)).toContain('&lt;SIOF&gt; better');
  });

  it('says of a run by which other code it was resumed, and says nothing of runs that one code made', () => {
    const otherCode = ['sipf 1.1.0 after sipf 1.0.0', 'sipf 1.2.0 after sipf 1.1.0'];
    const resumed = buildReport({ name: 'b', runs: [run, { ...run, id: 'b', otherCode }] });
    const markdown = reportMarkdown(resumed);
    expect(markdown).toMatch(/^\| run +\| commit +\| resumed by other code/m);
    expect(markdown).toMatch(
      /^\| b +\|[^|]*\| sipf 1\.1\.0 after sipf 1\.0\.0; then sipf 1\.2\.0 after sipf 1\.1\.0 +\|/m,
    );
    expect(reportHtml(resumed)).toContain(otherCode.join('; then '));
    expect(reportMarkdown(report)).not.toContain('resumed by other code');
  });

  it('says what computed each stage, and nothing where no log says', () => {
    const vllm = { kind: 'vllm', version: '0.32.0', precision: 'bfloat16', device: 'cuda, openai at a:1' };
    const trl = {
      ...vllm,
      kind: 'trl',
      version: '1.16.0',
      device: 'trl x 4',
      processes: 4,
      sharding: 'fsdp2',
    };
    const computed = [
      { ...STAGE, id: 'sample-1', engine: vllm, model: 'sha256:a' },
      { ...STAGE, engine: trl, model: 'sha256:b' },
      { ...STAGE, id: 'pair-1' },
    ];
    const built = buildReport({ name: 'a', runs: [{ ...run, stages: computed }] });
    const { tables } = JSON.parse(reportJson(built)) as { tables: Record<string, { rows: object[] }> };
    const base = { run: 'a', precision: 'bfloat16' };
    expect(tables['engines']?.rows).toEqual([
      {
        ...base,
        ...{ stage: 'sample-1', engine: 'vllm', version: '0.32.0' },
        ...{ device: 'cuda, openai at a:1', model: 'sha256:a' },
      },
      {
        ...base,
        ...{ stage: 'align-1', engine: 'trl x 4 fsdp2', version: '1.16.0' },
        ...{ device: 'trl x 4', model: 'sha256:b' },
      },
    ]);
    expect(reportHtml(built)).toContain('Engines by stage');
    expect(reportHtml(report)).not.toContain('Engines by stage');
  });

  it('has unrounded numbers in JSON', () => {
    const { tables } = JSON.parse(reportJson(report)) as {
      tables: Record<string, { rows: Record<string, unknown>[] }>;
    };
    expect(tables['costs']?.rows[0]).toEqual({
      ...{ run: 'a', stage: 'align-1', seconds: 61.4, tokens: 5000, counted: 'a part, scaled' },
      work: 'pairs 200',
    });
  });

  it('is one page that asks nothing of any network and shows texts as they are', () => {
    const page = reportHtml(report);
    const withoutNamespaces = page.replaceAll('xmlns="http://www.w3.org/2000/svg"', '');
    expect(withoutNamespaces).not.toMatch(/(?:https?:)?\/\/\w|<script|<link|<img|@import|url\(/);
    expect(page).toContain('<span class="score">0.93</span><code>```\n&lt;b&gt;</code>');
    expect(page).toContain('How &lt;many&gt;?');
    for (const [, id] of page.matchAll(/href="#([\w-]+)"/g))
      expect(page).toContain(`<section id="${id ?? ''}">`);
    expect(page).not.toMatch(/undefined|NaN/);
  });

  it('is Markdown whose code blocks no text can end', () => {
    const text = reportMarkdown(report);
    expect(text).toContain('````text\n0.93  ```\n<b>\n````');
    expect(text).toContain('![Accuracy over the iterations; iteration 0');
    expect(text).not.toMatch(/undefined|NaN/);
  });

  it('is there for runs that have nothing yet', () => {
    const begun = reportedRun('b', configOf(), [], { rows: [], iterations: [], standing: 'interrupted' });
    const empty = buildReport({ name: 'b', runs: [begun] });
    expect(reportMarkdown(empty)).toContain('> Not in these runs: Accuracy.');
    expect(reportHtml(empty)).not.toMatch(/undefined|NaN/);
  });
});
