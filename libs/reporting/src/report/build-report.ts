import type { Comparison } from '@sipf/evaluation';
import { dataTitle } from '../runs/data-source.ts';
import type { ReportedRun } from '../runs/reported-run.ts';
import { costTable } from '../tables/cost-tables.ts';
import { engineTable } from '../tables/engine-table.ts';
import { environmentTable, runsTable, settingsTable } from '../tables/settings-tables.ts';
import { errorSection, samplesSection } from './error-sections.ts';
import { judgingSection } from './judging-section.ts';
import type { Report, Section } from './report.ts';
import { accuracySection, dataSection, methodSections, verifierSection } from './result-sections.ts';

/** What a report is about. */
export interface ReportSubject {
  /** The id of a run, or of an experiment. */
  readonly name: string;
  readonly runs: readonly ReportedRun[];
  /** Rationales of these runs that were judged. @default none */
  readonly comparisons?: readonly Comparison[];
}

/** Every part that the runs provide, in the order of the paper. */
export function buildReport({ name, runs, comparisons = [] }: ReportSubject): Report {
  return {
    title: name,
    summary: summaryOf(runs),
    sections: [
      accuracySection(runs),
      ...methodSections(runs),
      verifierSection(runs),
      dataSection(runs),
      judgingSection(comparisons),
      errorSection(runs),
      samplesSection(runs),
      ...recordSections(runs),
    ],
  };
}

function summaryOf(runs: readonly ReportedRun[]): string {
  const tasks = [...new Set(runs.map(({ config, sources }) => dataTitle(config, sources)))];
  const methods = [...new Set(runs.map(({ config }) => config.method))];
  const seeds = [...new Set(runs.map(({ config }) => config.seed))].sort((a, b) => a - b);
  const count = runs.length === 1 ? 'One run' : `${runs.length} runs`;
  return `${count} of ${methods.join(', ')} on ${tasks.join(', ')}; seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}.`;
}

function recordSections(runs: readonly ReportedRun[]): Section[] {
  const isComputed = runs.some(({ stages }) => stages.some(({ engine }) => engine !== undefined));
  const isUnrecorded = runs.every(({ environment }) => environment === undefined);
  return [
    { id: 'costs', title: 'Costs', blocks: [{ kind: 'table', table: costTable(runs) }] },
    {
      id: 'settings',
      title: 'Runs and settings',
      blocks: [
        { kind: 'table', table: runsTable(runs) },
        { kind: 'table', table: settingsTable(runs) },
      ],
    },
    {
      id: 'environment',
      title: 'Environment',
      blocks: [
        { kind: 'table', table: environmentTable(runs) },
        ...(isComputed ? [{ kind: 'table', table: engineTable(runs) } as const] : []),
        ...(isUnrecorded
          ? ([
              {
                kind: 'missing',
                what: 'The machine and the versions of its software',
                how: 'these runs have no environment.json, which orchestrators write when a run starts',
              },
            ] as const)
          : []),
      ],
    },
  ];
}
