import { formatCell, markdownTable } from '@sipf/figures';
import type { Calibration } from '../metrics/calibration.ts';
import type { FirstErrorMetric } from '../metrics/first-error.ts';
import type { OutcomeReport, VerifierReport } from './evaluate-verifier.ts';
import type { Slice } from './slices.ts';

/** A report as Markdown tables; percentages have one decimal, `-` marks numbers that the data does not determine. */
export function markdownReport(report: VerifierReport): string {
  const sections = [
    section(
      'Steps',
      ['paths', 'labelled steps', 'right', 'step accuracy', 'ROC-AUC', 'F1', 'best F1'],
      [steps(report)],
    ),
    outcomeSection(report),
    section('Calibration', ['', 'ECE', 'Brier', 'log loss', 'temperature'], calibrations(report)),
    firstErrorSection(report),
    bestOfNSection(report),
    section('By position', ['step', 'steps', 'accuracy', 'ROC-AUC'], report.byPosition.map(slice)),
    section(
      'By path length',
      ['steps of the path', 'steps', 'accuracy', 'ROC-AUC'],
      report.byPathLength.map(slice),
    ),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function steps({ paths, labelledSteps, rightSteps, ...report }: VerifierReport): string[] {
  const best = report.bestF1;
  return [
    ...[paths, labelledSteps].map(String),
    percent(rightSteps / labelledSteps),
    `${percent(report.stepAccuracy)} at ${report.threshold}`,
    number(report.auc),
    `${percent(report.f1)} at ${report.threshold}`,
    best === undefined ? '-' : `${percent(best.f1)} at ${number(best.threshold)}`,
  ];
}

/** The paper's table 3. */
function outcomeSection({ outcome, stepAccuracy, auc, f1, threshold }: VerifierReport): string {
  if (outcome === undefined) return '';
  const row = (name: string, one: OutcomeReport): string[] => [
    name,
    percent(one.stepAccuracy),
    number(one.auc),
    percent(one.f1),
  ];
  const head = ['verifier', `step accuracy at ${threshold}`, 'ROC-AUC', `F1 at ${threshold}`];
  return section('Process and outcome verifier', head, [
    row('outcome (ORM)', outcome),
    row('process (PRM)', { stepAccuracy, auc, f1 }),
  ]);
}

function calibrations({ calibration, scaled }: VerifierReport): string[][] {
  const row = (name: string, { ece, brier, logLoss }: Calibration, temperature: number): string[] => [
    name,
    ...[ece, brier, logLoss, temperature].map(number),
  ];
  return [
    row('as scored', calibration, 1),
    ...(scaled === undefined ? [] : [row('scaled', scaled.calibration, scaled.temperature)]),
  ];
}

function firstErrorSection({ firstError }: VerifierReport): string {
  if (firstError === undefined) return '';
  const row = ({ threshold, accuracyOnWrong, accuracyOnRight, f1 }: FirstErrorMetric): string[] => [
    number(threshold),
    ...[accuracyOnWrong, accuracyOnRight, f1].map(percent),
  ];
  const head = ['threshold', 'accuracy on wrong', 'accuracy on right', 'harmonic mean'];
  return section('First wrong step', head, [row(firstError.fixed), row(firstError.best)]);
}

function bestOfNSection({ bestOfN }: VerifierReport): string {
  if (bestOfN.length === 0) return '';
  const hasOutcome = bestOfN.some(({ outcomeVerifier }) => outcomeVerifier !== undefined);
  const rows = bestOfN.map(({ n, questions, verifier, outcomeVerifier, majority, oracle }) => [
    ...[n, questions].map(String),
    percent(verifier),
    ...(hasOutcome ? [percent(outcomeVerifier)] : []),
    percent(majority),
    percent(oracle),
  ]);
  const outcome = hasOutcome ? ['outcome verifier'] : [];
  const head = ['n', 'questions', 'verifier', ...outcome, 'majority vote', 'any right'];
  return section('Best of n', head, rows);
}

function slice({ name, steps: count, accuracy, auc }: Slice): string[] {
  return [name, String(count), percent(accuracy), number(auc)];
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [`## ${title}`, '', markdownTable(head, rows)].join('\n');
}

function percent(share: number | undefined): string {
  return formatCell(share, 'percent');
}

function number(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : '-';
}
