import { execution } from '@sipf/contracts';
import type { Executor, RunBounds } from '@sipf/judging';
import { createHash } from 'node:crypto';
import type { Benchmark, Sample } from './read-benchmark.ts';
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

/** A sample with its verdict; unlike the verdict, the sample's own fields keep their place. */
export type ExecutedSample = Sample & SampleVerdict;

/** Runs some samples at once. @returns them in their order */
export function executeSamples(run: SampleRun): (samples: readonly Sample[]) => Promise<ExecutedSample[]> {
  return async (samples) => {
    const judged = await Promise.all(samples.map((sample) => executeSample(run, sample)));
    const fresh = judged.filter(({ isKnown }) => !isKnown);
    await run.journal?.append(fresh.map(({ key, verdict }) => ({ key, ...verdict })));
    return samples.map((sample, index) => ({ ...sample, ...(judged[index]?.verdict as SampleVerdict) }));
  };
}

interface Judged {
  readonly key: string;
  readonly verdict: SampleVerdict;
  /** From an earlier attempt. */
  readonly isKnown: boolean;
}

async function executeSample(
  { problems, executor, journal, bounds, limits, isModelText }: SampleRun,
  { task_id: id, completion }: Sample,
): Promise<Judged> {
  const problem = problems.get(String(id));
  if (problem === undefined) throw new RangeError(`no problem ${id}`);
  const program = problem.program(completion, { isModelText });
  const key = keyOf({ ...program, limits });
  const known = journal?.get(key);
  if (known !== undefined) return { key, verdict: known, isKnown: true };
  const response = await executor.run(
    { language: execution.Language.PYTHON, ...program, limits: execution.Limits.fromPartial(limits) },
    bounds,
  );
  return { key, verdict: sampleVerdict(response), isKnown: false };
}

/** What a verdict depends on. */
function keyOf(run: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(run)).digest('base64url');
}
