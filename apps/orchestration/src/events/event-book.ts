import {
  acquireLease,
  openAppendOnlyFile,
  layoutIn,
  readAppendOnlyFile,
  readBy,
  type AppendOnlyFile,
  type LineRules,
} from '@sipf/runs';
import { existsSync } from 'node:fs';
import { z } from 'zod';

const delivered = z.object({
  /** As the log's entry gives it. */
  id: z.string().min(1),
  iteration: z.int(),
  /** As in the event's subject, e.g. `verifier-trained`. */
  name: z.string(),
  occurredAt: z.iso.datetime(),
  /** When it was delivered first. */
  deliveredAt: z.iso.datetime(),
});
/** An event of a run that the event bus has delivered; times are ISO 8601. */
export type DeliveredEvent = Readonly<z.infer<typeof delivered>>;

/** Another orchestrator has the book for as long as it takes to write to it. */
const PATIENCE_MS = 5000;

const RULES: LineRules<DeliveredEvent> = {
  remedy: 'it is safe to delete this file: only when events were delivered is then not known',
  // Files from before checksums are continued with them.
  beginsSums: () => true,
  read: readBy(delivered, 'a delivered event'),
};

/**
 * Begins `<folder>/events.jsonl`, the book of a run's delivered events, unless there is one. A run without a book is
 * one of whose deliveries nothing is known.
 * @throws SipfError `failed-precondition` RUN_IN_USE while another process writes to it
 */
export async function beginEventBook(folder: string): Promise<void> {
  if (!existsSync(fileOf(folder))) await withBook(folder, () => Promise.resolve());
}

/**
 * Notes a delivery, durably; a run has few events, so nothing is kept open or in memory between two of them.
 * @returns whether it is news: false for an event that the book has, or where the run has no book
 * @throws SipfError `failed-precondition` RUN_IN_USE while another process writes to it; `data-loss` LOG_CORRUPT
 */
export async function noteDelivery(folder: string, event: DeliveredEvent): Promise<boolean> {
  if (!existsSync(fileOf(folder))) return false;
  return await withBook(folder, async (file) => {
    if (file.recovered.some(({ id }) => id === event.id)) return false;
    await file.append(event);
    return true;
  });
}

/**
 * The delivered events of a run by id, whoever writes them; undefined for a run without a book.
 * @throws SipfError `data-loss` LOG_CORRUPT
 */
export async function readEventBook(
  folder: string,
): Promise<ReadonlyMap<string, DeliveredEvent> | undefined> {
  if (!existsSync(fileOf(folder))) return undefined;
  const events = await readAppendOnlyFile(fileOf(folder), RULES);
  return new Map(events.map((event) => [event.id, event]));
}

/** One writer at a time: two orchestrators on one folder and one bus share the events between them. */
async function withBook<T>(
  folder: string,
  work: (file: AppendOnlyFile<DeliveredEvent>) => Promise<T>,
): Promise<T> {
  const lease = await acquireLease(`${fileOf(folder)}.lease`, {
    what: 'events.jsonl',
    patienceMs: PATIENCE_MS,
  });
  try {
    const file = await openAppendOnlyFile(fileOf(folder), RULES, lease);
    try {
      return await work(file);
    } finally {
      await file.close();
    }
  } finally {
    await lease.release();
  }
}

function fileOf(folder: string): string {
  return layoutIn(folder).events;
}
