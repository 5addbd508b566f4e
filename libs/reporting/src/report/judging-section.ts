import { comparisonFacts, comparisonFigure, comparisonTable, type Comparison } from '@sipf/evaluation';
import type { Block, Section } from './report.ts';

/** Figure 5: rationales of two methods at a time, judged by a model. */
export function judgingSection(comparisons: readonly Comparison[]): Section {
  const blocks = comparisons.flatMap((comparison, at) => blocksOf(comparison, at + 1));
  if (blocks.length === 0) {
    const how = '`sipf compare --a RUN --b RUN --judge-url URL --judge-model NAME --out FOLDER`';
    const then = 'then `sipf report RUN --comparison FOLDER`';
    blocks.push({ kind: 'missing', what: 'Figure 5', how: `${how}, ${then}` });
  }
  return { id: 'judging', title: 'Rationales judged by a model', blocks };
}

/** @param number distinguishes the files of comparisons */
function blocksOf(comparison: Comparison, number: number): Block[] {
  const { a, b } = comparison;
  const table = { ...comparisonTable(comparison), id: `comparison-${number}` };
  const figure = {
    name: `figure-5-${number}`,
    caption: `Shares of verdicts by dimension, ${a} against ${b}`,
    svg: comparisonFigure(comparison),
  };
  return [
    { kind: 'table', table },
    ...comparisonFacts(comparison).map((text): Block => ({ kind: 'text', text })),
    { kind: 'figure', figure },
  ];
}
