import { SipfError } from '@sipf/errors';
import { readdir, readFile } from 'node:fs/promises';
import type { TrainerLayout } from './layout.ts';
import type { TrainingOrder } from './order.ts';

/**
 * Checks that the checkpoints of a job's earlier attempt, if any, can be resumed on this service's layout: those of ddp, fsdp2
 * and zero3 hold other files, and zero3's are one share for each process.
 * @param orderFile that of the earlier attempt; not yet replaced
 * @throws SipfError failed-precondition CHECKPOINT_MISMATCH naming both layouts
 */
export async function checkCheckpoint(orderFile: string, order: TrainingOrder): Promise<void> {
  const earlier = await layoutIn(orderFile);
  if (earlier === undefined || isResumable(earlier, order) || !(await hasCheckpoints(order))) return;
  const [before, now] = [named(earlier), named(order)];
  const remedy = `start the service with the settings of ${before}, or the job under another id`;
  throw new SipfError(
    'failed-precondition',
    `the job's checkpoints are of ${before}, and this service trains by ${now}: ${remedy}`,
    {
      reason: 'CHECKPOINT_MISMATCH',
      violations: [{ field: '--trainer-sharding', description: `must be ${earlier.sharding}` }],
    },
  );
}

type Shares = Pick<TrainerLayout, 'sharding' | 'processes'>;

function isResumable(earlier: Shares, { sharding, processes }: Shares): boolean {
  return earlier.sharding === sharding && (sharding !== 'zero3' || earlier.processes === processes);
}

function named({ sharding, processes }: Shares): string {
  return `${sharding} on ${processes} processes`;
}

async function layoutIn(orderFile: string): Promise<Shares | undefined> {
  const text = await readFile(orderFile, 'utf8').catch(() => undefined);
  // Orders of earlier versions name no sharding; they were ddp's.
  return text === undefined
    ? undefined
    : { sharding: 'ddp', processes: 1, ...(JSON.parse(text) as Partial<Shares>) };
}

async function hasCheckpoints({ checkpointFolder }: TrainingOrder): Promise<boolean> {
  const names = await readdir(checkpointFolder).catch(() => []);
  return names.length > 0;
}
