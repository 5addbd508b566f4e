import type { RunAnalysis } from '../error-analysis/run-analysis.ts';
import type { ReportedRun } from '../runs/reported-run.ts';
import { variantsOf } from '../runs/variants.ts';
import { changeTable, errorKindTable, errorPositionTable, lengthTable } from '../tables/error-tables.ts';
import type { Block, Section } from './report.ts';

/** Where paths go wrong, what iterations change, how long paths are. */
export function errorSection(runs: readonly ReportedRun[]): Section {
  const tables = [
    errorKindTable(runs),
    errorPositionTable(runs),
    changeTable(runs),
    lengthTable(runs),
  ].filter(({ rows }) => rows.length > 0);
  const blocks: Block[] = tables.map((table) => ({ kind: 'table', table }));
  if (runs.some(({ config, analysis }) => config.task.name === 'gsm8k' && analysis.errors.length > 0)) {
    const text =
      'Calculations are reckoned again exactly; other kinds compare with the gold solution, which is one of several right ways.';
    blocks.unshift({ kind: 'text', text });
  }
  blocks.push(...runs.flatMap((run) => questionLists(run)), ...gapBlocks(runs));
  return { id: 'errors', title: 'Errors', blocks };
}

/** Ids are shown up to here; the question-by-question answers are in the exported evaluations. */
const MOST_IDS = 12;

function questionLists({ id: run, analysis: { changes } }: ReportedRun): Block[] {
  const list = (ids: readonly string[]): string =>
    ids.length <= MOST_IDS
      ? ids.join(', ')
      : `${ids.slice(0, MOST_IDS).join(', ')} and ${ids.length - MOST_IDS} more`;
  return changes.flatMap(({ to, repaired, broken }): Block[] => {
    if (repaired.length + broken.length === 0) return [];
    const parts = [
      ...(repaired.length === 0 ? [] : [`repaired ${list(repaired)}`]),
      ...(broken.length === 0 ? [] : [`broke ${list(broken)}`]),
    ];
    return [{ kind: 'text', text: `${run}, ${to}: ${parts.join('; ')}.` }];
  });
}

function gapBlocks(runs: readonly ReportedRun[]): Block[] {
  return runs.flatMap(({ id, analysis }) =>
    analysis.gaps.map((how): Block => ({ kind: 'missing', what: `Part of the analysis of ${id}`, how })),
  );
}

/** Pairs with their scores, and paths of extreme lengths; of runs that differ by their seed alone, the first stands for all. */
export function samplesSection(runs: readonly ReportedRun[]): Section {
  const variants = variantsOf(runs);
  const first = Map.groupBy(runs, ({ id, config }) => `${config.method} ${variants.get(id) ?? ''}`);
  const blocks = [...first.values()].flatMap(([run]): Block[] =>
    run === undefined
      ? []
      : [
          ...run.analysis.pairs.map((pair): Block => ({ kind: 'pair', run: run.id, pair })),
          ...extremes(run.id, run.analysis),
        ],
  );
  if (!blocks.some(({ kind }) => kind === 'pair')) {
    blocks.unshift({
      kind: 'missing',
      what: 'Sample pairs with step scores',
      how: 'a run whose method pairs paths, with its artifacts at hand: `sipf run --set method=sipf`',
    });
  }
  return { id: 'samples', title: 'Samples', blocks };
}

/** The shortest and the longest path of the loop's last model. */
function extremes(run: string, { lengths, changes }: RunAnalysis): Block[] {
  const name = changes.at(-1)?.to;
  const last = lengths.find((one) => one.name === name) ?? lengths.at(-1);
  if (last === undefined) return [];
  return [
    { kind: 'path', title: `${run}, ${last.name}: shortest path`, path: last.shortest },
    { kind: 'path', title: `${run}, ${last.name}: longest path`, path: last.longest },
  ];
}
