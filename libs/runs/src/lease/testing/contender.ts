import { acquireLease } from '../file-lease.ts';
import type { Lease } from '../lease.ts';

/** A process that takes a lease when it is told to, at a moment; for races. */
export interface Race {
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly silentMs: number;
}

let held: Lease | undefined;

async function enter({ folder, at, silentMs }: Race): Promise<object> {
  await held?.release();
  held = undefined;
  // As close to the others as a processor gets.
  while (Date.now() < at);
  try {
    held = await acquireLease(folder, { times: { beatMs: 20, silentMs } });
    return { epoch: held.epoch };
  } catch (error) {
    return { refusal: (error as { reason?: string }).reason ?? String(error) };
  }
}

process.on('message', (race: Race) => {
  void enter(race).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit(0));
process.send?.({});
