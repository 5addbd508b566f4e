import { SandboxPool } from '@sipf/sandbox';
import { readFileSync } from 'node:fs';
import { median } from '../support/interleave.ts';
import { table } from '../support/table.ts';
import type { Problem } from './problems.ts';
import { mapWide, passesInPython3 } from './python3.ts';

const processes = 2;
const batchPrograms = 100;

/** Compares the pool with a fresh `python3` a program, batch by batch in turn, and shows what a program and a worker cost. */
export async function measureThroughput(problems: readonly Problem[]): Promise<Record<string, number>> {
  const startMs = performance.now();
  await using pool = new SandboxPool({ processes, limits: { wallTimeMs: 60_000, cpuTimeMs: 60_000 } });
  const first = problems[0] as Problem;
  await runInPool(pool, first);
  const coldStartMs = performance.now() - startMs;
  const times = { sandbox: [] as number[], python3: [] as number[] };
  let wrong = 0;
  // The first batch also lets the engine compile what all programs use; it does not count.
  for (let at = -batchPrograms; at < problems.length; at += batchPrograms) {
    const batch = problems.slice(Math.max(0, at), Math.max(0, at) + batchPrograms);
    const sandbox = await timePrograms(batch, (problem) => runInPool(pool, problem));
    const python3 = await timePrograms(batch, (problem) => passesInPython3(sourceOf(problem)));
    if (at < 0) continue;
    times.sandbox.push(sandbox.msPerProgram);
    times.python3.push(python3.msPerProgram);
    wrong += sandbox.wrong;
  }
  const latencies: number[] = [];
  for (const problem of problems.slice(0, batchPrograms)) {
    const sentMs = performance.now();
    await runInPool(pool, problem);
    latencies.push(performance.now() - sentMs);
  }
  const workerMiB = Math.max(...pool.pids.map(residentMiB));
  const figures = {
    programs: problems.length,
    wrong,
    coldStartMs,
    sandboxMsPerProgram: median(times.sandbox),
    python3MsPerProgram: median(times.python3),
    ratio: median(times.python3.map((ms, index) => ms / (times.sandbox[index] as number))),
    warmLatencyMs: median(latencies),
    workerMiB,
  };
  const rows = Object.entries(figures).map(([name, value]) => [name, value.toFixed(2)]);
  process.stdout.write(`${table(['figure', 'value'], rows)}\n`);
  return figures;
}

async function runInPool(pool: SandboxPool, { code, tests }: Problem): Promise<boolean> {
  return (await pool.run({ language: 'python', code, tests })).outcome === 'passed';
}

async function timePrograms(batch: readonly Problem[], run: (problem: Problem) => Promise<boolean>) {
  const startMs = performance.now();
  const passed = await mapWide(batch, processes, run);
  const msPerProgram = (performance.now() - startMs) / batch.length;
  return { msPerProgram, wrong: passed.filter((one) => !one).length };
}

/** The whole program for a process of its own. */
export function sourceOf({ code, tests }: Problem): string {
  return `${code}\n${tests}\n`;
}

function residentMiB(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
  return (pages * 4096) / 2 ** 20;
}
