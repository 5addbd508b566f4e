import { lineChart, type ChartLine } from '@sipf/figures';
import type { Calibration } from '../metrics/calibration.ts';
import type { VerifierReport } from './evaluate-verifier.ts';

const SHARES = [0, 0.2, 0.4, 0.6, 0.8, 1];
const DIAGONAL = [
  { x: 0, y: 0 },
  { x: 1, y: 1 },
];

/** The figures of a report as SVG documents by file name; those that the data has nothing for are left out. */
export function figuresOf(report: VerifierReport): Map<string, string> {
  const figures = new Map([['reliability.svg', reliability(report)]]);
  if (Number.isFinite(report.auc)) figures.set('roc.svg', roc(report));
  if (report.byPosition.length > 1) figures.set('by-position.svg', positions(report));
  if (report.bestOfN.length > 1) figures.set('best-of-n.svg', choice(report));
  return figures;
}

function reliability({ calibration, scaled }: VerifierReport): string {
  const line = (name: string, { bins }: Calibration): ChartLine => ({
    name,
    points: bins.map(({ confidence, accuracy }) => ({ x: confidence, y: accuracy })),
  });
  return lineChart({
    title: `Reliability, ECE ${calibration.ece.toFixed(3)}`,
    xLabel: 'probability given',
    yLabel: 'share of right steps',
    xTicks: SHARES,
    lines: [
      line('as scored', calibration),
      ...(scaled === undefined ? [] : [line('scaled', scaled.calibration)]),
      { name: 'calibrated', points: DIAGONAL, isReference: true },
    ],
  });
}

function roc({ roc: curve, auc }: VerifierReport): string {
  const points = curve.map(({ falsePositiveRate, truePositiveRate }) => ({
    x: falsePositiveRate,
    y: truePositiveRate,
  }));
  return lineChart({
    title: `ROC, area ${auc.toFixed(3)}`,
    xLabel: 'wrong steps called right',
    yLabel: 'right steps called right',
    xTicks: SHARES,
    lines: [
      { name: 'verifier', points },
      { name: 'chance', points: DIAGONAL, isReference: true },
    ],
  });
}

function positions({ byPosition }: VerifierReport): string {
  const points = byPosition.map(({ accuracy }, at) => ({ x: at + 1, y: accuracy }));
  return lineChart({
    title: 'Accuracy by position',
    xLabel: `step (the last one: ${byPosition.at(-1)?.name ?? ''})`,
    yLabel: 'step accuracy',
    xTicks: points.map(({ x }) => x),
    lines: [{ name: 'verifier', points }],
  });
}

function choice({ bestOfN }: VerifierReport): string {
  const line = (name: string, value: (at: (typeof bestOfN)[number]) => number | undefined): ChartLine => ({
    name,
    points: bestOfN.flatMap((one) => {
      const y = value(one);
      return y === undefined ? [] : [{ x: one.n, y }];
    }),
  });
  const lines = [
    line('verifier', ({ verifier }) => verifier),
    line('outcome verifier', ({ outcomeVerifier }) => outcomeVerifier),
    line('majority', ({ majority }) => majority),
    { ...line('any right', ({ oracle }) => oracle), isReference: true },
  ];
  return lineChart({
    title: 'Best of n',
    xLabel: 'n',
    yLabel: 'accuracy',
    xTicks: bestOfN.map(({ n }) => n),
    isOrdinal: true,
    lines: lines.filter(({ points }) => points.length > 0),
  });
}
