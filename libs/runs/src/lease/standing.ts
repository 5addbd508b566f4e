import { readBeat, readClaim, RELEASED } from './claim-files.ts';
import type { Heartbeats, LeaseTimes } from './heartbeats.ts';
import { fateOf, type Holder } from './holder.ts';

/** How a lease stands for one who looks. */
export type Standing =
  | { readonly standing: 'free'; readonly isContested: boolean; readonly epoch: number }
  /** `unheard`: nothing is known of its holder yet. */
  | { readonly standing: 'held' | 'unheard'; readonly holder: Holder | undefined };

/** Leases that this process has given up without being able to say so on the disk. */
const abandoned = new Set<string>();

export function abandon(folder: string, number: number): void {
  abandoned.add(`${folder} ${number}`);
}

/** What an observer makes of a lease's newest claim. @param number of that claim; 0 where there is none */
export async function standingOf(
  folder: string,
  number: number,
  { heartbeats, times }: { readonly heartbeats: Heartbeats; readonly times: LeaseTimes },
): Promise<Standing> {
  if (number === 0) return { standing: 'free', isContested: false, epoch: 0 };
  const { holder, isContested = true, epoch = 0 } = (await readClaim(folder, number)) ?? {};
  const beat = await readBeat(folder, number);
  const free = { standing: 'free', isContested, epoch } as const;
  if (beat === RELEASED || abandoned.has(`${folder} ${number}`)) return free;
  const fate = holder === undefined ? 'unknown' : fateOf(holder);
  if (fate === 'dead') return free;
  const { stillMs, isHeard } = heartbeats.look(folder, number, beat);
  if (stillMs >= times.silentMs) return { ...free, isContested: true };
  return { standing: fate === 'alive' || isHeard ? 'held' : 'unheard', holder };
}
