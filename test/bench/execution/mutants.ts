import { SandboxPool, type Verdict } from '@sipf/sandbox';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Problem } from './problems.ts';
import { cpuTimeMs, mapWide, python3, runPython3, wallTimeMs, type Ending } from './python3.ts';
import { sourceOf } from './throughput.ts';

/**
 * The same work takes CPython up to 3.5 times as long in WebAssembly as it takes `python3` (sums over a range), and a
 * program that `python3` ends within its limit must end here too: verdicts are compared, not clocks.
 */
const patience = 4;

/** Runs mutants of the solutions here and in `python3` and lists those on which the two disagree. */
export async function compareMutants(
  problems: readonly Problem[],
  count: number,
): Promise<Record<string, unknown>> {
  const mutants = mutate(problems, count);
  await using pool = new SandboxPool({
    processes: 2,
    limits: { wallTimeMs: patience * wallTimeMs, cpuTimeMs: patience * cpuTimeMs },
  });
  const here = await mapWide(mutants, 2, async ({ code, tests }) =>
    endingOf(await pool.run({ language: 'python', code, tests })),
  );
  const there = await mapWide(mutants, 2, (mutant) => runPython3(sourceOf(mutant)));
  const different = mutants.flatMap(({ id, code }, index) =>
    here[index] === there[index] ? [] : [{ id, here: here[index], python3: there[index], code }],
  );
  const endings = Object.groupBy(there, (ending) => ending);
  const counts = Object.fromEntries(Object.entries(endings).map(([name, all]) => [name, all.length]));
  for (const one of different)
    process.stdout.write(`${one.id}: here ${one.here}, python3 ${one.python3}\n${one.code}\n\n`);
  return { mutants: mutants.length, python3: counts, different: different.map(({ id }) => id) };
}

function mutate(problems: readonly Problem[], count: number): readonly Problem[] {
  const script = readFileSync(new URL('mutate.py', import.meta.url), 'utf8');
  const input = problems.map((problem) => JSON.stringify(problem)).join('\n');
  const { stdout } = spawnSync(python3, ['-c', script, `${count}`], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Problem);
}

function endingOf({ outcome }: Verdict): Ending | 'sandbox-error' {
  if (outcome === 'passed' || outcome === 'sandbox-error') return outcome;
  return outcome === 'timed-out' || outcome === 'out-of-memory' ? 'stopped' : 'failed';
}
