import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { interleave, median } from '../support/interleave.ts';
import { table } from '../support/table.ts';
import type { ChildReport } from './child.ts';
import { GROUPS, type Variant } from './variants.ts';

/** Memory and time of a training step: layers recomputed, base quantised, vocabulary in pieces. Linux only. */
const ROUNDS = 7;

async function ask(child: ChildProcess, message: object): Promise<unknown> {
  child.send(message);
  const stopped = new AbortController();
  const [answer] = (await Promise.race([
    once(child, 'message', { signal: stopped.signal }),
    once(child, 'exit', { signal: stopped.signal }).then(() => {
      throw new Error('a variant ended before it answered');
    }),
  ]).finally(() => {
    stopped.abort();
  })) as unknown[];
  return answer;
}

/** A variant's figures. */
interface Result extends ChildReport {
  readonly group: string;
  readonly name: string;
  /** Median of its steps. */
  readonly ms: number;
}

async function measure(group: string, variants: readonly Variant[]): Promise<Result[]> {
  const children = new Map<string, ChildProcess>();
  for (const variant of variants) {
    const child = fork(new URL('./child.ts', import.meta.url), { execArgv: ['--expose-gc'] });
    await ask(child, { kind: 'prepare', variant });
    children.set(variant.name, child);
  }
  const steps = [...children].map(([name, child]) => [name, () => ask(child, { kind: 'step' })] as const);
  // The child's own clock: what it takes to ask is not the step's.
  const times = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  const timed = steps.map(
    ([name, step]) => [name, async () => times.get(name)?.push((await step()) as number)] as const,
  );
  await interleave(new Map(timed), { rounds: ROUNDS, warmUp: 1 });
  const results: Result[] = [];
  for (const [name, child] of children) {
    const report = (await ask(child, { kind: 'report' })) as ChildReport;
    child.disconnect();
    child.kill();
    results.push({ group, name, ms: median((times.get(name) ?? []).slice(1)), ...report });
  }
  return results;
}

const wanted = process.argv.slice(2);
const chosen = Object.entries(GROUPS).filter(([group]) => {
  return wanted.length === 0 || wanted.some((word) => group.includes(word));
});
const results: Result[] = [];
for (const [group, variants] of chosen) results.push(...(await measure(group, variants)));
const first = (group: string) => results.find((result) => result.group === group);
const text = table(
  ['what', 'variant', 'frozen weights', 'at rest', 'peak', 'peak / first', 'step', 'step / first'],
  results.map((result) => {
    const base = first(result.group) ?? result;
    const mib = (value: number) => `${Math.round(value)} MiB`;
    return [
      ...[result.group, result.name, mib(result.frozenMiB), mib(result.restMiB), mib(result.peakMiB)],
      (result.peakMiB / base.peakMiB).toFixed(2),
      `${Math.round(result.ms)} ms`,
      (result.ms / base.ms).toFixed(2),
    ];
  }),
);
process.stdout.write(`${text}\n${JSON.stringify({ memory: results })}\n`);
