/** What is timed: it is called once a round. */
export type Timed = () => Promise<unknown>;

/** Milliseconds of every round by name. */
export type Rounds = ReadonlyMap<string, readonly number[]>;

/** Calls all of them in turn, `rounds` times after `warmUp` rounds that do not count, so that all meet the same machine. */
export async function interleave(
  timed: ReadonlyMap<string, Timed>,
  { rounds, warmUp }: { readonly rounds: number; readonly warmUp: number },
): Promise<Rounds> {
  const found = new Map<string, number[]>([...timed.keys()].map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const [name, call] of timed) {
      const start = performance.now();
      await call();
      if (round >= 0) found.get(name)?.push(performance.now() - start);
    }
  }
  return found;
}

/** The middle value; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] as number) + (sorted[Math.floor(half)] as number)) / 2;
}
