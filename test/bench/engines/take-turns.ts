import { median } from '../support/interleave.ts';
import { processCost } from '../support/process-cost.ts';

/** A side of a comparison, whatever it computes. */
interface Side {
  readonly name: string;
  readonly pid: number;
}

/** Medians over the rounds, and the largest memory. */
export interface SideResult {
  readonly name: string;
  readonly ms: number;
  /** Of all of the side's processes: on a machine that others use too, what the work itself costs. */
  readonly processorMs: number;
  readonly peakMiB: number;
}

/** Lets every side work once a round, so that all meet the same machine; the first round is not counted. */
export async function takeTurns<S extends Side>(
  sides: readonly S[],
  work: (side: S, round: number) => Promise<unknown>,
  rounds: number,
): Promise<SideResult[]> {
  const times = new Map(sides.map(({ name }) => [name, { ms: [] as number[], processorMs: [] as number[] }]));
  for (let round = 0; round <= rounds; round++) {
    for (const side of sides) {
      const started = { at: performance.now(), cost: processCost(side.pid) };
      await work(side, round);
      const ms = performance.now() - started.at;
      const processorMs = processCost(side.pid).processorMs - started.cost.processorMs;
      process.stderr.write(`${side.name}, round ${round}: ${(ms / 1000).toFixed(1)} s\n`);
      if (round === 0) continue;
      times.get(side.name)?.ms.push(ms);
      times.get(side.name)?.processorMs.push(processorMs);
    }
  }
  return sides.map(({ name, pid }) => {
    const { ms = [], processorMs = [] } = times.get(name) ?? {};
    const { peakMiB } = processCost(pid);
    return { name, ms: median(ms), processorMs: median(processorMs), peakMiB };
  });
}
