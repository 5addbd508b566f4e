import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { computingOf, computingOptions, ON_CPU } from '../../support/computing.ts';
import { interleave, median } from '../../support/interleave.ts';
import { table } from '../../support/table.ts';
import { openEngine, openPeer, type SideReport, type SideStep } from './side.ts';
import { saveStartingPoint } from './starting-point.ts';
import { ROWS, WORKS, type Row, type WorkName } from './works.ts';

/**
 * Training steps of the engine against PyTorch's on the same weights and batch, and of a quantised base against a plain
 * one. PEER_PYTHON names an interpreter with torch, transformers and peft; words pick rows. Linux only.
 */
const ROUNDS = 7;
const WARM_UP = 2;
/** Between the losses of a step, after rounding has gone through as many updates. */
const LARGEST_DIFFERENCE = { peer: 1e-3, quantised: 0.05 };

/** Medians of a side's steps. */
interface Measured extends SideReport {
  readonly ms: number;
  readonly cpuMs: number;
}

interface Result {
  readonly row: Row;
  readonly engine: Measured;
  readonly other: Measured;
  /** Largest relative difference between the two sides' losses of a round. */
  readonly difference: number;
}

async function measure(row: Row, folder: string): Promise<Result> {
  const { threads } = row.engine;
  const other = await (typeof row.other === 'string'
    ? openPeer(python ?? '', folder, { threads, device, base: row.other === 'peer-nf4' ? 'nf4' : 'float32' })
    : openEngine({ ...row.other, device }, folder));
  const engine = await openEngine({ ...row.engine, device }, folder);
  const steps: Record<'engine' | 'other', SideStep[]> = { engine: [], other: [] };
  await interleave(
    new Map([
      ['engine', async () => steps.engine.push(await engine.step())],
      ['other', async () => steps.other.push(await other.step())],
    ]),
    { rounds: ROUNDS, warmUp: WARM_UP },
  );
  const medians = (side: readonly SideStep[]) => {
    const counted = side.slice(WARM_UP);
    return { ms: median(counted.map(({ ms }) => ms)), cpuMs: median(counted.map(({ cpuMs }) => cpuMs)) };
  };
  const reports = [await engine.report(), await other.report()] as const;
  engine.close();
  other.close();
  return {
    row,
    engine: { ...medians(steps.engine), ...reports[0] },
    other: { ...medians(steps.other), ...reports[1] },
    difference: Math.max(
      ...steps.engine.map(({ loss }, round) => Math.abs(loss / (steps.other[round]?.loss ?? NaN) - 1)),
    ),
  };
}

/** @throws Error where the two sides did not compute the same */
function requireAgreement({ row, difference }: Result): void {
  const most = typeof row.other === 'string' ? LARGEST_DIFFERENCE.peer : LARGEST_DIFFERENCE.quantised;
  if (difference <= most) return;
  throw new Error(`${row.what}: the losses differ by ${difference}, so that their times are not compared`);
}

function cells({ row, engine, other, difference }: Result): string[] {
  const ratio = (what: 'ms' | 'cpuMs' | 'peakMiB' | 'weightsMiB', most: number | undefined) =>
    `${(engine[what] / other[what]).toFixed(2)}${most === undefined ? '' : ` (<= ${most})`}`;
  return [
    ...[row.what, `${engine.ms.toFixed(0)} ms`, `${other.ms.toFixed(0)} ms`, ratio('ms', row.reach.time)],
    ratio('cpuMs', undefined),
    `${engine.peakMiB.toFixed(0)} MiB`,
    `${other.peakMiB.toFixed(0)} MiB`,
    ratio('peakMiB', row.reach.peak),
    row.reach.weights === undefined ? '' : ratio('weightsMiB', row.reach.weights),
    difference.toExponential(0),
  ];
}

const python = process.env['PEER_PYTHON'];
const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { device: computingOptions.device },
});
const { device } = computingOf({ ...ON_CPU, ...values });
const chosen = ROWS.filter(({ what }) => words.length === 0 || words.some((word) => what.includes(word)));
const skipped = chosen
  .filter(({ other }) => typeof other === 'string' && python === undefined)
  .map(({ what }) => what);
const results: Result[] = [];
const folder = await mkdtemp(join(tmpdir(), 'sipf-bench-'));
try {
  for (const name of Object.keys(WORKS) as WorkName[]) {
    const rows = chosen.filter(({ what, engine }) => engine.work === name && !skipped.includes(what));
    if (rows.length > 0) await saveStartingPoint(WORKS[name], join(folder, name));
    for (const row of rows) {
      const result = await measure(row, join(folder, name));
      requireAgreement(result);
      results.push(result);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
if (skipped.length > 0) process.stdout.write(`PEER_PYTHON is not set, skipped: ${skipped.join('; ')}\n`);
const head = [
  'what',
  'engine',
  'other',
  'time',
  'processor',
  'engine peak',
  'other peak',
  'peak',
  'weights',
  'loss differs',
];
process.stdout.write(
  `${table(head, results.map(cells))}\n${JSON.stringify({ training: results, skipped })}\n`,
);
