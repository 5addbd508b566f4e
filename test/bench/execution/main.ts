// Benchmarks of running programs: what they compare is in test/bench/README.md.
import { SandboxPool } from '@sipf/sandbox';
import { compareMutants } from './mutants.ts';
import { hasProblems, readProblems, spread, type Problem } from './problems.ts';
import { mapWide } from './python3.ts';
import { soak } from './soak.ts';
import { measureThroughput } from './throughput.ts';

const [what = 'throughput', countText] = process.argv.slice(2);
if (!hasProblems) throw new Error('HumanEval and MBPP are not in ../shared/data');
const problems = readProblems();
const count = Number(countText ?? Number.POSITIVE_INFINITY);
const some = count < problems.length ? spread(problems, count) : problems;

const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  throughput: () => measureThroughput(some),
  solutions: () => checkSolutions(some),
  mutants: () => compareMutants(problems, Number.isFinite(count) ? count : 400),
  soak: () => soak(problems, Number.isFinite(count) ? count : 5_000),
};
const bench = benches[what];
if (bench === undefined) throw new Error(`what: ${Object.keys(benches).join(', ')}`);
process.stdout.write(`${JSON.stringify(await bench())}\n`);

async function checkSolutions(all: readonly Problem[]) {
  await using pool = new SandboxPool({ processes: 2, limits: { wallTimeMs: 60_000, cpuTimeMs: 60_000 } });
  const verdicts = await mapWide(all, 2, ({ code, tests }) => pool.run({ language: 'python', code, tests }));
  const failed = all.filter((_, index) => verdicts[index]?.outcome !== 'passed').map(({ id }) => id);
  return { passed: all.length - failed.length, failed };
}
