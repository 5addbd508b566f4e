import { writeDurably } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Finding } from '../artifacts/verify-artifact.ts';
import type { Fence } from '../log/append-only-file.ts';
import { createMetricsReader, metricsLine, type MetricsLine, type StepMetrics } from './metrics-line.ts';
import { requireFile, whyUnreadable } from './require-file.ts';

/** metrics.jsonl of a run: `{stage, step, ...values, crc32}` a line, every step of every training stage once. */
export interface MetricsFile {
  /** Appends a step unless the file has it: a resumed stage reports its steps again. */
  record(stage: string, step: number, values: StepMetrics['values']): void;
  /** The last step that the file has of a stage; 0 where it has none. */
  lastStep(stage: string): number;
  /** Resolves when all that was recorded is on the disk. */
  sync(): Promise<void>;
  /** What could still be read of the lines that were cut off, because one before them was damaged. */
  readonly cutOff: readonly MetricsLine[];
}

/**
 * Opens the file where an earlier attempt left it. From the first damaged line on it is cut off: a line torn by a kill, and
 * whatever a disk has made of one.
 * @param lease of its run. @default none
 * @throws SipfError data-loss LOG_CORRUPT for what is not a file
 */
export async function openMetricsFile(path: string, lease?: Fence): Promise<MetricsFile> {
  const { kept, cutOff, text, isWhole } = read(path);
  // Of a contested file a copy is continued, be it empty: who was at work before may have it open.
  const isAnew = !isWhole || (lease?.isContested === true && existsSync(path));
  if (isAnew) await writeDurably(path, text, () => lease?.check());
  const lastSteps = new Map<string, number>();
  for (const { stage, step } of kept) lastSteps.set(stage, step);
  let end = Buffer.byteLength(text);
  /** Lines that wait until it is sure that the lease is held. */
  let waiting = '';
  const lastStep = (stage: string): number => lastSteps.get(stage) ?? 0;
  return {
    cutOff,
    lastStep,
    record: (stage, step, values) => {
      if (step <= lastStep(stage)) return;
      const line = metricsLine({ stage, step, values });
      if (append(path, waiting + line, { end, lease })) {
        end += Buffer.byteLength(waiting + line);
        waiting = '';
      } else waiting += line;
      lastSteps.set(stage, step);
    },
    sync: async () => {
      while (waiting !== '') {
        await lease?.check();
        if (!append(path, waiting, { end, lease })) continue;
        end += Buffer.byteLength(waiting);
        waiting = '';
      }
      if (!existsSync(path)) return;
      await using file = await open(path, 'r+');
      await file.sync();
    },
  };
}

/**
 * @param end bytes of the file, which it has again where the lines cannot be written
 * @returns whether they are written: they are not while it is not sure that the lease is held
 */
function append(
  path: string,
  lines: string,
  { end, lease }: { readonly end: number; readonly lease: Fence | undefined },
): boolean {
  const file = openSync(path, 'a');
  try {
    // Asked once it is open: who takes the lease over after that makes a new file of the name.
    const isSure = lease?.checkNow() ?? true;
    if (isSure) writeFully(file, lines, end);
    return isSure;
  } finally {
    closeSync(file);
  }
}

function writeFully(file: number, line: string, end: number): void {
  try {
    appendFileSync(file, line);
  } catch (error) {
    // Half of a line would spoil the next one.
    if (fstatSync(file).isFile()) ftruncateSync(file, end);
    throw error;
  }
}

/**
 * What is wrong with a run's metrics, and what resuming the run does about it. Reads only.
 * @param steps that each training should have there
 */
export function metricsFault(
  path: string,
  steps: ReadonlyMap<string, number>,
): Pick<Finding, 'fault' | 'remedy'> {
  const found = attempt(() => read(path));
  if (typeof found === 'string') return { fault: found };
  const { kept, isWhole } = found;
  if (!isWhole) return { fault: `line ${kept.length + 1} is damaged`, remedy: REMEDY };
  const lastSteps = new Map(kept.map(({ stage, step }) => [stage, step]));
  const short = [...steps].find(([stage, due]) => (lastSteps.get(stage) ?? 0) < due);
  if (short === undefined) return {};
  const [stage, due] = short;
  return { fault: `it has ${lastSteps.get(stage) ?? 0} of ${due} steps of ${stage}`, remedy: REMEDY };
}

/**
 * The curves of a run's trainings, by stage; the last line may be torn while its writer is at work.
 * @returns values that are numbers alone; nothing where the file is missing
 * @throws SipfError data-loss LOG_CORRUPT that names the damaged line
 */
export function readCurves(path: string): ReadonlyMap<string, readonly StepMetrics[]> {
  const { kept, isDamaged } = read(path);
  if (isDamaged) throw damagedAt(`${basename(path)}:${kept.length + 1}`);
  const curves = new Map<string, StepMetrics[]>();
  for (const { stage, step, values } of kept) {
    const numbers = Object.entries(values).filter(([, value]) => !Number.isNaN(value));
    const curve = curves.get(stage) ?? [];
    curve.push({ step, values: Object.fromEntries(numbers) });
    curves.set(stage, curve);
  }
  return curves;
}

/** What a function returns, or what it says of a file that cannot be read. */
function attempt<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    const words = error instanceof SipfError ? error.message : whyUnreadable(error);
    if (words !== undefined) return words;
    throw error;
  }
}

function damagedAt(field: string): SipfError {
  return new SipfError('data-loss', `${field} is damaged: \`sipf resume\` of the run mends it`, {
    reason: 'LOG_CORRUPT',
    violations: [{ field, description: 'is damaged' }],
  });
}

interface ReadMetrics {
  readonly kept: readonly MetricsLine[];
  readonly cutOff: readonly MetricsLine[];
  /** Of the kept lines. */
  readonly text: string;
  /** Whether a line is damaged, a torn last one apart. */
  readonly isDamaged: boolean;
  /** Whether every byte belongs to a whole line. */
  readonly isWhole: boolean;
}

const REMEDY = 'resuming the run takes its lines again from the training jobs, where these are still there';

/** @throws SipfError LOG_CORRUPT for what is not a file */
function read(path: string): ReadMetrics {
  requireFile(path, REMEDY);
  const whole = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const lines = whole.split('\n');
  const parsed = lines.slice(0, -1).map(createMetricsReader());
  const damaged = parsed.indexOf(undefined);
  const count = damaged === -1 ? parsed.length : damaged;
  const text = lines
    .slice(0, count)
    .map((line) => `${line}\n`)
    .join('');
  const readable = (some: typeof parsed): MetricsLine[] => some.filter((line) => line !== undefined);
  return {
    kept: readable(parsed.slice(0, count)),
    cutOff: readable(parsed.slice(count)),
    text,
    isDamaged: damaged !== -1,
    isWhole: text === whole,
  };
}
