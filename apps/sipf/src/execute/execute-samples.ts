import { execution } from '@sipf/contracts';
import type { Executor, RunBounds } from '@sipf/outcomes';
import { createHash } from 'node:crypto';
import type { LongRow } from '../files/read-rows.ts';
import { runnable, type Benchmark, type Sample } from './read-benchmark.ts';
import { sampleVerdict } from './sample-verdict.ts';
import type { SampleVerdict, VerdictJournal } from './verdict-journal.ts';

/** How samples are run. */
export interface SampleRun {
  readonly problems: Benchmark;
  readonly executor: Executor;
  /** Verdicts of an earlier attempt, and where new ones go. */
  readonly journal: VerdictJournal | undefined;
  readonly bounds: RunBounds;
  readonly limits: Pick<execution.Limits, 'wallTimeMs' | 'memoryMib'>;
  /** Whether completions are a model's text, fences and prose included. */
  readonly isModelText: boolean;
}

/** A sample with its verdict; unlike the verdict, the sample's own fields keep their order. */
export type ExecutedSample = Sample & SampleVerdict;

/**
 * Runs some samples at once. One that cannot be run, for its types, its length or an unknown problem, fails; the others keep
 * their verdicts.
 * @returns them in their order
 */
export function executeSamples(run: SampleRun): (samples: readonly Sample[]) => Promise<ExecutedSample[]> {
  return async (samples) => {
    const judged = await Promise.all(samples.map((sample) => executeSample(run, sample)));
    await run.journal?.append(judged.flatMap(({ fresh }) => fresh ?? []));
    return samples.map((sample, index) => ({ ...sample, ...(judged[index]?.verdict as SampleVerdict) }));
  };
}

/** The verdict of a sample whose row is too long to be read, beside those of its fields that are known. */
export function unreadSample({ known: { fields }, message }: LongRow): ExecutedSample {
  return { ...fields, passed: false, result: `failed: ${message}` };
}

interface Judged {
  readonly verdict: SampleVerdict;
  /** For the journal, where a program was run. */
  readonly fresh?: SampleVerdict & { readonly key: string };
}

async function executeSample(run: SampleRun, sample: Sample): Promise<Judged> {
  const { problems, executor, journal, bounds, limits, isModelText } = run;
  const found = runnable(sample, problems);
  if (typeof found === 'string') return { verdict: { passed: false, result: `failed: ${found}` } };
  const program = found.problem.program(found.completion, { isModelText });
  const key = keyOf({ ...program, limits });
  const known = journal?.get(key);
  if (known !== undefined) return { verdict: known };
  const response = await executor.run(
    { language: execution.Language.PYTHON, ...program, limits: execution.Limits.fromPartial(limits) },
    bounds,
  );
  const verdict = sampleVerdict(response);
  return { verdict, fresh: { key, ...verdict } };
}

/** What a verdict depends on. */
function keyOf(run: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(run)).digest('base64url');
}
