import { codeDuplicateThreshold, deduplicateCode, groupByQuestion, normaliseCode } from '@sipf/method';
import { interleave, median } from '../support/interleave.ts';
import { table } from '../support/table.ts';
import { bandedDistance } from './banded-table.ts';
import { sampledPrograms, type SampledProgram } from './sampled-programs.ts';

/** De-duplication of 20,000 samples (Eq. 1, code), against the same by distances cell by cell. */
const CASES = [
  { problems: 200, samplesPerProblem: 100 },
  { problems: 2500, samplesPerProblem: 8 },
] as const;
const SETTINGS = { language: 'python', threshold: codeDuplicateThreshold } as const;

/** What `deduplicateCode` does, comparing cell by cell and nothing before. */
function deduplicatePlainly(samples: readonly SampledProgram[]): number {
  let kept = 0;
  for (const group of groupByQuestion(samples).values()) {
    const programs: string[] = [];
    for (const { text } of group) {
      const program = normaliseCode(text, 'python');
      if (programs.some((other) => isNear(program, other))) continue;
      programs.push(program);
    }
    kept += programs.length;
  }
  return kept;
}

function isNear(a: string, b: string): boolean {
  const longer = Math.max(a.length, b.length);
  const distance = bandedDistance(a, b, Math.ceil(codeDuplicateThreshold * longer) - 1);
  return distance !== undefined && distance / longer < codeDuplicateThreshold;
}

const rows = [];
for (const { problems, samplesPerProblem } of CASES) {
  const samples = sampledPrograms(problems, samplesPerProblem);
  const kept = new Set<number>();
  const times = await interleave(
    new Map([
      ['bit vectors', () => Promise.resolve(kept.add(deduplicateCode(samples, SETTINGS).length))],
      ['cell by cell', () => Promise.resolve(kept.add(deduplicatePlainly(samples)))],
    ]),
    { rounds: 3, warmUp: 1 },
  );
  if (kept.size !== 1) throw new Error(`the two keep different numbers of programs: ${[...kept].join(', ')}`);
  const [fast = 0, plain = 0] = [...times.values()].map(median);
  rows.push({
    samples: samples.length,
    problems,
    kept: [...kept][0] ?? 0,
    seconds: fast / 1000,
    plainSeconds: plain / 1000,
  });
}
const head = ['samples', 'problems', 'kept', 'seconds', 'cell by cell', 'ratio'];
const cells = rows.map(({ samples, problems, kept, seconds, plainSeconds }) => [
  ...[samples, problems, kept].map(String),
  ...[seconds, plainSeconds, plainSeconds / seconds].map((value) => value.toFixed(2)),
]);
process.stdout.write(`${table(head, cells)}\n${JSON.stringify(rows)}\n`);
